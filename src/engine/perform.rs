//! What each action does: asked whether it is done (`poll`), done once, and checked.

use super::attempt::Attempt;
use super::resources::{Transport, ValueSource};
use crate::error::Problem;
use crate::events::Outcome;
use crate::plan::{Action, Change, Check};
use crate::remote::wire::connection::{Connection, Output};
use crate::values::Slot;

impl<C: Connection> Attempt<'_, C> {
    pub(super) async fn perform(
        &self,
        source: &dyn ValueSource,
        transport: &dyn Transport<C>,
    ) -> Result<Outcome, Problem> {
        source.provide(self.step, &self.shared.values).await?;
        self.require_values()?;
        match &self.step.action {
            Action::Wait { until } => {
                self.wait_until(until).await?;
                Ok(Outcome::Ok)
            }
            Action::Read { until, gives } => {
                let output = self.wait_until(until).await?;
                self.keep_value(*gives, &output)?;
                Ok(Outcome::Ok)
            }
            Action::Run(change) => {
                let output = self.run(&change.command, change.timeout).await?;
                self.check_exit(&output).await?;
                Ok(Outcome::Changed)
            }
            Action::Ensure { change, until } | Action::Issue { change, until, .. } => {
                self.ensure(change, until).await
            }
            Action::Transfer(transfer) => transport.transfer(self, transfer).await,
        }
    }

    async fn ensure(&self, change: &Change, until: &Check) -> Result<Outcome, Problem> {
        if self.is_met(until).await? {
            return Ok(Outcome::Unchanged);
        }
        self.unless_stopping()?;
        match self.run(&change.command, change.timeout).await {
            Ok(output) => {
                self.check_exit(&output).await?;
                self.wait_until(until).await?;
            }
            Err(problem) => self.settle(until, problem).await?,
        }
        Ok(Outcome::Changed)
    }

    /// What became of a change whose end nobody saw: it is done, if its condition is met in time. `Err` is why nobody
    /// saw it.
    pub async fn settle(&self, until: &Check, mut unseen: Problem) -> Result<(), Problem> {
        // It is known what became of it: nothing.
        if matches!(unseen, Problem::LockLost { .. }) {
            return Err(unseen);
        }
        self.warn(format!(
            "{}; checking on the host what became of it",
            unseen.headline()
        ));
        match self.wait_until(until).await {
            Ok(_) => {
                self.watch.set_unknown(None);
                return Ok(());
            }
            Err(Problem::Step { answer: cause, .. }) => {
                if let Problem::Step { answer, .. } = &mut unseen {
                    answer.extend(cause);
                }
            }
            Err(_) => {}
        }
        Err(unseen)
    }

    /// `Err` names the value of a command of the step that is not known.
    fn require_values(&self) -> Result<(), Problem> {
        let change = self.step.change().map(|change| &change.command);
        let until = self.step.until().map(|until| &until.command);
        for command in change.into_iter().chain(until) {
            self.shared
                .wire(command)
                .map_err(|slot| self.unknown_value(slot))?;
        }
        Ok(())
    }

    fn keep_value(&self, slot: Slot, output: &Output) -> Result<(), Problem> {
        self.shared
            .read(slot, &output.stdout)
            .map_err(|cause| self.unreadable_value(slot, cause))
    }
}
