//! Will it work, and why not: every way that a cluster needs between its hosts and what a trial of it means, and what
//! each host must be.
//!
//! Pure: which ways there are follows from the inventory, what is fine on them from what the hosts have told. Nothing
//! here talks to a host.

mod cause;
mod cell;
mod cells;
mod fix;
mod gate;
pub mod host;
mod judgement;
mod mending;
mod stage;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use cause::Cause;
pub use cell::{Cell, Narrowing, Port, Purpose, Source, Target};
pub use cells::cells;
pub use fix::{Fix, fixes};
pub use gate::{cells_of, obstacles};
pub use judgement::{Examined, Verdict, judge, judge_listened, judge_vrrp, untested};
pub use stage::{Scene, Stage};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be, or as it may be at this stage.
    Ok,
    /// Nobody can tell.
    Unknown,
    /// Worth a look; a cluster can be built all the same.
    Warning,
    /// A cluster cannot be built, or does not work, before this is mended.
    Failed,
}
