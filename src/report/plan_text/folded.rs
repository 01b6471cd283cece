//! As much of a plan as fits on a screen: what changes something, equal hosts together.

use std::fmt::Write;

use super::rows::{File, Group, Line};
use super::{diff_lines, heading};
use crate::error::sanitize::sanitize_line;
use crate::plan::Plan;
use crate::report::paint::Paint;

/// What is done at the end whatever happens.
pub(super) const CLEANUP: &str = "clean up (also after a failure)";

/// A column of hosts that is wider pushes its own line alone.
const WIDEST: usize = 24;

/// The phases that change something.
pub(super) fn render(plan: &Plan, paint: Paint) -> String {
    let phases = plan.phases.iter().map(|phase| {
        let chains = phase.lanes.iter().flat_map(|lane| Group::of(&lane.chains));
        (phase.name.title(), chains.collect::<Vec<_>>())
    });
    let cleanup = (CLEANUP, Group::of_steps(plan.cleanup_steps()));
    let mut parts: Vec<(&str, Vec<Group<'_>>)> = phases.chain([cleanup]).collect();
    parts.retain(|(_, groups)| !groups.is_empty());

    let widths = parts.iter().flat_map(|(_, groups)| groups).flat_map(Group::lines);
    let widths = widths
        .map(|line| line.hosts.chars().count())
        .filter(|width| *width <= WIDEST);
    let width = widths.max().unwrap_or(0);
    let mut text = String::new();
    for (name, groups) in &parts {
        text.push_str(&heading(name, paint));
        for line in groups.iter().flat_map(Group::lines) {
            text.push_str(&row(&line, width, paint));
        }
    }
    text
}

fn row(line: &Line<'_>, width: usize, paint: Paint) -> String {
    let mark = if line.destroys {
        paint.removed("!")
    } else {
        " ".to_owned()
    };
    let title = sanitize_line(&line.title);
    let remark = paint.faint(remark(line, &title));
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        format!("{mark} {:<width$}  {title}{remark}", line.hosts).trim_end()
    );
    let margin = " ".repeat(width + 4);
    for file in line.files {
        if let File::Changed { path, diff } = file {
            if !title.contains(path) {
                let _ = writeln!(text, "{margin}{}", paint.faint(sanitize_line(path)));
            }
            text.push_str(&diff_lines(diff, &margin, paint));
        }
    }
    text
}

/// What a line says of the files that are new.
fn remark(line: &Line<'_>, title: &str) -> String {
    let new = line.files.iter().filter_map(|file| match file {
        File::New { path, lines } => Some((path, lines)),
        File::Changed { .. } => None,
    });
    let new: Vec<_> = new.collect();
    match new.as_slice() {
        [] => String::new(),
        [(path, lines)] => {
            let noun = if **lines == 1 { "line" } else { "lines" };
            let path = if title.contains(*path) {
                String::new()
            } else {
                format!("{}, ", sanitize_line(path))
            };
            format!("  ({path}new file, {lines} {noun})")
        }
        several => format!("  ({} new files)", several.len()),
    }
}
