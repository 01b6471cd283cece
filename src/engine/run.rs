//! What may start next: phases in order, lanes beside each other, chains up to their lane's width.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{Either, join_all, select};
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::Instant;

use super::attempt::Attempt;
use super::resources::{Options, Resources, Transport, ValueSource};
use super::shared::Shared;
use super::state::State;
use super::stop::{self, StopLevel};
use crate::error::Problem;
use crate::events::{Event, Outcome, PhaseTime, Report};
use crate::plan::{Chain, Lane, Phase, PhaseName, Plan, Step};
use crate::remote::wire::connection::Connection;
use crate::topology::HostName;

/// Does what the plan says, and reports how it went.
///
/// The caller sends what comes before (`RunStarted`, the hosts' connections); this sends the rest. Every step of the
/// plan ends in exactly one `StepFinished`, and the caller ends the run with `RunFinished`, after whatever it still
/// looks at.
pub async fn execute<C: Connection>(
    plan: &Plan,
    sessions: &BTreeMap<HostName, Arc<C>>,
    resources: Resources<C>,
    options: Options,
    events: UnboundedSender<Event>,
) -> Report {
    let run = Run::new(sessions, resources, options, events);
    let phases = Box::pin(run.phases(&plan.phases));
    let announce = Box::pin(run.announce_stop());
    if let Either::Right(((), phases)) = select(phases, announce).await {
        phases.await;
    }
    // Nothing is left behind where nothing was begun.
    if run.has_begun() || !run.is_interrupted() {
        run.clean_up(&plan.cleanup).await;
    }
    run.finish()
}

pub(super) struct Run<'a, C> {
    pub(super) sessions: &'a BTreeMap<HostName, Arc<C>>,
    pub(super) shared: Shared,
    pub(super) stop: watch::Receiver<StopLevel>,
    source: Arc<dyn ValueSource>,
    transport: Arc<dyn Transport<C>>,
    started: Instant,
    state: Mutex<State>,
}

pub(super) struct Extent {
    pub(super) steps: usize,
    pub(super) bytes: u64,
}

#[derive(Default, Clone, Copy)]
struct Times {
    took: Duration,
    remote: Duration,
    waited: Duration,
}

impl<'a, C: Connection> Run<'a, C> {
    pub(super) fn new(
        sessions: &'a BTreeMap<HostName, Arc<C>>,
        resources: Resources<C>,
        options: Options,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self {
            sessions,
            shared: Shared::new(resources.values, events),
            stop: options.stop,
            source: resources.source,
            transport: resources.transport,
            started: Instant::now(),
            state: Mutex::new(State::new(options.so_far, options.max_tolerated)),
        }
    }

    /// Reports once that the operator asked to stop.
    pub(super) async fn announce_stop(&self) {
        stop::reaches(&self.stop, StopLevel::Finish).await;
        self.shared.emit(Event::StopRequested);
    }

    pub(super) async fn phases(&self, phases: &[Phase]) {
        let steps = phases.iter().flat_map(Phase::steps);
        self.shared.expect(steps.map(|step| &step.id));
        for phase in phases {
            self.phase(phase).await;
        }
        let lost: Vec<Problem> = self.lost().collect();
        let mut state = self.state();
        for problem in lost {
            state.lose_lock(problem);
        }
        if self.stop_level() > StopLevel::Running {
            state.interrupt();
        }
    }

    /// The end of the plan: everything is reported but the run's own end.
    pub(super) fn finish(self) -> Report {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut report = state.into_report(&self.shared);
        report.took += self.started.elapsed();
        report
    }

    async fn phase(&self, phase: &Phase) {
        let extent = Extent {
            steps: phase.steps().count(),
            bytes: phase.bytes(),
        };
        if extent.steps == 0 {
            return;
        }
        if !self.may_start() {
            phase.steps().for_each(|step| self.skip(step));
            return;
        }
        self.timed(phase.name, extent, async {
            join_all(phase.lanes.iter().map(|lane| self.lane(lane))).await;
        })
        .await;
    }

    /// Does a phase's work between its events.
    pub(super) async fn timed(&self, phase: PhaseName, extent: Extent, work: impl Future<Output = ()>) {
        let started = Instant::now();
        let Extent { steps, bytes } = extent;
        self.shared.emit(Event::PhaseStarted { phase, steps, bytes });
        work.await;
        let took = started.elapsed();
        self.shared.emit(Event::PhaseFinished { phase, took });
        self.state().add_phase(PhaseTime { phase, took });
    }

    async fn lane(&self, lane: &Lane) {
        stream::iter(&lane.chains)
            .for_each_concurrent(lane.width.max(1), |chain| self.chain(chain))
            .await;
    }

    async fn chain(&self, chain: &Chain) {
        // Who was left behind is left out from then on, to be taken up by a later run.
        let mut goes_on = !self.state().is_tolerated(&chain.subject);
        for step in &chain.steps {
            if goes_on && self.may_start() {
                let let_go = Box::pin(stop::reaches(&self.stop, StopLevel::Detach));
                let turn = Box::pin(self.shared.first_done(step.after_any()));
                drop(select(turn, let_go).await);
            }
            if !goes_on || !self.may_start() {
                self.skip(step);
                continue;
            }
            let let_go = stop::reaches(&self.stop, StopLevel::Detach);
            let outcome = self.step(step, Some(&self.stop), let_go).await;
            self.state().count(&outcome);
            goes_on = matches!(outcome, Outcome::Unchanged | Outcome::Changed | Outcome::Ok);
            if let Outcome::Failed { problem } = outcome {
                self.warn(self.state().fail_chain(chain, problem));
            }
        }
    }

    /// Does a step, unless it is let go. With `interrupt` it does not wait for what is not so yet once the operator
    /// asks to stop.
    pub(super) async fn step(
        &self,
        step: &Step,
        interrupt: Option<&watch::Receiver<StopLevel>>,
        let_go: impl Future<Output = ()>,
    ) -> Outcome {
        self.shared.emit(Event::StepStarted {
            step: step.id.clone(),
            host: step.host.clone(),
            title: step.title.to_string(),
        });
        let Some(session) = self.sessions.get(&step.host) else {
            let problem = Problem::MissingHosts {
                hosts: vec![(step.host.clone(), "there is no connection to it".to_owned())],
                because: format!("this run cannot {}", step.title),
            };
            return self.end(step, Outcome::Failed { problem }, Times::default());
        };
        let attempt = Attempt::new(&self.shared, step, session.as_ref(), self.sessions, interrupt);
        // In `perform`.
        let work = attempt.perform(self.source.as_ref(), self.transport.as_ref());
        let ended = match select(Box::pin(work), Box::pin(let_go)).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        };
        let watch = &attempt.watch;
        if let Some(purpose) = watch.unknown() {
            self.state().miss_end(step.host.clone(), purpose);
        }
        let outcome = match ended {
            Some(Ok(outcome)) => outcome,
            Some(Err(Problem::Interrupted { .. })) if watch.has_changed() => Outcome::Detached,
            Some(Err(Problem::Interrupted { .. })) => Outcome::Skipped,
            Some(Err(problem)) => Outcome::Failed { problem },
            None => {
                self.detach(&attempt);
                Outcome::Detached
            }
        };
        let times = Times {
            took: attempt.took(),
            remote: watch.remote(),
            waited: watch.waited(),
        };
        self.end(step, outcome, times)
    }

    fn end(&self, step: &Step, outcome: Outcome, times: Times) -> Outcome {
        self.shared.emit(Event::StepFinished {
            step: step.id.clone(),
            host: step.host.clone(),
            outcome: outcome.clone(),
            took: times.took,
            remote: times.remote,
            waited: times.waited,
        });
        if matches!(outcome, Outcome::Unchanged | Outcome::Changed) {
            self.shared.mark_done(&step.id);
        }
        self.shared.close_step(&step.id);
        outcome
    }

    fn skip(&self, step: &Step) {
        self.state().count(&Outcome::Skipped);
        self.end(step, Outcome::Skipped, Times::default());
    }

    /// Remembers what the operator has let go, and reports it.
    fn detach(&self, attempt: &Attempt<'_, C>) {
        let host = attempt.host().clone();
        self.state().detach(host.clone());
        let Some(running) = attempt.watch.running() else {
            return;
        };
        let purpose = running.purpose;
        let Some(pid) = running.pid else {
            let text = format!("{host}: {purpose} was sent; whether it started is unknown");
            return self.shared.warn(text);
        };
        self.state().leave_running(host.clone(), pid, purpose.clone());
        self.shared.emit(Event::Detached {
            host,
            pid,
            command: purpose,
        });
    }

    fn may_start(&self) -> bool {
        self.stop_level() == StopLevel::Running && !self.state().has_failed() && self.lost().next().is_none()
    }

    /// Why hosts may not be changed any more, whatever found that out.
    fn lost(&self) -> impl Iterator<Item = Problem> {
        self.sessions.values().filter_map(|session| session.lost())
    }

    pub(super) fn warn(&self, text: Option<String>) {
        if let Some(text) = text {
            self.shared.warn(text);
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.shared.has_begun()
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.state().is_interrupted()
    }

    pub(super) fn stop_level(&self) -> StopLevel {
        *self.stop.borrow()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
