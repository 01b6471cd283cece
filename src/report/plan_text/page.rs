//! Every step on a line of its own, and every line of every file.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;

use super::folded::CLEANUP;
use super::{diff_lines, heading};
use crate::error::sanitize::sanitize_line;
use crate::plan::{FileChange, Plan, Step};
use crate::report::paint::Paint;
use crate::topology::HostName;

/// The steps that are wanted, phase by phase.
pub(super) fn render(plan: &Plan, is_wanted: impl Fn(&&Step) -> bool, paint: Paint) -> String {
    let mut page = Page::of(plan, paint);
    let mut parts = Vec::new();
    for phase in &plan.phases {
        // In the plan's own order: a step on one host can belong to the joining of another.
        let steps: String = phase
            .steps()
            .filter(&is_wanted)
            .map(|step| page.step(step))
            .collect();
        parts.push((phase.name.title(), steps));
    }
    let cleanup = plan.cleanup_steps().filter(&is_wanted);
    parts.push((CLEANUP, cleanup.map(|step| page.step(step)).collect()));
    parts.retain(|(_, steps)| !steps.is_empty());
    let parts = parts.iter().map(|(name, steps)| heading(name, paint) + steps);
    parts.collect::<Vec<_>>().join("\n")
}

/// A plan on its connection to the page: a change that many hosts share is shown once.
struct Page<'a> {
    width: usize,
    paint: Paint,
    shown: BTreeMap<(&'a str, &'a str), &'a HostName>,
}

impl<'a> Page<'a> {
    fn of(plan: &'a Plan, paint: Paint) -> Self {
        let names = plan.all_steps().map(|step| step.host.0.len());
        Self {
            width: names.max().unwrap_or(0),
            paint,
            shown: BTreeMap::new(),
        }
    }

    /// A step that changes nothing is faint.
    fn step(&mut self, step: &'a Step) -> String {
        let width = self.width;
        let line = format!("  {:<width$}  {}", step.host, sanitize_line(&step.title));
        let line = if step.change().is_some() {
            line
        } else {
            self.paint.faint(line)
        };
        let margin = " ".repeat(width + 4);
        let mut destroyed = String::new();
        for what in step.destroys() {
            let what = self.paint.removed(format!("! {}", sanitize_line(what)));
            let _ = writeln!(destroyed, "{margin}{what}");
        }
        let diffs: String = step
            .files()
            .iter()
            .map(|file| self.diff(&step.host, file))
            .collect();
        format!("{line}\n{destroyed}{diffs}")
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
                let lines = diff_lines(&file.diff, &margin, self.paint);
                format!("{margin}{}\n{lines}", self.paint.faint(head))
            }
        }
    }
}
