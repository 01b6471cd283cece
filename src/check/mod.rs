//! Checks before a build: every connection that a cluster needs between its hosts, what a trial of it means, and what
//! each host must be.
//!
//! Pure: the connections follow from the inventory, their evaluation from the facts of the hosts. Nothing here talks to
//! a host.

mod cause;
mod cell;
mod cells;
mod evaluation;
mod fix;
mod fix_steps;
mod fixes;
mod gate;
pub mod host;
mod stage;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use cause::Cause;
pub use cell::{Cell, Narrowing, Port, Purpose, Source, Target};
pub use cells::cells;
pub use evaluation::{CheckedConnection, Evaluation, evaluate, evaluate_listened, evaluate_vrrp, not_tested};
pub use fix::Fix;
pub use fixes::fixes;
pub use gate::{cells_of, obstacles};
pub use stage::{Scene, Stage};

/// How severe it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be, or as it may be at this stage.
    Ok,
    /// It could not be determined.
    Unknown,
    /// A cluster can be built anyway.
    Warning,
    /// A cluster cannot be built, or does not work, before this is fixed.
    Failed,
}
