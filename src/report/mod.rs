//! What people and machines see of a run: consumers of the one event stream, each writing to what it is given.
//!
//! They never decide anything, and a writer that fails (a closed terminal, a full disk) never ends a run.

use crate::error::{ExitCode, most_severe};
use crate::events::Report;

pub mod check;
mod event_lines;
pub mod json;
pub mod log;
mod matrix;
pub mod overhead;
pub mod paint;
pub mod plain;
pub mod plan_text;
pub mod summary;
pub mod terminal;

#[cfg(test)]
mod tests;

/// What the program exits with: 130 if the operator asked to stop, else that of the most severe problem.
pub fn exit_code(report: &Report) -> ExitCode {
    if report.interrupted {
        return ExitCode::Interrupted;
    }
    most_severe(&report.problems).unwrap_or(ExitCode::Done)
}
