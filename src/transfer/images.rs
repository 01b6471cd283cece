//! Brings a host an image: from the first source that has it, or from the workstation.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::relay::{Relay, Relayed};
use super::signals;
use crate::archive::Single;
use crate::engine::{Attempt, Transport};
use crate::error::Problem;
use crate::events::Outcome;
use crate::plan::Transfer;
use crate::remote::images::is_signal;
use crate::remote::wire::RemoteCommand;
use crate::remote::wire::connection::{ANSWER_LINES, Connection};
use crate::topology::HostName;

/// A packed archive is unpacked for each host anew, and its window is in memory as often: so many hosts at once.
const UNPACKED_AT_ONCE: usize = 4;

/// Brings hosts images, in one run.
pub struct ImageTransport {
    /// A turn for each host that a packed archive may go to at a time.
    unpacking: Semaphore,
    /// Which host cannot send images to which: source and target.
    closed: Mutex<BTreeSet<(HostName, HostName)>>,
}

impl Default for ImageTransport {
    fn default() -> Self {
        Self {
            unpacking: Semaphore::new(UNPACKED_AT_ONCE),
            closed: Mutex::default(),
        }
    }
}

impl<C: Connection> Transport<C> for ImageTransport {
    fn transfer<'a>(
        &'a self,
        attempt: &'a Attempt<'a, C>,
        transfer: &'a Transfer,
    ) -> BoxFuture<'a, Result<Outcome, Problem>> {
        self.bring(attempt, transfer).boxed()
    }
}

impl ImageTransport {
    async fn bring<C: Connection>(
        &self,
        attempt: &Attempt<'_, C>,
        transfer: &Transfer,
    ) -> Result<Outcome, Problem> {
        if let Some(outcome) = self.try_sources(attempt, transfer).await? {
            return Ok(outcome);
        }
        attempt.refuse_if_stopping()?;
        self.send(attempt, transfer).await
    }

    /// None if no other host has brought it.
    async fn try_sources<C: Connection>(
        &self,
        attempt: &Attempt<'_, C>,
        transfer: &Transfer,
    ) -> Result<Option<Outcome>, Problem> {
        let has_it = |after: &Option<_>| after.as_ref().is_none_or(|step| attempt.is_done(step));
        let mut sources = transfer.sources.iter();
        let Some(source) = sources.find(|source| has_it(&source.after)) else {
            return Ok(None);
        };
        let connection = (source.host.clone(), attempt.host().clone());
        if self.with_closed(|closed| closed.contains(&connection)) {
            return Ok(None);
        }
        let relay = Relay {
            attempt,
            source,
            transfer,
        };
        match relay.bring().await? {
            Relayed::Done(outcome) => Ok(Some(outcome)),
            Relayed::Failed(reason) => {
                attempt.warn(format!(
                    "{}: {} does not send it images, so this workstation sends them: {reason}",
                    attempt.host(),
                    source.host
                ));
                self.with_closed(|closed| closed.insert(connection));
                Ok(None)
            }
        }
    }

    async fn send<C: Connection>(
        &self,
        attempt: &Attempt<'_, C>,
        transfer: &Transfer,
    ) -> Result<Outcome, Problem> {
        let Transfer { change, until, .. } = transfer;
        let turn = self.turn(attempt, &change.command).await;
        let sent = attempt
            .run_hiding(&change.command, change.timeout, is_signal)
            .await;
        drop(turn);
        match sent {
            Ok(output) if !output.is_success() => {
                let answer = signals::last_lines(&output, ANSWER_LINES);
                Err(attempt.exit_failure_with_diagnostics(&output.exit, answer).await)
            }
            Ok(output) => {
                if let Some(outcome) = signals::outcome(&output) {
                    return Ok(outcome);
                }
                attempt.wait_until(until).await?;
                Ok(Outcome::Changed)
            }
            Err(problem) => {
                attempt.settle(until, problem).await?;
                Ok(Outcome::Changed)
            }
        }
    }

    /// Waits until one host more may be sent something of an archive that has to be unpacked for it.
    async fn turn<C: Connection>(
        &self,
        attempt: &Attempt<'_, C>,
        command: &RemoteCommand,
    ) -> Option<SemaphorePermit<'_>> {
        if !command.sends().is_some_and(Single::is_packed) {
            return None;
        }
        if self.unpacking.available_permits() == 0 {
            let reason = format!("a packed archive goes to {UNPACKED_AT_ONCE} hosts at once");
            attempt.report_waiting(&reason, Instant::now());
        }
        self.unpacking.acquire().await.ok()
    }

    fn with_closed<T>(&self, act: impl FnOnce(&mut BTreeSet<(HostName, HostName)>) -> T) -> T {
        act(&mut self.closed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
