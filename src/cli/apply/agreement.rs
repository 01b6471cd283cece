//! What is agreed to is what is done: the plan is shown and asked about, and made once more right before it is done.
//! While the question stood, the hosts may have become others.

use std::time::Instant;

use super::apply_run::ApplyRun;
use super::decision::{Decision, Elapsed};
use crate::cli::arguments::OutputFormat;
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::{Stop, stopped, workstation};
use crate::engine::{Lease, until_stopped};
use crate::error::Problem;
use crate::error::sanitize::sanitize_text;
use crate::events::Event;
use crate::plan::{PhaseName, Plan};
use crate::planner::locked_hosts;
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
                .probe(connected, (PhaseName::Observe, self.began), elapsed)
                .await?;
            if let Some(saved) = self.saved {
                saved.is_equal(&decision.plan)?;
            }
            self.check(connected, &decision, elapsed).await?;
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
            // decision then is what the steps find.
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
            .probe(connected, (PhaseName::ObserveAgain, Instant::now()), elapsed)
            .await?;
        if let Some(saved) = self.saved {
            saved.is_equal(&now.plan)?;
        }
        if now.built != before.built {
            self.check(connected, &now, elapsed).await?;
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
