//! The plan as people read it: per phase, host after host, what would be done in order, and what would change in files.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::paint::Paint;
use crate::plan::{FileChange, NoteLevel, Phase, Plan, Step};
use crate::topology::HostName;

/// The plan as text; `found` is what was observed, a few lines, shown first.
pub fn render(plan: &Plan, found: Option<&str>, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(found) = found {
        text.push_str(found.trim_end());
        text.push_str("\n\n");
    }
    if plan.is_empty() {
        text.push_str("Nothing to do: the cluster is as the inventory says.\n");
    } else {
        let width = plan
            .steps()
            .chain(&plan.closing)
            .map(|step| step.host.0.len())
            .max()
            .unwrap_or(0);
        plan.phases
            .iter()
            .for_each(|phase| text.push_str(&render_phase(phase, width, paint)));
        if !plan.closing.is_empty() {
            text.push_str(&heading("at the end, whatever happened", paint));
            plan.closing
                .iter()
                .for_each(|step| text.push_str(&render_step(step, width, paint)));
        }
        text.push_str(&totals(plan, paint));
    }
    text.push_str(&notes(plan, paint));
    text
}

/// In the plan's own order: a step on one host can belong to the joining of another.
fn render_phase(phase: &Phase, width: usize, paint: Paint) -> String {
    if phase.steps().next().is_none() {
        return String::new();
    }
    let steps = phase.steps().map(|step| render_step(step, width, paint));
    format!("{}{}\n", heading(&phase.name, paint), steps.collect::<String>())
}

fn heading(name: &str, paint: Paint) -> String {
    format!("{}\n", paint.strong(name))
}

/// A step that changes nothing is faint.
fn render_step(step: &Step, width: usize, paint: Paint) -> String {
    let line = format!("  {:<width$}  {}", step.host, step.describe);
    let line = if step.change.is_some() {
        line
    } else {
        paint.faint(line)
    };
    let diffs = step.files.iter().map(|file| render_diff(file, width + 4, paint));
    format!("{line}\n{}", diffs.collect::<String>())
}

fn render_diff(file: &FileChange, indent: usize, paint: Paint) -> String {
    let margin = " ".repeat(indent);
    let head = format!("{} ({} {:04o})", file.path, file.owner, file.mode);
    let mut text = format!("{margin}{}\n", paint.faint(head));
    for line in file.diff.lines() {
        let painted = match line.chars().next() {
            Some('+') => paint.added(line),
            Some('-') => paint.removed(line),
            Some('@') => paint.faint(line),
            _ => line.to_owned(),
        };
        let _ = writeln!(text, "{}", format!("{margin}{painted}").trim_end());
    }
    text
}

fn totals(plan: &Plan, paint: Paint) -> String {
    let mut hosts: BTreeMap<&HostName, usize> = BTreeMap::new();
    plan.changes()
        .for_each(|step| *hosts.entry(&step.host).or_default() += 1);
    let changes = plan.changes().count();
    let each: Vec<String> = hosts
        .iter()
        .map(|(host, count)| format!("{host} {count}"))
        .collect();
    let noun = if changes == 1 { "change" } else { "changes" };
    format!(
        "\n{}: {}\n",
        paint.strong(format!("{changes} {noun}")),
        each.join(", ")
    )
}

fn notes(plan: &Plan, paint: Paint) -> String {
    let mut text = String::new();
    for note in &plan.notes {
        let level = match note.level {
            NoteLevel::Info => paint.good("note:"),
            NoteLevel::Warning => paint.warning("warning:"),
        };
        let mut lines = note.text.trim_end().lines();
        let _ = writeln!(text, "\n{level} {}", lines.next().unwrap_or_default());
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}
