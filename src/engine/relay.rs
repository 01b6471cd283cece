//! What one host can give another need not come from the workstation.

use std::future::Future;
use std::time::Duration;

use futures::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::attempt::{ANSWER_LINES, Attempt, how};
use crate::error::Problem;
use crate::events::{Event, Outcome};
use crate::pki;
use crate::plan::{Check, Relay};
use crate::remote::connection::{Connection, Exit, Output, Progress};
use crate::remote::images::{FOUL, READY, THERE, taken};
use crate::topology::HostName;
use crate::values::{Slot, Values};

/// How many last lines of a host are a reason.
const REASON_LINES: usize = 3;

/// What became of a step that another host was to help with.
pub(super) enum Relayed {
    Done(Outcome),
    /// It was tried, and the host has not got it.
    NotThere,
    Untried,
}

/// Why nothing was handed over.
enum Unhanded {
    /// The host ended before it waited for anybody.
    Unbegun(String),
    /// It did not work.
    Failed(String),
    /// The giver gave something else: what the receiver says of it.
    Foul(Vec<String>),
}

impl<C: Connection> Attempt<'_, C> {
    /// Has another host give this one what the step is about. Where that fails and it has not come all the same, the reason
    /// is told, and the two are not asked for the like again in this run. `Err` where the other host gave something else.
    pub(super) async fn relayed(&self, relay: &Relay, check: &Check) -> Result<Relayed, Problem> {
        let way = (relay.from.clone(), self.step.host.clone());
        if self.shared.is_shut(&way) {
            return Ok(Relayed::Untried);
        }
        let mut handed = self.handed_over(relay).await;
        if matches!(handed, Err(Unhanded::Unbegun(_))) {
            // A short failure would cost every further image of the two its way.
            if self.already(check).await?.is_some() {
                return Ok(Relayed::Done(Outcome::AlreadyDone));
            }
            handed = self.handed_over(relay).await;
        }
        let reason = match handed {
            Ok(Some(outcome)) => return Ok(Relayed::Done(outcome)),
            Ok(None) => match self.until(check).await {
                Ok(_) => return Ok(Relayed::Done(Outcome::Changed)),
                Err(stopped @ Problem::Interrupted { .. }) => return Err(stopped),
                Err(problem) => problem.cause(),
            },
            Err(Unhanded::Unbegun(reason)) => reason,
            Err(Unhanded::Failed(reason)) => {
                if self.already(check).await?.is_some() {
                    return Ok(Relayed::Done(Outcome::Changed));
                }
                reason
            }
            Err(Unhanded::Foul(lines)) => {
                let how = format!("{} gave something else", relay.from);
                return Err(self.failed(how, lines).await);
            }
        };
        let text = format!(
            "{}: {} does not hand it images, so they go from here: {reason}",
            self.step.host, relay.from
        );
        self.shared.emit(Event::Warned { text });
        self.shared.shut(way);
        Ok(Relayed::NotThere)
    }

    async fn handed_over(&self, relay: &Relay) -> Result<Option<Outcome>, Unhanded> {
        let _in_flight = self.shared.meter.in_flight();
        self.begins(&relay.receive);
        let handed = self.hand_over(relay).await;
        self.ended();
        handed
    }

    /// Both hosts get the pass of this one transfer. None where the receiver has not seen what it got as it should be; `Err` says
    /// what they said.
    async fn hand_over(&self, relay: &Relay) -> Result<Option<Outcome>, Unhanded> {
        let giver = self
            .others
            .get(&relay.from)
            .ok_or_else(|| Unhanded::Failed("there is no connection to it".to_owned()))?;
        let mut values = Values::default();
        values.set(Slot::Pass, pki::pass(Timestamp::now()).map_err(Unhanded::Failed)?);
        let unknown = |slot: Slot| Unhanded::Failed(format!("{} is not known", slot.mask()));
        let (receive, pass_on) = (
            relay.receive.wire(&values).map_err(unknown)?,
            relay.pass_on.wire(&values).map_err(unknown)?,
        );
        let (told, mut heard) = unbounded_channel();
        let receiving = self.session.run(&receive, self.step.timeout, Some(told));
        tokio::pin!(receiving);
        loop {
            tokio::select! {
                biased;
                Some(progress) = heard.recv() => match progress {
                    Progress::Line(line) if line == READY => break,
                    other => self.heard(relay, other),
                },
                ended = &mut receiving => return self.unbegun(&ended),
            }
        }
        self.takes(relay, 0);
        let passing_on = giver.run(&pass_on, self.step.timeout, None);
        let both = both_ends(receiving, passing_on);
        tokio::pin!(both);
        let (received, passed_on) = loop {
            tokio::select! {
                biased;
                Some(progress) = heard.recv() => self.heard(relay, progress),
                ended = &mut both => break ended,
            }
        };
        let of_giver = passed_on
            .as_ref()
            .and_then(|ended| self.reason(&relay.from, ended));
        self.judged(received.as_ref(), of_giver)
    }

    /// Of a host that let nobody come: it has it, or could not. What became of a command that did not end is not known.
    fn unbegun(&self, ended: &Ended) -> Result<Option<Outcome>, Unhanded> {
        let reason = self.reason(&self.step.host, ended);
        match (ended, reason) {
            (Ok(output), None) => Ok(seen(output)),
            (Ok(_), Some(reason)) => Err(Unhanded::Unbegun(reason)),
            (Err(_), reason) => Err(Unhanded::Failed(reason.unwrap_or_default())),
        }
    }

    fn heard(&self, relay: &Relay, progress: Progress) {
        let taken = match &progress {
            Progress::Line(line) => taken(line),
            _ => None,
        };
        match taken {
            Some(bytes) => self.takes(relay, bytes),
            None => self.progressed(&relay.receive, progress),
        }
    }

    fn takes(&self, relay: &Relay, bytes: u64) {
        self.shared.emit(Event::Taken {
            step: self.step.id.clone(),
            host: self.step.host.clone(),
            from: relay.from.clone(),
            bytes,
            took: self.took(),
        });
    }

    /// What has become of a hand-over. The receiver has looked at what it got: where it is content, so is everybody.
    fn judged(
        &self,
        received: Option<&Ended>,
        of_giver: Option<String>,
    ) -> Result<Option<Outcome>, Unhanded> {
        let of_receiver = match received {
            Some(Ok(output)) if output.is_success() => return Ok(seen(output)),
            Some(Ok(output)) if output.exit == Exit::Code(FOUL) => {
                return Err(Unhanded::Foul(self.last_words(output, ANSWER_LINES)));
            }
            Some(ended) => self.reason(&self.step.host, ended),
            None => Some(format!("{}: still at it", self.step.host)),
        };
        let reasons: Vec<String> = of_giver.into_iter().chain(of_receiver).collect();
        Err(Unhanded::Failed(reasons.join("; ")))
    }

    /// Why a host did not do its part.
    fn reason(&self, host: &HostName, ended: &Ended) -> Option<String> {
        match ended {
            Ok(output) if output.is_success() => None,
            Ok(output) => {
                let mut lines = self.last_words(output, REASON_LINES);
                lines.push(how(&output.exit));
                Some(format!("{host}: {}", lines.join(", ")))
            }
            Err(problem) => Some(problem.headline()),
        }
    }
}

/// What a host has seen that looks itself; none where it has not seen what it was to get.
pub(super) fn seen(output: &Output) -> Option<Outcome> {
    let said = String::from_utf8_lossy(&output.stdout);
    let says = |what| said.lines().any(|line| line == what);
    says(THERE).then(|| {
        if says(READY) {
            Outcome::Changed
        } else {
            Outcome::AlreadyDone
        }
    })
}

/// Both to their ends. Once one of them has failed, or the receiver has all, the other has only a moment left; none is one
/// that did not end in it.
async fn both_ends(
    receiving: impl Future<Output = Ended>,
    passing_on: impl Future<Output = Ended>,
) -> (Option<Ended>, Option<Ended>) {
    let is_well = |ended: &Ended| ended.as_ref().is_ok_and(Output::is_success);
    match select(Box::pin(receiving), Box::pin(passing_on)).await {
        Either::Left((received, passing_on)) => (Some(received), timeout(MOMENT, passing_on).await.ok()),
        Either::Right((passed_on, receiving)) if is_well(&passed_on) => {
            (Some(receiving.await), Some(passed_on))
        }
        Either::Right((passed_on, receiving)) => (timeout(MOMENT, receiving).await.ok(), Some(passed_on)),
    }
}

type Ended = Result<Output, Problem>;

/// A receiver to which nobody comes gives up after 10 s, one to which somebody comes who says nothing after 15; then it looks at
/// what it has got. Nothing may be sent from here before it has ended: it would take that for what came, and take it away.
const MOMENT: Duration = Duration::from_secs(30);
