//! The plan as people read it: per phase, host after host, what would be done in order, and what would change in files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;

use super::paint::Paint;
use crate::error::sanitize::sanitize_line;
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
        text.push_str(nothing_to_do(plan));
    } else {
        text.push_str(&Page::of(plan, paint).render(plan));
        text.push_str(&totals(plan, paint));
    }
    text.push_str(&notes(plan, paint));
    text
}

/// A warning may tell of a difference that no step does anything about.
fn nothing_to_do(plan: &Plan) -> &'static str {
    if plan.notes.iter().any(|note| note.level == NoteLevel::Warning) {
        "No changes, but not without a warning:\n"
    } else {
        "Nothing to do: the cluster is as the inventory says.\n"
    }
}

/// A plan on its way to the page: a change that many hosts share is shown once.
struct Page<'a> {
    width: usize,
    paint: Paint,
    shown: BTreeMap<(&'a str, &'a str), &'a HostName>,
}

impl<'a> Page<'a> {
    fn of(plan: &'a Plan, paint: Paint) -> Self {
        let names = plan.steps().chain(&plan.closing).map(|step| step.host.0.len());
        Self {
            width: names.max().unwrap_or(0),
            paint,
            shown: BTreeMap::new(),
        }
    }

    fn render(mut self, plan: &'a Plan) -> String {
        let mut text = String::new();
        for phase in &plan.phases {
            text.push_str(&self.phase(phase));
        }
        if !plan.closing.is_empty() {
            text.push_str(&heading("at the end, whatever happened", self.paint));
            plan.closing
                .iter()
                .for_each(|step| text.push_str(&self.step(step)));
        }
        text
    }

    /// In the plan's own order: a step on one host can belong to the joining of another.
    fn phase(&mut self, phase: &'a Phase) -> String {
        if phase.steps().next().is_none() {
            return String::new();
        }
        let steps: String = phase.steps().map(|step| self.step(step)).collect();
        format!("{}{steps}\n", heading(&phase.name, self.paint))
    }

    /// A step that changes nothing is faint.
    fn step(&mut self, step: &'a Step) -> String {
        let width = self.width;
        let line = format!("  {:<width$}  {}", step.host, sanitize_line(&step.describe));
        let line = if step.change.is_some() {
            line
        } else {
            self.paint.faint(line)
        };
        let diffs: String = step
            .files
            .iter()
            .map(|file| self.diff(&step.host, file))
            .collect();
        format!("{line}\n{diffs}")
    }

    fn diff(&mut self, host: &'a HostName, file: &'a FileChange) -> String {
        let margin = " ".repeat(self.width + 4);
        let head = sanitize_line(&format!("{} ({} {:04o})", file.path, file.owner, file.mode));
        match self.shown.entry((&file.path, &file.diff)) {
            Entry::Occupied(first) if !file.diff.is_empty() => {
                let head = self.paint.faint(format!("{head}, as on {} above", first.get()));
                format!("{margin}{head}\n")
            }
            Entry::Occupied(_) => format!("{margin}{}\n", self.paint.faint(head)),
            Entry::Vacant(place) => {
                place.insert(host);
                format!(
                    "{margin}{}\n{}",
                    self.paint.faint(head),
                    lines_of(file, &margin, self.paint)
                )
            }
        }
    }
}

fn heading(name: &str, paint: Paint) -> String {
    format!("{}\n", paint.strong(name))
}

fn lines_of(file: &FileChange, margin: &str, paint: Paint) -> String {
    let mut text = String::new();
    // Some of it is what stands on the host.
    for line in file.diff.lines().map(sanitize_line) {
        let painted = match line.chars().next() {
            Some('+') => paint.added(line),
            Some('-') => paint.removed(line),
            Some('@') => paint.faint(line),
            _ => line,
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
        let first = sanitize_line(lines.next().unwrap_or_default());
        let _ = writeln!(text, "\n{level} {first}");
        for line in lines {
            let _ = writeln!(text, "  {}", sanitize_line(line));
        }
    }
    text
}
