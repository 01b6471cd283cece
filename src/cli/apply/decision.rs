//! What an apply has decided, and how long that took.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::events::PhaseTime;
use crate::facts::Observation;
use crate::plan::{PhaseName, Plan};
use crate::topology::HostName;

/// The hosts as they were probed, and what to do about it.
pub(super) struct Decision {
    pub(super) observation: Observation,
    pub(super) plan: Plan,
    /// The hosts that it builds, all of them.
    pub(super) built: BTreeSet<HostName>,
}

/// Where the time went before anything was done.
#[derive(Default)]
pub(super) struct Elapsed {
    pub(super) phases: Vec<PhaseTime>,
    /// How long of that hosts were waited for that had just started.
    pub(super) waited: Duration,
}

impl Elapsed {
    pub(super) fn on(&mut self, phase: PhaseName, took: Duration) {
        self.phases.push(PhaseTime { phase, took });
    }

    /// All of it without what was waited for.
    pub(super) fn overhead(&self) -> Duration {
        let all: Duration = self.phases.iter().map(|phase| phase.took).sum();
        all.saturating_sub(self.waited)
    }
}
