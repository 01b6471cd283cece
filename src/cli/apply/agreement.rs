//! What is agreed to is what is done: the plan is shown and asked about, and made once more right before it is done.
//! While the question stood, the hosts may have become others.

use std::time::{Duration, Instant};

use super::apply_run::ApplyRun;
use super::decision::{Decision, Elapsed};
use crate::cli::arguments::OutputFormat;
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::pace::pace;
use crate::cli::scope::{allowance, decide, narrowed};
use crate::cli::{Stop, check, stopped, workstation};
use crate::engine::{Lease, until_stopped};
use crate::error::Problem;
use crate::error::sanitize::sanitize_text;
use crate::events::Event;
use crate::facts::Observation;
use crate::plan::{PhaseName, Plan};
use crate::planner;
use crate::planner::locked_hosts;
use crate::remote::probe::ProbeScope;
use crate::report::paint::Paint;
use crate::report::plan_text;
use crate::ssh::Session;

/// So often a plan that extends to other hosts is made again with `--yes`.
const ROUNDS: u32 = 3;

/// Each probe leads to another plan.
fn keeps_changing(moved: &[String]) -> Problem {
    Problem::Unsafe {
        what: format!("the hosts keep changing: {ROUNDS} probes led to {ROUNDS} plans"),
        because: moved.to_vec(),
        recovery: vec!["find out what else changes them, then rerun this command".to_owned()],
    }
}

impl ApplyRun<'_> {
    /// The plan that is to be done, with what the hosts were when it was made last, and with the leases of those that
    /// it changes; or why there is none.
    pub(super) async fn agree(
        &self,
        connected: &ConnectedHosts,
        stop: &Stop,
        elapsed: &mut Elapsed,
    ) -> Result<(Decision, Option<Lease<Session>>), Vec<Problem>> {
        let first = async {
            let decision = self
                .observe_and_plan(connected, (PhaseName::Observe, self.began), elapsed)
                .await?;
            if let Some(saved) = self.saved {
                saved.is_equal(&decision.plan)?;
            }
            self.check_built_hosts(connected, &decision, elapsed).await?;
            Ok::<Decision, Vec<Problem>>(decision)
        };
        let mut decision = until_stopped(stop, first)
            .await
            .unwrap_or_else(|| Err(stopped().into()))?;
        self.show(&decision.plan, None);
        let mut rounds = 0;
        while !decision.plan.is_empty() {
            rounds += 1;
            self.confirmed(stop).await?;
            // The hosts are probed for the last time when no other run works on them any more: what is
            // decided then is what the steps find.
            let hosts = locked_hosts(self.topology, &decision.plan);
            let wants = self.wants.clone();
            let lease = Lease::take(&connected.sessions, &hosts, wants, stop, &self.events).await?;
            let again = until_stopped(stop, self.probe_again(connected, &decision, elapsed)).await;
            let (now, moved) = match again.unwrap_or_else(|| Err(stopped().into())) {
                Ok(probed) => probed,
                Err(problems) => {
                    lease.release().await;
                    return Err(problems);
                }
            };
            let is_covered = locked_hosts(self.topology, &now.plan).is_subset(&hosts);
            decision = now;
            if moved.is_empty() {
                return Ok((decision, Some(lease)));
            }
            self.show_again(&decision.plan, &moved);
            // `--yes` agrees to what is to be done, not to what was shown.
            if self.arguments.yes && is_covered {
                return Ok((decision, Some(lease)));
            }
            lease.release().await;
            if self.arguments.yes && rounds == ROUNDS {
                return Err(keeps_changing(&moved).into());
            }
        }
        Ok((decision, None))
    }

    /// The plan as it would be made now, and what is different in it.
    async fn probe_again(
        &self,
        connected: &ConnectedHosts,
        before: &Decision,
        elapsed: &mut Elapsed,
    ) -> Result<(Decision, Vec<String>), Vec<Problem>> {
        let now = self
            .observe_and_plan(connected, (PhaseName::ObserveAgain, Instant::now()), elapsed)
            .await?;
        if let Some(saved) = self.saved {
            saved.is_equal(&now.plan)?;
        }
        if now.built != before.built {
            self.check_built_hosts(connected, &now, elapsed).await?;
        }
        let moved = before.plan.digest().moved_to(&now.plan.digest());
        Ok((now, moved))
    }

    /// Shows the plan again, and why. A person reads it with the plan; with `--yes` it is an event of the run.
    fn show_again(&self, plan: &Plan, moved: &[String]) {
        let text = format!(
            "the hosts have changed since the plan, and the plan with them:\n{}",
            moved.join("\n")
        );
        if self.arguments.yes {
            let _ = self.events.send(Event::Warning { text });
            self.show(plan, None);
        } else {
            self.show(plan, Some(&sanitize_text(&text)));
        }
    }

    fn show(&self, plan: &Plan, moved: Option<&str>) {
        if self.arguments.scope.output == OutputFormat::Text {
            let detail = self.arguments.scope.diff.into();
            workstation::print(&plan_text::render(plan, moved, &detail, Paint::for_stdout()));
        }
    }

    /// Whether the operator wants it, having read the plan; `Err` says why not.
    async fn confirmed(&self, stop: &Stop) -> Result<(), Problem> {
        if self.arguments.yes {
            return Ok(());
        }
        if self.arguments.scope.output == OutputFormat::Json {
            return Err(Problem::Usage {
                message: "`-o json` shows no plan to confirm: nothing was changed".to_owned(),
                hint: "pass --yes, or use text output".to_owned(),
            });
        }
        if !workstation::is_interactive() {
            return Err(Problem::Usage {
                message: "stdin is not a terminal, so you cannot confirm the plan: nothing was changed"
                    .to_owned(),
                hint: "pass --yes to apply without confirmation".to_owned(),
            });
        }
        match until_stopped(stop, workstation::confirm("Apply this plan?")).await {
            Some(true) => Ok(()),
            Some(false) => Err(stopped()),
            None => {
                workstation::print_to_stderr("\n");
                Err(stopped())
            }
        }
    }
}

/// kubelet starts static pods within a minute of a host's start; etcd without a quorum is started again after 80 s.
const POWER_ON: Duration = Duration::from_secs(90);

impl ApplyRun<'_> {
    /// Probes the hosts and decides; the time of this phase counts from `since`.
    async fn observe_and_plan(
        &self,
        connected: &ConnectedHosts,
        (phase, since): (PhaseName, Instant),
        elapsed: &mut Elapsed,
    ) -> Result<Decision, Vec<Problem>> {
        let (observation, decided) = self.plan_until_started(connected, since, elapsed).await;
        elapsed.on(phase, since.elapsed());
        let plan = decided?;
        Ok(Decision {
            built: planner::new_hosts(&plan),
            plan: narrowed(plan, &self.arguments.scope),
            observation,
        })
    }

    /// A refusal that may pass within a minute is probed again until then: the power has just come back.
    async fn plan_until_started(
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
    async fn check_built_hosts(
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
