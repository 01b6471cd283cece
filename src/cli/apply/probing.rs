//! Probing the hosts, deciding what to do, and checking hosts before they are built.

use std::time::{Duration, Instant};

use super::apply_run::ApplyRun;
use super::decision::{Decision, Elapsed};
use crate::cli::check;
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::pace::pace;
use crate::cli::plan::{allowance, decide, narrowed};
use crate::error::Problem;
use crate::events::Event;
use crate::facts::Observation;
use crate::plan::{PhaseName, Plan};
use crate::planner;
use crate::remote::probe::ProbeScope;

/// kubelet starts static pods within a minute of a host's start; etcd without a quorum is started again after 80 s.
const POWER_ON: Duration = Duration::from_secs(90);

impl ApplyRun<'_> {
    /// Probes the hosts and decides; the time of this phase counts from `since`.
    pub(super) async fn probe(
        &self,
        connected: &ConnectedHosts,
        (phase, since): (PhaseName, Instant),
        elapsed: &mut Elapsed,
    ) -> Result<Decision, Vec<Problem>> {
        let (observation, decided) = self.decide(connected, since, elapsed).await;
        elapsed.on(phase, since.elapsed());
        let plan = decided?;
        Ok(Decision {
            built: planner::new_hosts(&plan),
            plan: narrowed(plan, &self.arguments.scope),
            observation,
        })
    }

    /// A refusal that may pass within a minute is probed again until then: the power has just come back.
    async fn decide(
        &self,
        connected: &ConnectedHosts,
        began: Instant,
        elapsed: &mut Elapsed,
    ) -> (Observation, Result<Plan, Vec<Problem>>) {
        let mut starting_since = None;
        loop {
            let since = Instant::now();
            let observation = connected
                .observe(self.topology, ProbeScope::Complete, &self.events)
                .await;
            let decided = decide(self.topology, &observation, &allowance(&self.arguments.scope));
            let passing = decided
                .as_ref()
                .err()
                .and_then(|problems| problems.iter().find(|problem| problem.may_pass()));
            let Some(passing) = passing.filter(|_| began.elapsed() <= POWER_ON) else {
                let waited = starting_since.map(|since: Instant| since.elapsed());
                elapsed.waited += waited.unwrap_or_default();
                return (observation, decided);
            };
            if starting_since.is_none() {
                starting_since = Some(since);
                let text = format!(
                    "{}; the hosts have just started: probing again for up to {} s",
                    passing.headline(),
                    POWER_ON.as_secs()
                );
                let _ = self.events.send(Event::Warning { text });
            }
            pace().await;
        }
    }

    /// Checks hosts that will be built, and the connections that they need.
    pub(super) async fn check(
        &self,
        connected: &ConnectedHosts,
        decision: &Decision,
        elapsed: &mut Elapsed,
    ) -> Result<(), Vec<Problem>> {
        if decision.built.is_empty() || self.arguments.skip_check {
            return Ok(());
        }
        let since = Instant::now();
        let checked = check::check_before_apply(
            connected,
            (self.topology, &decision.observation),
            &decision.built,
            &self.arguments.ignore.iter().copied().collect(),
        )
        .await;
        elapsed.on(PhaseName::Check, since.elapsed());
        checked
    }
}
