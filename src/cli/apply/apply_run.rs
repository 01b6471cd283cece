//! What every part of an apply needs.

use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use crate::cli::arguments::ApplyArguments;
use crate::cli::saved::SavedPlan;
use crate::engine::Wants;
use crate::events::Event;
use crate::topology::Topology;

/// One `hawser apply`, from its arguments to its last event.
pub(super) struct ApplyRun<'a> {
    pub(super) topology: &'a Topology,
    pub(super) arguments: &'a ApplyArguments,
    /// The plan that the operator has approved, where it is to be exactly that one.
    pub(super) saved: Option<&'a SavedPlan>,
    pub(super) events: UnboundedSender<Event>,
    pub(super) began: Instant,
    pub(super) log: String,
    pub(super) wants: Wants,
}
