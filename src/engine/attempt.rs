//! One step on its host: asked whether it is done, done once, and checked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{SemaphorePermit, watch};
use tokio::time::Instant;

use super::progress::Watch;
use super::relay::{self, Relayed};
use super::shared::{Shared, UNPACKED_AT_ONCE};
use super::stop::StopLevel;
use crate::archive::Single;
use crate::error::{Problem, hints};
use crate::events::{Event, Outcome};
use crate::plan::{Check, Step};
use crate::remote::connection::{Connection, Exit, Output};
use crate::remote::images::is_signal;
use crate::remote::{Effect, RemoteCommand};
use crate::topology::HostName;
use crate::values::Slot;

/// A step that is being done.
pub(super) struct Attempt<'a, C> {
    pub(super) shared: &'a Shared,
    pub(super) step: &'a Step,
    pub(super) session: &'a C,
    /// All hosts, as another one may give what this one is to get.
    pub(super) others: &'a BTreeMap<HostName, Arc<C>>,
    /// Whether the operator asked to stop; nobody can of a step that comes after that.
    pub(super) stop: Option<&'a watch::Receiver<StopLevel>>,
    pub(super) started: Instant,
    pub(super) watch: Mutex<Watch>,
}

impl<'a, C: Connection> Attempt<'a, C> {
    pub(super) fn new(
        shared: &'a Shared,
        step: &'a Step,
        session: &'a C,
        others: &'a BTreeMap<HostName, Arc<C>>,
        interrupt: Option<&'a watch::Receiver<StopLevel>>,
    ) -> Self {
        Self {
            shared,
            step,
            session,
            others,
            stop: interrupt,
            started: Instant::now(),
            watch: Mutex::default(),
        }
    }

    /// Does the step.
    pub(super) async fn outcome(&self) -> Result<Outcome, Problem> {
        if let Some(order) = &self.step.makes {
            self.shared.make(order).await?;
        }
        self.all_slots_known()?;
        match (&self.step.change, &self.step.done_when) {
            (None, None) => Ok(Outcome::Ok),
            (None, Some(check)) => {
                let output = self.until(check).await?;
                self.capture(&output)?;
                Ok(Outcome::Ok)
            }
            (Some(change), None) => {
                let output = self.send(change, self.step.timeout).await?;
                self.succeeded(&output).await?;
                self.capture(&output)?;
                Ok(Outcome::Changed)
            }
            (Some(change), Some(check)) => self.change_unless_done(change, check).await,
        }
    }

    async fn change_unless_done(&self, change: &RemoteCommand, check: &Check) -> Result<Outcome, Problem> {
        let mut relays = self.step.relays.iter();
        let relayed = match relays.find(|relay| self.shared.can_give(relay)) {
            Some(relay) => self.relayed(relay, check).await?,
            None => Relayed::Untried,
        };
        match relayed {
            Relayed::Done(outcome) => return Ok(outcome),
            Relayed::NotThere => {}
            Relayed::Untried if self.step.looks_itself => {}
            Relayed::Untried => {
                if let Some(output) = self.already(check).await? {
                    self.capture(&output)?;
                    return Ok(Outcome::AlreadyDone);
                }
            }
        }
        self.go_on()?;
        let output = match self.send(change, self.step.timeout).await {
            Ok(output) => {
                self.succeeded(&output).await?;
                if self.step.looks_itself
                    && let Some(outcome) = relay::seen(&output)
                {
                    return Ok(outcome);
                }
                let _gets_ready = self.shared.meter.in_flight();
                self.until(check).await?
            }
            Err(unknown) => self.settled(check, unknown).await?,
        };
        self.capture(&output)?;
        Ok(Outcome::Changed)
    }

    /// What became of a change whose end nobody saw: it is done, if the check says so in time.
    async fn settled(&self, check: &Check, mut unknown: Problem) -> Result<Output, Problem> {
        let text = format!(
            "{}; looking at the host for what became of it",
            unknown.headline()
        );
        self.shared.emit(Event::Warned { text });
        let _gets_ready = self.shared.meter.in_flight();
        match self.until(check).await {
            Ok(output) => return Ok(output),
            Err(Problem::Step { answer: story, .. }) => {
                if let Problem::Step { answer, .. } = &mut unknown {
                    answer.extend(story);
                }
            }
            Err(_) => {}
        }
        Err(unknown)
    }

    async fn succeeded(&self, output: &Output) -> Result<(), Problem> {
        match &output.exit {
            Exit::Code(0) => Ok(()),
            exit => Err(self
                .failed(how(exit), self.last_words(output, ANSWER_LINES))
                .await),
        }
    }

    pub(super) fn is_signal(&self, line: &str) -> bool {
        (self.step.looks_itself || !self.step.relays.is_empty()) && is_signal(line)
    }

    /// The last lines of an output that are for people.
    pub(super) fn last_words(&self, output: &Output, count: usize) -> Vec<String> {
        let mut lines = output.last_lines(usize::MAX);
        lines.retain(|line| !self.is_signal(line));
        lines.split_off(lines.len().saturating_sub(count))
    }

    /// The problem of a step that failed, with the story that the host tells.
    pub(super) async fn failed(&self, how: String, mut answer: Vec<String>) -> Problem {
        let took = self.started.elapsed();
        let story = self.story().await;
        let hint = hints::hint_of_step(&self.step.host, &answer, &story);
        answer.extend(story);
        Problem::Step {
            host: self.step.host.clone(),
            what: self.step.describe.to_string(),
            how,
            took,
            answer,
            hint,
        }
    }

    async fn story(&self) -> Vec<String> {
        let Some(command) = &self.step.on_failure else {
            return Vec::new();
        };
        match self.send(command, QUESTION_LIMIT).await {
            Ok(output) => output.last_lines(STORY_LINES),
            Err(problem) => vec![format!("{}: {}", command.purpose(), problem.headline())],
        }
    }

    /// Runs a command to its end. What it says is told while it runs, if it changes something.
    pub(super) async fn send(&self, command: &RemoteCommand, limit: Duration) -> Result<Output, Problem> {
        let wire = self
            .shared
            .wire(command)
            .map_err(|slot| self.unknown_value(slot))?;
        let _turn = self.turn(command).await;
        let (sender, mut progress) = unbounded_channel();
        let _in_flight = (command.effect() == Effect::Changes).then(|| self.shared.meter.in_flight());
        self.begins(command);
        let result = {
            let run = self.session.run(&wire, limit, Some(sender));
            tokio::pin!(run);
            loop {
                tokio::select! {
                    biased;
                    Some(progress) = progress.recv() => self.progressed(command, progress),
                    result = &mut run => break result,
                }
            }
        };
        // Not `try_recv`: see clippy.toml.
        progress.close();
        while let Some(progress) = progress.recv().await {
            self.progressed(command, progress);
        }
        self.ended();
        // Of a command that did not end in time it holds the last lines.
        result.map_err(|problem| self.shared.redacted(problem))
    }

    /// Waits until one host more may be sent something of an archive that has to be unpacked for it.
    async fn turn(&self, command: &RemoteCommand) -> Option<SemaphorePermit<'_>> {
        let is_packed = command.sends().is_some_and(Single::is_packed);
        if !is_packed {
            return None;
        }
        let turns = &self.shared.unpacking;
        if turns.available_permits() == 0 {
            let reason = format!("a packed archive goes to {UNPACKED_AT_ONCE} hosts at once");
            self.tell(&reason, Instant::now());
        }
        turns.acquire().await.ok()
    }

    fn all_slots_known(&self) -> Result<(), Problem> {
        let check = self.step.done_when.as_ref().map(|check| &check.command);
        for command in self.step.change.iter().chain(check) {
            self.shared
                .wire(command)
                .map_err(|slot| self.unknown_value(slot))?;
        }
        Ok(())
    }

    fn unknown_value(&self, slot: Slot) -> Problem {
        self.cannot_tell(
            slot.mask().trim_matches(['<', '>']).to_owned(),
            "no step before has told it".to_owned(),
        )
    }

    fn capture(&self, output: &Output) -> Result<(), Problem> {
        let Some(slot) = self.step.captures else {
            return Ok(());
        };
        self.shared
            .capture(slot, output)
            .map_err(|cause| self.cannot_tell(slot.mask().trim_matches(['<', '>']).to_owned(), cause))
    }

    pub(super) fn cannot_tell(&self, what: String, cause: String) -> Problem {
        Problem::Probe {
            host: self.step.host.clone(),
            what,
            cause,
        }
    }
}

/// How a command ended, in a few words.
pub(super) fn how(exit: &Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(name) => format!("killed by {name}"),
    }
}

/// A question is answered within a second; a host that swaps, or whose API server starts, takes longer.
pub(super) const QUESTION_LIMIT: Duration = Duration::from_secs(30);

/// Enough for kubeadm's own account of a failure, which is about fifteen lines.
pub(super) const ANSWER_LINES: usize = 20;

/// What the command that tells the story of a failure may add: causes, kubelet's last lines and those of four pods.
const STORY_LINES: usize = 50;
