//! What each action does: asked whether it is done, done once, and checked. The only place that waits for a condition.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::future::{Either, select};
use tokio::time::{Instant, sleep};

use super::attempt::{Attempt, describe_exit};
use super::resources::{Transport, ValueSource};
use super::stop::{self, StopLevel};
use super::timeouts::QUESTION_LIMIT;
use crate::error::Problem;
use crate::events::Outcome;
use crate::plan::{Action, Change, Check};
use crate::remote::wire::connection::{Connection, Exit, Output};
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
                self.fail_unless_success(&output).await?;
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
        self.refuse_if_stopping()?;
        match self.run(&change.command, change.timeout).await {
            Ok(output) => {
                self.fail_unless_success(&output).await?;
                self.wait_until(until).await?;
            }
            Err(problem) => self.settle(until, problem).await?,
        }
        Ok(Outcome::Changed)
    }

    /// What became of a change whose end nobody saw: it is done, if its condition is met in time. `Err` is why nobody
    /// saw it.
    pub async fn settle(&self, until: &Check, unseen: Problem) -> Result<(), Problem> {
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
                Ok(())
            }
            Err(found) => Err(with_evidence(unseen, found)),
        }
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

/// What a host answered to a question.
enum Answer {
    Yes(Output),
    NotYet(String),
    /// Neither: how the question ended, and its last line.
    Unclear {
        how: String,
        line: Option<String>,
    },
    /// Nothing: it cannot be asked.
    Silent(Problem),
}

impl<C: Connection> Attempt<'_, C> {
    /// Whether a condition is met already. A host that does not answer is asked again for a while.
    pub async fn is_met(&self, check: &Check) -> Result<bool, Problem> {
        let since = Instant::now();
        let mut delays = delays();
        loop {
            let problem = match self.until_asked_to_stop(LAST_ANSWER, self.ask(check)).await? {
                Answer::Yes(_) => return Ok(true),
                Answer::NotYet(_) => return Ok(false),
                Answer::Unclear { how, line } => self.undetermined(
                    &format!("the result of: {}", check.command.purpose()),
                    described(&how, line.as_deref()),
                ),
                Answer::Silent(problem) => problem,
            };
            if since.elapsed() >= UNCLEAR_BEFORE {
                return Err(problem);
            }
            self.report_waiting(&problem.headline(), since);
            let pause = sleep(delays.next().unwrap_or(SLOWEST));
            self.until_asked_to_stop(Duration::ZERO, pause).await?;
        }
    }

    /// Asks until a condition is met, at most to its deadline; then the answer. The time counts as waiting after a
    /// change, and if the first answer is "not yet".
    pub async fn wait_until(&self, check: &Check) -> Result<Output, Problem> {
        let since = Instant::now();
        if self.watch.has_changed() {
            self.watch.begin_waiting(since);
        }
        let output = self.poll(check, since).await;
        self.watch.end_waiting();
        output
    }

    async fn poll(&self, check: &Check, since: Instant) -> Result<Output, Problem> {
        let mut delays = delays();
        let mut reported = None::<Instant>;
        let mut heard = since;
        loop {
            let answer = self.until_asked_to_stop(LAST_ANSWER, self.ask(check)).await?;
            if !matches!(answer, Answer::Silent(_)) {
                heard = Instant::now();
            }
            let left = check.deadline.saturating_sub(since.elapsed());
            let reason = match answer {
                Answer::Yes(output) => return Ok(output),
                Answer::NotYet(reason) if left.is_zero() => return Err(self.timed_out(check, reason).await),
                Answer::Unclear { how, line } if left.is_zero() => {
                    let how = format!("{}: {how}", check.command.purpose());
                    return Err(self
                        .failure_with_diagnostics(how, line.into_iter().collect())
                        .await);
                }
                Answer::Silent(problem) if left.is_zero() || heard.elapsed() >= SILENCE => {
                    return Err(problem);
                }
                Answer::NotYet(reason) => reason,
                Answer::Unclear { how, line } => {
                    format!(
                        "{}: {}",
                        check.command.purpose(),
                        described(&how, line.as_deref())
                    )
                }
                Answer::Silent(problem) => problem.headline(),
            };
            self.watch.begin_waiting(since);
            if reported.is_none_or(|reported| reported.elapsed() >= SLOWEST) {
                reported = Some(Instant::now());
                self.report_waiting(&reason, since);
            }
            let pause = sleep(delays.next().unwrap_or(SLOWEST).min(left));
            self.until_asked_to_stop(Duration::ZERO, pause).await?;
        }
    }

    /// What comes of something before the operator asks to stop, or a moment after.
    async fn until_asked_to_stop<T>(
        &self,
        moment: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Problem> {
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
    pub fn refuse_if_stopping(&self) -> Result<(), Problem> {
        match self.stop {
            Some(stop) if *stop.borrow() > StopLevel::Running => Err(self.interrupted()),
            _ => Ok(()),
        }
    }

    /// The end of a step that was only waiting; what it has come to is the run's to tell.
    fn interrupted(&self) -> Problem {
        Problem::Interrupted {
            running: Vec::new(),
            is_begun: self.watch.has_changed(),
        }
    }

    async fn ask(&self, check: &Check) -> Answer {
        let output = match self.run(&check.command, QUESTION_LIMIT).await {
            Ok(output) => output,
            Err(problem) => return Answer::Silent(problem),
        };
        let last = output.last_lines(1).pop();
        match &output.exit {
            Exit::Code(0) => Answer::Yes(output),
            Exit::Code(1) => {
                Answer::NotYet(last.unwrap_or_else(|| format!("{}: not yet", check.command.purpose())))
            }
            exit => Answer::Unclear {
                how: describe_exit(exit),
                line: last,
            },
        }
    }

    async fn timed_out(&self, check: &Check, reason: String) -> Problem {
        let how = match check.deadline.as_secs() {
            0 => "the condition is not true".to_owned(),
            seconds => format!("timed out after {seconds} s"),
        };
        self.failure_with_diagnostics(how, vec![reason]).await
    }
}

/// A change whose end nobody saw, with what the host showed when it was asked what became of it.
fn with_evidence(mut unseen: Problem, found: Problem) -> Problem {
    // That nobody could be asked any more tells nothing.
    let Problem::Step {
        answer: lines,
        hint: found_hint,
        ..
    } = found
    else {
        return unseen;
    };
    match &mut unseen {
        Problem::Step { answer, hint, .. } => {
            answer.extend(lines);
            // The process that still runs there comes first: nothing is to be repaired beside it.
            *hint = hint.take().or(found_hint);
        }
        Problem::ConnectionLost { cause, .. } => {
            if let Some(line) = lines.first() {
                *cause = format!("{cause}; asked later, the host said: {line}");
            }
        }
        _ => {}
    }
    unseen
}

fn described(how: &str, line: Option<&str>) -> String {
    line.map_or_else(|| how.to_owned(), |line| format!("{how}: {line}"))
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

/// How long an answer is still waited for once the operator has asked to stop: it may say that it is so. Who sends
/// SIGTERM often sends SIGKILL ten seconds later.
const LAST_ANSWER: Duration = Duration::from_secs(3);

const QUICKEST: Duration = Duration::from_millis(250);
const SLOWEST: Duration = Duration::from_secs(1);

/// How long an unclear answer before a change is borne: an API server that is being restarted is back by then.
const UNCLEAR_BEFORE: Duration = Duration::from_secs(10);

/// How long a host may be out of reach while something is waited for there: a network's short failure, no more.
const SILENCE: Duration = Duration::from_secs(60);
