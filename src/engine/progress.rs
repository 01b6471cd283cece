//! What is seen of an attempt from outside: what runs, for how long, what it says.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Attempt;
use crate::archive::Single;
use crate::events::Event;
use crate::remote::connection::{Connection, Progress};
use crate::remote::{Effect, RemoteCommand};

/// What is seen of an attempt from outside, also when it is let go.
#[derive(Default)]
pub(super) struct Watch {
    running: Option<Running>,
    remote: Duration,
    has_changed: bool,
}

/// A command that runs on the host right now.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) purpose: String,
    pub(super) pid: Option<u32>,
    changes_since: Option<Instant>,
}

impl<C: Connection> Attempt<'_, C> {
    /// What runs right now; asked when the attempt has been let go.
    pub(super) fn running(&self) -> Option<Running> {
        self.watch().running.clone()
    }

    /// How long changing commands have run.
    pub(super) fn remote(&self) -> Duration {
        let watch = self.watch();
        let since = watch.running.as_ref().and_then(|running| running.changes_since);
        watch.remote + since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long the step has been going on.
    pub(super) fn took(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether a command was sent that changes something.
    pub(super) fn has_changed(&self) -> bool {
        self.watch().has_changed
    }

    pub(super) fn begins(&self, command: &RemoteCommand) {
        let changes = command.effect() == Effect::Changes;
        if changes {
            self.shared.begins();
        }
        let mut watch = self.watch();
        watch.has_changed |= changes;
        watch.running = Some(Running {
            purpose: command.purpose().to_owned(),
            pid: None,
            changes_since: changes.then(Instant::now),
        });
    }

    pub(super) fn ended(&self) {
        let remote = self.remote();
        let mut watch = self.watch();
        watch.remote = remote;
        watch.running = None;
    }

    pub(super) fn progressed(&self, command: &RemoteCommand, progress: Progress) {
        match progress {
            Progress::Started(pid) => {
                if let Some(running) = &mut self.watch().running {
                    running.pid = Some(pid);
                }
            }
            Progress::Sent(bytes) => {
                self.shared.emit(Event::Sent {
                    step: self.step.id.clone(),
                    host: self.step.host.clone(),
                    bytes,
                    of: command.sends().map_or(bytes, Single::size),
                    took: self.took(),
                });
            }
            Progress::Line(line) if command.effect() == Effect::Changes && !self.is_signal(&line) => {
                self.shared.emit(Event::OutputLine {
                    step: self.step.id.clone(),
                    host: self.step.host.clone(),
                    line,
                });
            }
            Progress::Line(_) => {}
        }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
