//! One host sends another an image, which so need not come from the workstation.

use std::future::Future;
use std::time::Duration;

use futures::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::signals;
use crate::engine::{Attempt, describe_exit};
use crate::error::Problem;
use crate::events::{Event, Outcome};
use crate::pki;
use crate::plan::{Source, Transfer};
use crate::remote::images::{MISMATCH, READY, is_signal, taken};
use crate::remote::wire::connection::{ANSWER_LINES, Connection, Exit, Output, Progress};
use crate::topology::HostName;
use crate::values::{Slot, Values};

/// How many last lines of a host are a reason.
const REASON_LINES: usize = 3;

pub(super) struct Relay<'a, C> {
    pub(super) attempt: &'a Attempt<'a, C>,
    pub(super) source: &'a Source,
    pub(super) transfer: &'a Transfer,
}

pub(super) enum Relayed {
    Done(Outcome),
    /// The target has not got the image, for this reason.
    Failed(String),
}

/// Why the target has not seen the image.
enum Unsent {
    /// The target ended before it waited for the source.
    NotBegun(String),
    /// It did not work.
    Failed(String),
    /// The source sent something else: what the target says of it.
    Mismatch(Vec<String>),
}

impl<C: Connection> Relay<'_, C> {
    /// Has the source send the target the image. `Err` if it sent something else, or the operator asked to stop.
    pub(super) async fn bring(&self) -> Result<Relayed, Problem> {
        let until = &self.transfer.until;
        let mut sent = self.send_once().await;
        if matches!(sent, Err(Unsent::NotBegun(_))) {
            // A short failure would cost every further image of the two its connection.
            if self.attempt.is_met(until).await? {
                return Ok(Relayed::Done(Outcome::Unchanged));
            }
            sent = self.send_once().await;
        }
        match sent {
            Ok(Some(outcome)) => Ok(Relayed::Done(outcome)),
            Ok(None) => match self.attempt.wait_until(until).await {
                Ok(_) => Ok(Relayed::Done(Outcome::Changed)),
                Err(stopped @ Problem::Interrupted { .. }) => Err(stopped),
                Err(problem) => Ok(Relayed::Failed(problem.cause())),
            },
            Err(Unsent::Failed(_)) if self.attempt.is_met(until).await? => {
                Ok(Relayed::Done(Outcome::Changed))
            }
            Err(Unsent::NotBegun(reason) | Unsent::Failed(reason)) => Ok(Relayed::Failed(reason)),
            Err(Unsent::Mismatch(lines)) => {
                let how = format!("{} sent something else", self.source.host);
                Err(self.attempt.failure_with_diagnostics(how, lines).await)
            }
        }
    }

    async fn send_once(&self) -> Result<Option<Outcome>, Unsent> {
        self.attempt.begin(&self.source.receive);
        let sent = self.send().await;
        self.attempt.end();
        sent
    }

    /// Both hosts get the certificate of this one transfer. None if the target has not seen what it got as it should
    /// be; `Err` has what they said.
    async fn send(&self) -> Result<Option<Outcome>, Unsent> {
        let source = self
            .attempt
            .session_of(&self.source.host)
            .ok_or_else(|| Unsent::Failed("there is no connection to it".to_owned()))?;
        let mut values = Values::default();
        values.set(Slot::Pass, pki::pass(Timestamp::now()).map_err(Unsent::Failed)?);
        let unknown = |slot: Slot| Unsent::Failed(format!("{} is not known", slot.mask()));
        let receive = self.source.receive.wire(&values).map_err(unknown)?;
        let send = self.source.send.wire(&values).map_err(unknown)?;
        let limit = self.transfer.change.timeout;
        let (sender, mut progress) = unbounded_channel();
        let receiving = self.attempt.session().run(&receive, limit, Some(sender));
        tokio::pin!(receiving);
        loop {
            tokio::select! {
                biased;
                Some(progress) = progress.recv() => match progress {
                    Progress::Line(line) if line == READY => break,
                    other => self.report_progress(other),
                },
                ended = &mut receiving => return self.not_begun(&ended),
            }
        }
        self.report_received(0);
        let sending = source.run(&send, limit, None);
        let both = both_ends(receiving, sending);
        tokio::pin!(both);
        let (of_target, of_source) = loop {
            tokio::select! {
                biased;
                Some(progress) = progress.recv() => self.report_progress(progress),
                ended = &mut both => break ended,
            }
        };
        let of_source = of_source
            .as_ref()
            .and_then(|ended| reason(&self.source.host, ended));
        self.evaluate(of_target.as_ref(), of_source)
    }

    /// Of a target that waited for no source: it has the image, or could not. What became of a command that did not end
    /// is not known.
    fn not_begun(&self, ended: &Ended) -> Result<Option<Outcome>, Unsent> {
        let reason = reason(self.attempt.host(), ended);
        match (ended, reason) {
            (Ok(output), None) => Ok(signals::outcome(output)),
            (Ok(_), Some(reason)) => Err(Unsent::NotBegun(reason)),
            (Err(_), reason) => Err(Unsent::Failed(reason.unwrap_or_default())),
        }
    }

    fn report_progress(&self, progress: Progress) {
        if let Progress::Line(line) = &progress
            && is_signal(line)
        {
            if let Some(bytes) = taken(line) {
                self.report_received(bytes);
            }
            return;
        }
        self.attempt.report_progress(&self.source.receive, progress);
    }

    fn report_received(&self, bytes: u64) {
        self.attempt.emit(Event::ImageReceived {
            step: self.attempt.id().clone(),
            host: self.attempt.host().clone(),
            from: self.source.host.clone(),
            bytes,
            took: self.attempt.took(),
        });
    }

    /// What has become of a transfer. The target has examined what it got: where it is content, so is everybody.
    fn evaluate(
        &self,
        received: Option<&Ended>,
        of_source: Option<String>,
    ) -> Result<Option<Outcome>, Unsent> {
        let target = self.attempt.host();
        let of_target = match received {
            Some(Ok(output)) if output.is_success() => return Ok(signals::outcome(output)),
            Some(Ok(output)) if output.exit == Exit::Code(MISMATCH) => {
                return Err(Unsent::Mismatch(signals::last_lines(output, ANSWER_LINES)));
            }
            Some(ended) => reason(target, ended),
            None => Some(format!("{target}: still at it")),
        };
        let reasons: Vec<String> = of_source.into_iter().chain(of_target).collect();
        Err(Unsent::Failed(reasons.join("; ")))
    }
}

/// Why a host did not do its part.
fn reason(host: &HostName, ended: &Ended) -> Option<String> {
    match ended {
        Ok(output) if output.is_success() => None,
        Ok(output) => {
            let mut lines = signals::last_lines(output, REASON_LINES);
            lines.push(describe_exit(&output.exit));
            Some(format!("{host}: {}", lines.join(", ")))
        }
        Err(problem) => Some(problem.headline()),
    }
}

/// Both to their ends. Once one of them has failed, or the target has all, the other has only a moment left; none is
/// one that did not end in it.
async fn both_ends(
    receiving: impl Future<Output = Ended>,
    sending: impl Future<Output = Ended>,
) -> (Option<Ended>, Option<Ended>) {
    let is_well = |ended: &Ended| ended.as_ref().is_ok_and(Output::is_success);
    match select(Box::pin(receiving), Box::pin(sending)).await {
        Either::Left((received, sending)) => (Some(received), timeout(MOMENT, sending).await.ok()),
        Either::Right((sent, receiving)) if is_well(&sent) => (Some(receiving.await), Some(sent)),
        Either::Right((sent, receiving)) => (timeout(MOMENT, receiving).await.ok(), Some(sent)),
    }
}

type Ended = Result<Output, Problem>;

/// A target to which nobody comes gives up after 10 s, one to which somebody comes who says nothing after 15; then it
/// looks at what it has got. Nothing may be sent from here before it has ended: it would take that for what came, and
/// take it away.
const MOMENT: Duration = Duration::from_secs(30);
