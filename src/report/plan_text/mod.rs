//! The plan as people read it: per phase, what would be done where, in order, and what would change in files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::paint::Paint;
use crate::error::sanitize::sanitize_line;
use crate::plan::{NoteLevel, Plan, Step};
use crate::topology::HostName;

mod folded;
mod page;
mod rows;

/// How much of a plan is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// What changes something: steps of equal hosts on one line, of new files the number of lines, of others what
    /// differs.
    Folded,
    /// Every step, and every line of every file.
    Complete,
    /// The same, of these hosts alone.
    Hosts(BTreeSet<HostName>),
}

/// The plan as text; `found` is what was observed, a few lines, shown first. What destroys something is named again at
/// the end, where a question may follow.
pub fn render(plan: &Plan, found: Option<&str>, detail: &Detail, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(found) = found {
        text.push_str(found.trim_end());
        text.push_str("\n\n");
    }
    if plan.is_empty() {
        text.push_str(without_changes(plan));
    } else {
        text.push_str(&steps(plan, detail, paint));
        text.push_str(&totals(plan, paint));
        if *detail == Detail::Folded {
            let more = "For every step and line: `--diff all`. For one host: `hawser plan HOST`.";
            let _ = writeln!(text, "{}", paint.faint(more));
        }
    }
    text.push_str(&notes(plan, paint));
    text.push_str(&destroyed(plan, paint));
    text
}

fn steps(plan: &Plan, detail: &Detail, paint: Paint) -> String {
    match detail {
        Detail::Folded => folded::render(plan, paint),
        Detail::Complete => page::render(plan, |_| true, paint),
        Detail::Hosts(hosts) => page::render(plan, |step| hosts.contains(&step.host), paint),
    }
}

/// A warning may be about a difference that no step changes.
fn without_changes(plan: &Plan) -> &'static str {
    if plan.notes.iter().any(|note| note.level == NoteLevel::Warning) {
        "No changes, but there are warnings:\n"
    } else {
        "Nothing to do: no step is needed.\n"
    }
}

fn heading(name: &str, paint: Paint) -> String {
    format!("{}\n", paint.strong(sanitize_line(name)))
}

/// Lines of a diff. Some of it is what stands on the host.
fn diff_lines(diff: &str, margin: &str, paint: Paint) -> String {
    let mut text = String::new();
    for line in diff.lines().map(sanitize_line) {
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

/// Everything that would be removed, replaced, reset or restarted, host by host; nothing if there is none.
fn destroyed(plan: &Plan, paint: Paint) -> String {
    let mut lines: BTreeMap<String, Vec<&HostName>> = BTreeMap::new();
    let mut order = Vec::new();
    for (step, what) in plan.all_steps().flat_map(destroys) {
        let what = sanitize_line(what);
        let hosts = lines.entry(what.clone()).or_insert_with(|| {
            order.push(what);
            Vec::new()
        });
        if !hosts.contains(&&step.host) {
            hosts.push(&step.host);
        }
    }
    if order.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint.removed("This plan removes or replaces:"));
    for what in order {
        let hosts = lines.get(&what).into_iter().flatten();
        let hosts: Vec<&str> = hosts.map(|host| host.0.as_str()).collect();
        let _ = writeln!(text, "  {} {}: {what}", paint.removed("!"), hosts.join(", "));
    }
    text
}

fn destroys(step: &Step) -> impl Iterator<Item = (&Step, &String)> {
    step.destroys().iter().map(move |what| (step, what))
}
