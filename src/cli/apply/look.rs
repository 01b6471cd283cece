//! What the hosts are, and what is to be done about it; and whether hosts that are to be built are as they must be.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{Attempt, pace};
use crate::cli::check;
use crate::cli::fleet::Fleet;
use crate::cli::plan::{allowance, decide, narrowed};
use crate::error::Problem;
use crate::events::{Event, PhaseTime};
use crate::facts::Observation;
use crate::plan::{PhaseName, Plan};
use crate::planner;
use crate::remote::probe::Look;
use crate::topology::HostName;

/// kubelet starts static pods within a minute of a host's start; etcd without a quorum is started again after 80 s.
const POWER_ON: Duration = Duration::from_secs(90);

/// The hosts as they were found, and what is to be done about it.
pub(super) struct Seen {
    pub(super) observation: Observation,
    pub(super) plan: Plan,
    /// The hosts that it builds, all of them.
    pub(super) built: BTreeSet<HostName>,
}

/// Where the time went before anything was done.
#[derive(Default)]
pub(super) struct Spent {
    pub(super) phases: Vec<PhaseTime>,
    /// How long of that hosts were waited for that had just started.
    pub(super) waited: Duration,
}

impl Spent {
    fn on(&mut self, phase: PhaseName, took: Duration) {
        self.phases.push(PhaseTime { phase, took });
    }

    /// All of it without what was waited for.
    pub(super) fn own(&self) -> Duration {
        let all: Duration = self.phases.iter().map(|phase| phase.took).sum();
        all.saturating_sub(self.waited)
    }
}

impl Attempt<'_> {
    /// Looks at the hosts and decides; `since` when is the time of this phase counted.
    pub(super) async fn look(
        &self,
        fleet: &Fleet,
        (phase, since): (PhaseName, Instant),
        spent: &mut Spent,
    ) -> Result<Seen, Vec<Problem>> {
        let (observation, decided) = self.decide(fleet, since, spent).await;
        spent.on(phase, since.elapsed());
        let plan = decided?;
        Ok(Seen {
            built: planner::new_hosts(&plan),
            plan: narrowed(plan, &self.arguments.scope),
            observation,
        })
    }

    /// What may be gone a minute later is looked at again for so long: the power has just come back.
    async fn decide(
        &self,
        fleet: &Fleet,
        began: Instant,
        spent: &mut Spent,
    ) -> (Observation, Result<Plan, Vec<Problem>>) {
        let mut starting_since = None;
        loop {
            let since = Instant::now();
            let observation = fleet.observe(self.topology, Look::Whole, &self.events).await;
            let decided = decide(self.topology, &observation, &allowance(&self.arguments.scope));
            let passing = decided
                .as_ref()
                .err()
                .and_then(|problems| problems.iter().find(|problem| problem.may_pass()));
            let Some(passing) = passing.filter(|_| began.elapsed() <= POWER_ON) else {
                let waited = starting_since.map(|since: Instant| since.elapsed());
                spent.waited += waited.unwrap_or_default();
                return (observation, decided);
            };
            if starting_since.is_none() {
                starting_since = Some(since);
                let text = format!(
                    "{}; they have just started: looking again until {} s",
                    passing.headline(),
                    POWER_ON.as_secs()
                );
                let _ = self.events.send(Event::Warned { text });
            }
            pace().await;
        }
    }

    /// Where hosts are to be built, whether they and the ways that they need are as they must be.
    pub(super) async fn check(
        &self,
        fleet: &Fleet,
        seen: &Seen,
        spent: &mut Spent,
    ) -> Result<(), Vec<Problem>> {
        if seen.built.is_empty() || self.arguments.skip_check {
            return Ok(());
        }
        let since = Instant::now();
        let checked = check::beforehand(
            fleet,
            (self.topology, &seen.observation),
            &seen.built,
            &self.arguments.ignore,
        )
        .await;
        spent.on(PhaseName::Check, since.elapsed());
        checked
    }
}
