//! What people and machines see of a run: consumers of the one event stream, each writing to what it is given.
//!
//! They never decide anything, and a writer that fails (a closed terminal, a full disk) never ends a run.

use crate::error::{ExitCode, gravest};
use crate::events::Report;

pub mod check;
pub mod json;
pub mod log;
mod matrix;
pub mod own_share;
pub mod paint;
pub mod plain;
pub mod plan_text;
pub mod summary;
pub mod terminal;
mod words;

#[cfg(test)]
mod tests;

/// What the program exits with: 130 where the operator asked to stop, else the gravest problem's.
pub fn exit_code(report: &Report) -> ExitCode {
    if report.interrupted {
        return ExitCode::Interrupted;
    }
    gravest(&report.problems).unwrap_or(ExitCode::Done)
}
