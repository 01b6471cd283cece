//! One step on its host: the commands that are sent for it, and what is reported of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::Shared;
use super::stop::StopLevel;
use super::timeouts::QUESTION_LIMIT;
use super::watch::Watch;
use crate::error::{Problem, hints};
use crate::events::Event;
use crate::plan::{Step, StepId};
use crate::remote::wire::connection::{ANSWER_LINES, Connection, Exit, Output, Progress};
use crate::remote::wire::{MOVED, RemoteCommand};
use crate::topology::HostName;
use crate::values::Slot;

pub struct Attempt<'a, C> {
    pub(super) shared: &'a Shared,
    pub(super) step: &'a Step,
    session: &'a C,
    sessions: &'a BTreeMap<HostName, Arc<C>>,
    /// Whether the operator asked to stop; nobody can of a step that comes after that.
    pub(super) stop: Option<&'a watch::Receiver<StopLevel>>,
    started: Instant,
    pub(super) watch: Watch,
}

impl<'a, C: Connection> Attempt<'a, C> {
    pub(super) fn new(
        shared: &'a Shared,
        step: &'a Step,
        session: &'a C,
        sessions: &'a BTreeMap<HostName, Arc<C>>,
        stopping: Option<&'a watch::Receiver<StopLevel>>,
    ) -> Self {
        Self {
            shared,
            step,
            session,
            sessions,
            stop: stopping,
            started: Instant::now(),
            watch: Watch::default(),
        }
    }

    pub fn host(&self) -> &'a HostName {
        &self.step.host
    }

    pub fn id(&self) -> &'a StepId {
        &self.step.id
    }

    pub fn session(&self) -> &'a C {
        self.session
    }

    /// Another host; none if there is no connection to it.
    pub fn session_of(&self, host: &HostName) -> Option<&'a C> {
        self.sessions.get(host).map(Arc::as_ref)
    }

    pub fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether another step has ended, and it is as that says.
    pub fn is_done(&self, step: &StepId) -> bool {
        self.shared.is_done(step)
    }

    pub fn emit(&self, event: Event) {
        self.shared.emit(event);
    }

    /// Reports something that is no failure.
    pub fn warn(&self, text: String) {
        self.shared.warn(text);
    }

    pub fn report_waiting(&self, reason: &str, since: Instant) {
        self.emit(Event::StillWaiting {
            step: self.step.id.clone(),
            host: self.step.host.clone(),
            reason: reason.to_owned(),
            waited: since.elapsed(),
        });
    }

    /// Runs a command to its end. What it says is reported while it runs, if it changes something.
    pub async fn run(&self, command: &RemoteCommand, limit: Duration) -> Result<Output, Problem> {
        self.run_hiding(command, limit, |_| false).await
    }

    /// The same, and of what it says these lines are not reported.
    pub async fn run_hiding(
        &self,
        command: &RemoteCommand,
        limit: Duration,
        is_hidden: fn(&str) -> bool,
    ) -> Result<Output, Problem> {
        let wire = self
            .shared
            .wire(command)
            .map_err(|slot| self.unknown_value(slot))?;
        let (sender, mut progress) = unbounded_channel();
        let report = |progress| match progress {
            Progress::Line(line) if is_hidden(&line) => {}
            progress => self.report_progress(command, progress),
        };
        self.begin(command);
        let result = {
            // Of a host that is changed `lease::leased` is the session.
            let run = self.session.run(&wire, limit, Some(sender));
            tokio::pin!(run);
            loop {
                tokio::select! {
                    biased;
                    Some(progress) = progress.recv() => report(progress),
                    result = &mut run => break result,
                }
            }
        };
        // Not `try_recv`: see clippy.toml.
        progress.close();
        while let Some(progress) = progress.recv().await {
            report(progress);
        }
        self.end();
        if command.effect().changes() && result.as_ref().is_err_and(may_have_begun) {
            self.watch.set_unknown(Some(command));
        }
        // Of a command that did not end in time it holds the last lines.
        result.map_err(|problem| self.shared.redacted(self.titled(command, problem)))
    }

    /// A connection names a command by its purpose, the plan and the events name the step. A question keeps its
    /// purpose: that it has failed does not say that the step has.
    fn titled(&self, command: &RemoteCommand, mut problem: Problem) -> Problem {
        if let Problem::Step { what, .. } = &mut problem
            && command.effect().changes()
        {
            *what = self.step.title.to_string();
        }
        problem
    }

    /// A command is sent to the step's host by other means than [`Self::run`].
    pub fn begin(&self, command: &RemoteCommand) {
        if command.effect().changes() {
            self.shared.mark_changed();
        }
        self.watch.begin(command);
    }

    pub fn end(&self) {
        self.watch.end();
    }

    /// Reports what a running command says, if it changes something.
    pub fn report_progress(&self, command: &RemoteCommand, progress: Progress) {
        match progress {
            Progress::Started(pid) => self.watch.set_pid(pid),
            Progress::Sent(bytes) => self.emit(Event::ImageSent {
                step: self.step.id.clone(),
                host: self.step.host.clone(),
                bytes,
                of: command.sent_bytes().unwrap_or(bytes),
                took: self.took(),
            }),
            Progress::Line(line) if command.effect().changes() => self.emit(Event::OutputLine {
                step: self.step.id.clone(),
                host: self.step.host.clone(),
                line,
            }),
            Progress::Line(_) => {}
        }
    }

    /// `Err` if a command has not ended with success.
    pub(super) async fn fail_unless_success(&self, output: &Output) -> Result<(), Problem> {
        if output.is_success() {
            return Ok(());
        }
        let answer = output.last_lines(ANSWER_LINES);
        Err(self.exit_failure_with_diagnostics(&output.exit, answer).await)
    }

    /// The problem of a step whose command has not ended with success: with its last lines, and the cause on the host.
    pub async fn exit_failure_with_diagnostics(&self, exit: &Exit, answer: Vec<String>) -> Problem {
        match answer.iter().find(|line| line.starts_with(MOVED)) {
            Some(moved) => self.changed_since_plan(moved.clone()),
            None => self.failure_with_diagnostics(describe_exit(exit), answer).await,
        }
    }

    /// The problem of a step that failed, with the cause as the host shows it.
    pub async fn failure_with_diagnostics(&self, how: String, mut answer: Vec<String>) -> Problem {
        let took = self.took();
        let cause = self.diagnose().await;
        let hint = hints::hint_of_step(&self.step.host, &answer, &cause);
        answer.extend(cause);
        Problem::Step {
            host: self.step.host.clone(),
            what: self.step.title.to_string(),
            how,
            took,
            answer,
            hint,
        }
    }

    /// The problem of a step that was not done, since its host is not any more as the plan saw it.
    fn changed_since_plan(&self, answer: String) -> Problem {
        Problem::Step {
            host: self.step.host.clone(),
            what: self.step.title.to_string(),
            how: "not started".to_owned(),
            took: self.took(),
            answer: vec![answer],
            hint: Some("run `hawser plan`, which probes the hosts again".to_owned()),
        }
    }

    /// Each subject chooses one of `remote::diagnostics::commands` for its steps.
    async fn diagnose(&self) -> Vec<String> {
        let Some(command) = &self.step.diagnostics else {
            return Vec::new();
        };
        match self.run(command, QUESTION_LIMIT).await {
            Ok(output) => output.last_lines(DIAGNOSTIC_LINES),
            Err(problem) => vec![format!("{}: {}", command.purpose(), problem.headline())],
        }
    }

    pub(super) fn unknown_value(&self, slot: Slot) -> Problem {
        self.unreadable_value(slot, "no earlier step has read it".to_owned())
    }

    pub(super) fn unreadable_value(&self, slot: Slot, cause: String) -> Problem {
        self.undetermined(slot.mask().trim_matches(['<', '>']), cause)
    }

    pub(super) fn undetermined(&self, what: &str, cause: String) -> Problem {
        Problem::Probe {
            host: self.step.host.clone(),
            what: what.to_owned(),
            cause,
        }
    }
}

/// Whether a command that came to no end may run all the same: not where no channel was opened for it, and not behind a
/// fence that let nothing through.
fn may_have_begun(problem: &Problem) -> bool {
    !matches!(problem, Problem::Unreachable { .. } | Problem::LockLost { .. })
}

pub fn describe_exit(exit: &Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(name) => format!("killed by {name}"),
    }
}

/// What the command that shows the cause of a failure may add: causes, kubelet's last lines and those of four pods.
const DIAGNOSTIC_LINES: usize = 50;
