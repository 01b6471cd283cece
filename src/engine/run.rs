//! What may start next: phases in order, lanes beside each other, chains up to their lane's width.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{Either, join_all, select};
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Options;
use super::attempt::Attempt;
use super::shared::Shared;
use super::stop::{self, StopLevel};
use crate::error::Problem;
use crate::events::{Event, Outcome, PhaseTime, Report};
use crate::plan::{Chain, Lane, Necessity, Phase, Step, StepId};
use crate::remote::connection::Connection;
use crate::topology::HostName;
use crate::values::Values;

/// A run of a plan.
pub(super) struct Run<'a, C> {
    pub(super) sessions: &'a BTreeMap<HostName, Arc<C>>,
    pub(super) shared: Shared,
    pub(super) stop: watch::Receiver<StopLevel>,
    may_lag: usize,
    started: Instant,
    /// The steps that have not ended.
    open: watch::Sender<BTreeSet<StepId>>,
    state: Mutex<State>,
}

/// How it went so far.
pub(super) struct State {
    pub(super) report: Report,
    /// A required chain failed, or too many others.
    pub(super) failed: bool,
    /// Chains that failed and may be finished later.
    lagging: Vec<(HostName, Problem)>,
    /// Commands that were let go: host, process id, purpose.
    pub(super) running: Vec<(HostName, u32, String)>,
    /// Hosts on which something was let go.
    pub(super) let_go: Vec<HostName>,
}

impl State {
    fn lags(&self, host: &HostName) -> bool {
        self.lagging.iter().any(|(lagging, _)| lagging == host)
    }
}

impl<'a, C: Connection> Run<'a, C> {
    pub(super) fn new(
        sessions: &'a BTreeMap<HostName, Arc<C>>,
        values: Values,
        options: Options,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self {
            sessions,
            shared: Shared::new(values, events),
            stop: options.stop,
            may_lag: options.may_lag,
            started: Instant::now(),
            open: watch::Sender::default(),
            state: Mutex::new(State {
                report: options.so_far,
                failed: false,
                lagging: Vec::new(),
                running: Vec::new(),
                let_go: Vec::new(),
            }),
        }
    }

    /// Tells once that the operator asked to stop.
    pub(super) async fn announce_stop(&self) {
        stop::reaches(&self.stop, StopLevel::Finish).await;
        self.shared.emit(Event::StopRequested);
    }

    pub(super) async fn phases(&self, phases: &[Phase]) {
        let steps = phases.iter().flat_map(Phase::steps);
        self.open
            .send_replace(steps.map(|step| step.id.clone()).collect());
        for phase in phases {
            self.phase(phase).await;
        }
        self.state().report.interrupted = self.stop_level() > StopLevel::Running;
    }

    /// The end of the plan: everything is told but the run's own end.
    pub(super) fn finish(self) -> Report {
        let own = self.shared.meter.own();
        let shared = self.shared;
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut report = state.report;
        report
            .lagging
            .extend(state.lagging.into_iter().map(|(host, _)| host));
        if report.interrupted {
            report.problems.push(Problem::Interrupted {
                running: state.running,
                is_begun: shared.has_begun(),
            });
        }
        report.problems = report
            .problems
            .into_iter()
            .map(|problem| shared.redacted(problem))
            .collect();
        report.took += self.started.elapsed();
        report.own += own;
        report
    }

    async fn phase(&self, phase: &Phase) {
        let steps = phase.steps().count();
        if steps == 0 {
            return;
        }
        if !self.may_start() {
            phase.steps().for_each(|step| self.skip(step));
            return;
        }
        self.timed(&phase.name, (steps, phase.bytes()), async {
            join_all(phase.lanes.iter().map(|lane| self.lane(lane))).await;
        })
        .await;
    }

    /// Does a phase's work between its events.
    pub(super) async fn timed(
        &self,
        name: &str,
        (steps, bytes): (usize, u64),
        work: impl Future<Output = ()>,
    ) {
        let phase = name.to_owned();
        let started = Instant::now();
        self.shared.emit(Event::PhaseStarted {
            phase: phase.clone(),
            steps,
            bytes,
        });
        work.await;
        let took = started.elapsed();
        self.shared.emit(Event::PhaseFinished {
            phase: phase.clone(),
            took,
        });
        self.state().report.phases.push(PhaseTime { phase, took });
    }

    async fn lane(&self, lane: &Lane) {
        stream::iter(&lane.chains)
            .for_each_concurrent(lane.width.max(1), |chain| self.chain(chain))
            .await;
    }

    async fn chain(&self, chain: &Chain) {
        // Who was left behind is left out from then on, to be taken up by a later run.
        let mut goes_on = !self.state().lags(&chain.subject);
        for step in &chain.steps {
            if !goes_on || !self.may_start() {
                self.skip(step);
                continue;
            }
            if !step.relays.is_empty() {
                let let_go = Box::pin(stop::reaches(&self.stop, StopLevel::LetGo));
                drop(select(Box::pin(self.giver_of(step)), let_go).await);
                if !self.may_start() {
                    self.skip(step);
                    continue;
                }
            }
            let let_go = stop::reaches(&self.stop, StopLevel::LetGo);
            match self.step(step, Some(&self.stop), let_go).await {
                Outcome::AlreadyDone => self.state().report.already_done += 1,
                Outcome::Changed => self.state().report.changed += 1,
                Outcome::Ok => {}
                Outcome::Skipped => {
                    self.state().report.skipped += 1;
                    goes_on = false;
                }
                Outcome::LetGo => goes_on = false,
                Outcome::Failed { problem } => {
                    goes_on = false;
                    self.chain_failed(chain, problem);
                }
            }
        }
    }

    fn chain_failed(&self, chain: &Chain, problem: Problem) {
        let mut state = self.state();
        match chain.necessity {
            Necessity::Required => {
                state.failed = true;
                state.report.problems.push(problem);
            }
            Necessity::Apart => state.report.problems.push(problem),
            Necessity::Advisory => {
                let text = problem.to_string().trim_end().to_owned();
                self.shared.emit(Event::Warned { text });
            }
            Necessity::MayLag
                if !state.failed && (state.lagging.len() < self.may_lag || state.lags(&chain.subject)) =>
            {
                let text = format!(
                    "{} may be finished later: {}",
                    chain.subject,
                    problem.to_string().trim_end()
                );
                self.shared.emit(Event::Warned { text });
                if !state.lags(&chain.subject) {
                    state.lagging.push((chain.subject.clone(), problem));
                }
            }
            Necessity::MayLag => {
                state.failed = true;
                let lagging: Vec<_> = state.lagging.drain(..).map(|(_, problem)| problem).collect();
                state.report.problems.extend(lagging);
                state.report.problems.push(problem);
            }
        }
    }

    /// Does a step, unless it is let go. With `interrupt` it does not wait for what is not so yet once the operator asks to stop.
    pub(super) async fn step(
        &self,
        step: &Step,
        interrupt: Option<&watch::Receiver<StopLevel>>,
        let_go: impl Future<Output = ()>,
    ) -> Outcome {
        self.shared.emit(Event::StepStarted {
            step: step.id.clone(),
            host: step.host.clone(),
            describe: step.describe.to_string(),
        });
        let Some(session) = self.sessions.get(&step.host) else {
            let problem = Problem::MissingHosts {
                hosts: vec![(step.host.clone(), "there is no connection to it".to_owned())],
                needed_for: step.describe.to_string(),
            };
            return self.ended(step, Outcome::Failed { problem }, Duration::ZERO, Duration::ZERO);
        };
        let attempt = Attempt::new(&self.shared, step, session.as_ref(), self.sessions, interrupt);
        let ended = match select(Box::pin(attempt.outcome()), Box::pin(let_go)).await {
            Either::Left((Ok(outcome), _)) => Some(outcome),
            Either::Left((Err(Problem::Interrupted { .. }), _)) if attempt.has_changed() => {
                Some(Outcome::LetGo)
            }
            Either::Left((Err(Problem::Interrupted { .. }), _)) => Some(Outcome::Skipped),
            Either::Left((Err(problem), _)) => Some(Outcome::Failed { problem }),
            Either::Right(((), _)) => None,
        };
        let outcome = ended.unwrap_or_else(|| {
            self.note_let_go(&attempt);
            Outcome::LetGo
        });
        self.ended(step, outcome, attempt.took(), attempt.remote())
    }

    fn note_let_go(&self, attempt: &Attempt<'_, C>) {
        let host = attempt.step.host.clone();
        let mut state = self.state();
        state.let_go.push(host.clone());
        let Some(running) = attempt.running() else { return };
        if let Some(pid) = running.pid {
            state.running.push((host.clone(), pid, running.purpose.clone()));
            self.shared.emit(Event::LetGo {
                host,
                pid,
                command: running.purpose,
            });
        } else {
            let text = format!(
                "{host}: {} was sent; whether it began is not known",
                running.purpose
            );
            self.shared.emit(Event::Warned { text });
        }
    }

    fn ended(&self, step: &Step, outcome: Outcome, took: Duration, remote: Duration) -> Outcome {
        self.shared.emit(Event::StepFinished {
            step: step.id.clone(),
            host: step.host.clone(),
            outcome: outcome.clone(),
            took,
            remote,
        });
        if matches!(outcome, Outcome::AlreadyDone | Outcome::Changed) {
            self.shared.did(&step.id);
        }
        self.open.send_if_modified(|open| open.remove(&step.id));
        outcome
    }

    /// Until a host can give what the step is about, or none will.
    async fn giver_of(&self, step: &Step) {
        for relay in &step.relays {
            if let Some(before) = &relay.after {
                self.end_of(before).await;
            }
            if self.shared.can_give(relay) {
                return;
            }
        }
    }

    /// Until a step has ended, however. One that is not in the plan has.
    async fn end_of(&self, step: &StepId) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this run.
        let _ = open.wait_for(|open| !open.contains(step)).await;
    }

    fn skip(&self, step: &Step) {
        self.state().report.skipped += 1;
        self.ended(step, Outcome::Skipped, Duration::ZERO, Duration::ZERO);
    }

    fn may_start(&self) -> bool {
        self.stop_level() == StopLevel::Running && !self.state().failed
    }

    pub(super) fn has_begun(&self) -> bool {
        self.shared.has_begun()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().report.interrupted
    }

    pub(super) fn stop_level(&self) -> StopLevel {
        *self.stop.borrow()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
