//! What is agreed to is what is done: the plan is shown and asked about, and made once more right before it is done.
//! While the question stood, the hosts may have become others.

use std::time::Instant;

use super::Attempt;
use super::look::{Seen, Spent};
use crate::cli::arguments::OutputFormat;
use crate::cli::fleet::Fleet;
use crate::cli::{Stop, stopped, surroundings};
use crate::engine::{Lease, until_stopped};
use crate::error::Problem;
use crate::error::sanitize::sanitize_text;
use crate::events::Event;
use crate::plan::{PhaseName, Plan};
use crate::planner::locked_hosts;
use crate::report::paint::Paint;
use crate::report::plan_text;
use crate::ssh::Session;

/// So often a plan that goes on to other hosts is made again where nobody is asked.
const ROUNDS: u32 = 3;

/// Each look finds something else to do.
fn restless(moved: &[String]) -> Problem {
    Problem::Unsafe {
        what: format!("the hosts change all the time: {ROUNDS} looks at them have led to {ROUNDS} plans"),
        because: moved.to_vec(),
        way_out: vec!["see what works on them besides, then run this again".to_owned()],
    }
}

impl Attempt<'_> {
    /// The plan that is to be done, with what the hosts were when it was made last, and with the leases of those that
    /// it changes; or why there is none.
    pub(super) async fn agree(
        &self,
        fleet: &Fleet,
        stop: &Stop,
        spent: &mut Spent,
    ) -> Result<(Seen, Option<Lease<Session>>), Vec<Problem>> {
        let first = async {
            let seen = self.look(fleet, (PhaseName::Observe, self.began), spent).await?;
            if let Some(saved) = self.saved {
                saved.is_equal(&seen.plan)?;
            }
            self.check(fleet, &seen, spent).await?;
            Ok::<Seen, Vec<Problem>>(seen)
        };
        let mut seen = until_stopped(stop, first)
            .await
            .unwrap_or_else(|| Err(stopped().into()))?;
        self.show(&seen.plan, None);
        let mut rounds = 0;
        while !seen.plan.is_empty() {
            rounds += 1;
            self.confirmed(stop).await?;
            // The hosts are looked at for the last time when no other run works on them any more: what is
            // seen then is what the steps find.
            let hosts = locked_hosts(self.topology, &seen.plan);
            let wants = self.wants.clone();
            let lease = Lease::take(&fleet.sessions, &hosts, wants, stop, &self.events).await?;
            let again = until_stopped(stop, self.look_again(fleet, &seen, spent)).await;
            let (now, moved) = match again.unwrap_or_else(|| Err(stopped().into())) {
                Ok(looked) => looked,
                Err(problems) => {
                    lease.release().await;
                    return Err(problems);
                }
            };
            let is_covered = locked_hosts(self.topology, &now.plan).is_subset(&hosts);
            seen = now;
            if moved.is_empty() {
                return Ok((seen, Some(lease)));
            }
            self.show_anew(&seen.plan, &moved);
            // `--yes` agrees to what is to be done, not to what was shown.
            if self.arguments.yes && is_covered {
                return Ok((seen, Some(lease)));
            }
            lease.release().await;
            if self.arguments.yes && rounds == ROUNDS {
                return Err(restless(&moved).into());
            }
        }
        Ok((seen, None))
    }

    /// The plan as it would be made now, and what is different in it.
    async fn look_again(
        &self,
        fleet: &Fleet,
        before: &Seen,
        spent: &mut Spent,
    ) -> Result<(Seen, Vec<String>), Vec<Problem>> {
        let now = self
            .look(fleet, (PhaseName::ObserveAgain, Instant::now()), spent)
            .await?;
        if let Some(saved) = self.saved {
            saved.is_equal(&now.plan)?;
        }
        if now.built != before.built {
            self.check(fleet, &now, spent).await?;
        }
        let moved = before.plan.digest().moved_to(&now.plan.digest());
        Ok((now, moved))
    }

    /// Shows the plan anew, and why. A person reads it with the plan; where nobody is asked it is an event of the run.
    fn show_anew(&self, plan: &Plan, moved: &[String]) {
        let text = format!(
            "the hosts have changed since the plan was made, and it is another now:\n{}",
            moved.join("\n")
        );
        if self.arguments.yes {
            let _ = self.events.send(Event::Warned { text });
            self.show(plan, None);
        } else {
            self.show(plan, Some(&sanitize_text(&text)));
        }
    }

    fn show(&self, plan: &Plan, moved: Option<&str>) {
        if self.arguments.scope.output == OutputFormat::Text {
            let detail = self.arguments.scope.diff.into();
            surroundings::say(&plan_text::render(plan, moved, &detail, Paint::for_stdout()));
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
        if !surroundings::is_interactive() {
            return Err(Problem::Usage {
                message: "this is not a terminal, so nobody can confirm the plan: nothing was changed"
                    .to_owned(),
                hint: "pass --yes to apply without confirmation".to_owned(),
            });
        }
        match until_stopped(stop, surroundings::confirm("Apply this plan?")).await {
            Some(true) => Ok(()),
            Some(false) => Err(stopped()),
            None => {
                surroundings::tell("\n");
                Err(stopped())
            }
        }
    }
}
