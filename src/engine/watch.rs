//! What is seen of an attempt from outside, also when it is let go: what runs, for how long, what became of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::remote::wire::RemoteCommand;

/// What is seen of an attempt from outside.
#[derive(Default)]
pub(super) struct Watch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    running: Option<Running>,
    remote: Duration,
    waiting_since: Option<Instant>,
    waited: Duration,
    has_changed: bool,
    unknown: Option<String>,
}

/// A command that runs on the host right now.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) purpose: String,
    pub(super) pid: Option<u32>,
    changes_since: Option<Instant>,
}

impl Watch {
    /// What runs right now; asked when the attempt has been let go.
    pub(super) fn running(&self) -> Option<Running> {
        self.seen().running.clone()
    }

    /// How long changing commands have run.
    pub(super) fn remote(&self) -> Duration {
        let seen = self.seen();
        let since = seen.running.as_ref().and_then(|running| running.changes_since);
        seen.remote + elapsed(since)
    }

    /// How long a condition was waited for.
    pub(super) fn waited(&self) -> Duration {
        let seen = self.seen();
        seen.waited + elapsed(seen.waiting_since)
    }

    /// Whether a command was sent that changes something.
    pub(super) fn has_changed(&self) -> bool {
        self.seen().has_changed
    }

    /// The command that was sent to change something, and of which nobody saw the end: it may still run.
    pub(super) fn unknown(&self) -> Option<String> {
        self.seen().unknown.clone()
    }

    /// What became of the change could not be seen, or is known by now.
    pub(super) fn set_unknown(&self, command: Option<&RemoteCommand>) {
        self.seen().unknown = command.map(|command| command.purpose().to_owned());
    }

    pub(super) fn begin(&self, command: &RemoteCommand) {
        let changes = command.effect().changes();
        let mut seen = self.seen();
        seen.has_changed |= changes;
        seen.running = Some(Running {
            purpose: command.purpose().to_owned(),
            pid: None,
            changes_since: changes.then(Instant::now),
        });
    }

    /// It runs as this process.
    pub(super) fn set_pid(&self, pid: u32) {
        if let Some(running) = &mut self.seen().running {
            running.pid = Some(pid);
        }
    }

    pub(super) fn end(&self) {
        let remote = self.remote();
        let mut seen = self.seen();
        seen.remote = remote;
        seen.running = None;
    }

    /// A condition is waited for, since then.
    pub(super) fn begin_waiting(&self, since: Instant) {
        self.seen().waiting_since.get_or_insert(since);
    }

    /// It is waited for no more.
    pub(super) fn end_waiting(&self) {
        let waited = self.waited();
        let mut seen = self.seen();
        seen.waited = waited;
        seen.waiting_since = None;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn elapsed(since: Option<Instant>) -> Duration {
    since.map_or(Duration::ZERO, |since| since.elapsed())
}
