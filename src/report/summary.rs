//! How a run went, on one screen: phases with their times, counts, problems in full, what to do next.

use std::fmt::Write;
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::paint::{Paint, duration};
use crate::events::Report;

/// The end of a run for people; `next` is what to type where it went well.
pub fn render(report: &Report, next: &[String], paint: Paint) -> String {
    let mut text = String::new();
    if !report.phases.is_empty() {
        text.push_str(&times(report));
        text.push('\n');
    }
    text.push_str(&counts(report, paint));
    for problem in &report.problems {
        text.push('\n');
        text.push_str(&paint.problem(problem));
    }
    if !report.tolerated.is_empty() {
        text.push('\n');
        text.push_str(&tolerated(report, paint));
    }
    if let Some(log) = &report.log {
        let _ = writeln!(text, "\nlog: {log}");
    }
    if succeeded(report) {
        for line in next {
            let _ = writeln!(text, "next: {line}");
        }
    }
    text
}

fn succeeded(report: &Report) -> bool {
    report.problems.is_empty() && !report.interrupted
}

fn times(report: &Report) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .force_no_tty()
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["phase", "time", ""].map(Cell::new));
    for phase in &report.phases {
        table.add_row(row(phase.phase.title(), phase.took, ""));
    }
    let overhead = format!(
        "overhead of hawser: {} ({})",
        duration(report.overhead),
        share(report)
    );
    table.add_row(row("total", report.took, &overhead));
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

fn row(name: &str, took: Duration, more: &str) -> Vec<Cell> {
    vec![Cell::new(name), Cell::new(duration(took)), Cell::new(more)]
}

/// The overhead as a part of the run's time.
fn share(report: &Report) -> String {
    let run = report.took.as_secs_f64();
    let share = if run > 0.0 {
        report.overhead.as_secs_f64() / run
    } else {
        0.0
    };
    format!("{:.1} %", share * 100.0)
}

fn counts(report: &Report, paint: Paint) -> String {
    let counts = format!(
        "{} changed, {} unchanged, {} skipped",
        report.changed, report.unchanged, report.skipped
    );
    let evaluation = match (succeeded(report), report.interrupted) {
        (true, _) => paint.good("done"),
        (false, true) => paint.warning("stopped"),
        (false, false) => paint.bad("failed"),
    };
    format!("{evaluation}: {counts}\n")
}

fn tolerated(report: &Report, paint: Paint) -> String {
    let hosts: Vec<_> = report.tolerated.iter().map(ToString::to_string).collect();
    let hint = "when they are healthy again, run `hawser apply` to finish them";
    format!("{} {}\n  {hint}\n", paint.warning("tolerated:"), hosts.join(", "))
}
