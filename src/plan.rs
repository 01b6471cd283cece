//! The plan: everything that will be done, decided before anything is. It can be printed, compared and saved,
//! and the engine does exactly it.

mod cleanup;
mod digest;
mod note;
mod phase;
mod phase_name;
mod step;
mod step_builder;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::topology::HostName;

pub use cleanup::{Cleanup, NeededBy};
pub use digest::{PlanDigest, StepDigest};
pub use note::{Note, NoteLevel};
pub use phase::{Chain, Lane, Milestone, Necessity, Phase};
pub use phase_name::PhaseName;
pub use step::{Action, Change, Check, FileChange, Source, Step, StepId, Transfer};
pub use step_builder::{ChangeBuilder, StepBuilder};

/// Everything that will be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub cluster: String,
    pub phases: Vec<Phase>,
    /// Done at the end whatever happened: transient secrets go.
    pub cleanup: Vec<Cleanup>,
    /// What no step does anything about.
    pub notes: Vec<Note>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The steps of all phases, in order, without the cleanup.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(Phase::steps)
    }

    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.phases.iter().flat_map(Phase::chains)
    }

    /// Its steps, and those of the cleanup.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps().chain(self.cleanup_steps())
    }

    pub fn cleanup_steps(&self) -> impl Iterator<Item = &Step> {
        self.cleanup.iter().map(|cleanup| &cleanup.step)
    }

    pub fn digest(&self) -> PlanDigest {
        PlanDigest::of(&self.phases, self.all_steps())
    }

    pub fn changed_hosts(&self) -> BTreeSet<HostName> {
        self.all_steps()
            .filter(|step| step.change().is_some())
            .map(|step| step.host.clone())
            .collect()
    }

    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps().filter(|step| step.change().is_some())
    }
}
