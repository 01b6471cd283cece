//! Asking whether something is so: once before a change, and after it until it is so. The only place that waits, and it
//! stops waiting when the operator asks to stop.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::future::{Either, select};
use tokio::time::{Instant, sleep};

use super::attempt::{Attempt, QUESTION_LIMIT, how};
use super::stop::{self, StopLevel};
use crate::error::Problem;
use crate::events::Event;
use crate::plan::Check;
use crate::remote::connection::{Connection, Exit, Output};

/// What a host said to a question.
enum Answer {
    Yes(Output),
    NotYet(String),
    /// Neither.
    Unclear(Problem),
    /// Nothing: it cannot be asked.
    Silent(Problem),
}

impl<C: Connection> Attempt<'_, C> {
    /// Whether it is so already; then what the check said. A host that does not answer is asked again for a while.
    pub(super) async fn already(&self, check: &Check) -> Result<Option<Output>, Problem> {
        let since = Instant::now();
        let mut delays = delays();
        loop {
            match self.unless_stopped(LAST_ANSWER, self.ask(check)).await? {
                Answer::Yes(output) => return Ok(Some(output)),
                Answer::NotYet(_) => return Ok(None),
                Answer::Unclear(problem) | Answer::Silent(problem) => {
                    if since.elapsed() >= UNCLEAR_BEFORE {
                        return Err(problem);
                    }
                    self.tell(&problem.headline(), since);
                }
            }
            let pause = sleep(delays.next().unwrap_or(SLOWEST));
            self.unless_stopped(Duration::ZERO, pause).await?;
        }
    }

    /// Asks until it is so, at most to the check's deadline; then what the check said.
    pub(super) async fn until(&self, check: &Check) -> Result<Output, Problem> {
        let mut gets_ready = None;
        let since = Instant::now();
        let mut delays = delays();
        let mut told = None::<Instant>;
        let mut heard = since;
        loop {
            let answer = self.unless_stopped(LAST_ANSWER, self.ask(check)).await?;
            if !matches!(answer, Answer::Silent(_)) {
                heard = Instant::now();
            }
            let left = check.deadline.saturating_sub(since.elapsed());
            let reason = match answer {
                Answer::Yes(output) => return Ok(output),
                Answer::NotYet(reason) if left.is_zero() => return Err(self.never_so(check, reason).await),
                Answer::Unclear(problem) if left.is_zero() => return Err(problem),
                Answer::Silent(problem) if left.is_zero() || heard.elapsed() >= SILENCE => {
                    return Err(problem);
                }
                Answer::NotYet(reason) => reason,
                Answer::Unclear(problem) | Answer::Silent(problem) => problem.headline(),
            };
            gets_ready.get_or_insert_with(|| self.shared.meter.in_flight_since(since));
            if told.is_none_or(|told| told.elapsed() >= SLOWEST) {
                told = Some(Instant::now());
                self.tell(&reason, since);
            }
            let pause = sleep(delays.next().unwrap_or(SLOWEST).min(left));
            self.unless_stopped(Duration::ZERO, pause).await?;
        }
    }

    /// What comes of something before the operator asks to stop, or a moment after.
    async fn unless_stopped<T>(&self, moment: Duration, work: impl Future<Output = T>) -> Result<T, Problem> {
        let Some(stop) = self.stop else {
            return Ok(work.await);
        };
        let stopped = async {
            stop::reaches(stop, StopLevel::Finish).await;
            sleep(moment).await;
        };
        match select(Box::pin(work), Box::pin(stopped)).await {
            Either::Left((result, _)) => Ok(result),
            Either::Right(((), _)) => Err(self.interrupted()),
        }
    }

    /// `Err` where the operator has asked to stop: nothing new is begun.
    pub(super) fn go_on(&self) -> Result<(), Problem> {
        match self.stop {
            Some(stop) if *stop.borrow() > StopLevel::Running => Err(self.interrupted()),
            _ => Ok(()),
        }
    }

    /// The end of a step that was only waiting; what it has come to is the run's to tell.
    fn interrupted(&self) -> Problem {
        Problem::Interrupted {
            running: Vec::new(),
            is_begun: self.has_changed(),
        }
    }

    async fn ask(&self, check: &Check) -> Answer {
        let output = match self.send(&check.command, QUESTION_LIMIT).await {
            Ok(output) => output,
            Err(problem) => return Answer::Silent(problem),
        };
        let last = output.last_lines(1).pop();
        match &output.exit {
            Exit::Code(0) => Answer::Yes(output),
            Exit::Code(1) => {
                Answer::NotYet(last.unwrap_or_else(|| format!("{}: not yet", check.command.purpose())))
            }
            exit => {
                let cause = match last {
                    Some(line) => format!("{}: {line}", how(exit)),
                    None => how(exit),
                };
                Answer::Unclear(self.cannot_tell(check.command.purpose().to_owned(), cause))
            }
        }
    }

    async fn never_so(&self, check: &Check, reason: String) -> Problem {
        let how = match check.deadline.as_secs() {
            0 => "it is not so".to_owned(),
            seconds => format!("not so after {seconds} s"),
        };
        self.failed(how, vec![reason]).await
    }

    pub(super) fn tell(&self, reason: &str, since: Instant) {
        self.shared.emit(Event::StillWaiting {
            step: self.step.id.clone(),
            host: self.step.host.clone(),
            reason: reason.to_owned(),
            waited: since.elapsed(),
        });
    }
}

/// Soon at first, as most conditions are so at once; then every second, which costs a host nothing to speak of.
fn delays() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(QUICKEST)
        .with_max_delay(SLOWEST)
        .with_factor(2.0)
        .without_max_times()
        .build()
}

/// How long an answer is still waited for once the operator has asked to stop: it may say that it is so. Who sends SIGTERM
/// often sends SIGKILL ten seconds later.
const LAST_ANSWER: Duration = Duration::from_secs(3);

const QUICKEST: Duration = Duration::from_millis(250);
const SLOWEST: Duration = Duration::from_secs(1);

/// How long an unclear answer before a change is borne: an API server that is being restarted is back by then.
const UNCLEAR_BEFORE: Duration = Duration::from_secs(10);

/// How long a host may be out of reach while something is waited for there: a network's short failure, no more.
const SILENCE: Duration = Duration::from_secs(60);
