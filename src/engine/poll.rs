//! Asking whether something is so: once before a change, and after it until it is so. The only place that waits, and it
//! stops waiting when the operator asks to stop.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::future::{Either, select};
use tokio::time::{Instant, sleep};

use super::attempt::{Attempt, describe_exit};
use super::stop::{self, StopLevel};
use super::timeouts::QUESTION_LIMIT;
use crate::error::Problem;
use crate::plan::Check;
use crate::remote::wire::connection::{Connection, Exit, Output};

/// What a host answered to a question.
enum Answer {
    Yes(Output),
    NotYet(String),
    /// Neither.
    Unclear(Problem),
    /// Nothing: it cannot be asked.
    Silent(Problem),
}

impl<C: Connection> Attempt<'_, C> {
    /// Whether a condition is met already. A host that does not answer is asked again for a while.
    pub async fn is_met(&self, check: &Check) -> Result<bool, Problem> {
        let since = Instant::now();
        let mut delays = delays();
        loop {
            match self.unless_stopped(LAST_ANSWER, self.ask(check)).await? {
                Answer::Yes(_) => return Ok(true),
                Answer::NotYet(_) => return Ok(false),
                Answer::Unclear(problem) | Answer::Silent(problem) => {
                    if since.elapsed() >= UNCLEAR_BEFORE {
                        return Err(problem);
                    }
                    self.report_waiting(&problem.headline(), since);
                }
            }
            let pause = sleep(delays.next().unwrap_or(SLOWEST));
            self.unless_stopped(Duration::ZERO, pause).await?;
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
            let answer = self.unless_stopped(LAST_ANSWER, self.ask(check)).await?;
            if !matches!(answer, Answer::Silent(_)) {
                heard = Instant::now();
            }
            let left = check.deadline.saturating_sub(since.elapsed());
            let reason = match answer {
                Answer::Yes(output) => return Ok(output),
                Answer::NotYet(reason) if left.is_zero() => return Err(self.timed_out(check, reason).await),
                Answer::Unclear(problem) if left.is_zero() => return Err(problem),
                Answer::Silent(problem) if left.is_zero() || heard.elapsed() >= SILENCE => {
                    return Err(problem);
                }
                Answer::NotYet(reason) => reason,
                Answer::Unclear(problem) | Answer::Silent(problem) => problem.headline(),
            };
            self.watch.begin_waiting(since);
            if reported.is_none_or(|reported| reported.elapsed() >= SLOWEST) {
                reported = Some(Instant::now());
                self.report_waiting(&reason, since);
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
    pub fn unless_stopping(&self) -> Result<(), Problem> {
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
            exit => {
                let cause = match last {
                    Some(line) => format!("{}: {line}", describe_exit(exit)),
                    None => describe_exit(exit),
                };
                let what = format!("the result of: {}", check.command.purpose());
                Answer::Unclear(self.undetermined(&what, cause))
            }
        }
    }

    async fn timed_out(&self, check: &Check, reason: String) -> Problem {
        let how = match check.deadline.as_secs() {
            0 => "the condition is not true".to_owned(),
            seconds => format!("timed out after {seconds} s"),
        };
        self.failure(how, vec![reason]).await
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

/// How long an answer is still waited for once the operator has asked to stop: it may say that it is so. Who sends
/// SIGTERM often sends SIGKILL ten seconds later.
const LAST_ANSWER: Duration = Duration::from_secs(3);

const QUICKEST: Duration = Duration::from_millis(250);
const SLOWEST: Duration = Duration::from_secs(1);

/// How long an unclear answer before a change is borne: an API server that is being restarted is back by then.
const UNCLEAR_BEFORE: Duration = Duration::from_secs(10);

/// How long a host may be out of reach while something is waited for there: a network's short failure, no more.
const SILENCE: Duration = Duration::from_secs(60);
