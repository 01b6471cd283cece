//! What is done at the end whatever happened: transient secrets go.

use serde::Serialize;

use super::step::Step;

/// A step at the end of the run. A host on which a command may still run keeps what that command may need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cleanup {
    #[serde(flatten)]
    pub step: Step,
    /// Whose commands may need it.
    #[serde(skip)]
    pub needed_by: NeededBy,
}

/// Whose commands may need what a cleanup removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeededBy {
    /// Those of its own host.
    ItsHost,
    /// Those of every host.
    AllHosts,
}
