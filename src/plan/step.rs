//! One thing to do on one host. Steps are built with [`StepBuilder`](super::StepBuilder):
//! `Step::on(…).change(…).until(…)`.
//!
//! A step is a name, a title and an [`Action`], and an action holds what its kind needs and nothing else: only a change
//! writes files or destroys something, only a read gives a value, only a transfer has sources.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::pki::Order;
use crate::remote::wire::{Effect, RemoteCommand};
use crate::topology::HostName;
use crate::values::Slot;

/// A step's name, unique in its plan: `HOST/what`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl std::fmt::Display for StepId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// One thing to do on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub id: StepId,
    pub host: HostName,
    pub title: Cow<'static, str>,
    #[serde(flatten)]
    pub action: Action,
    /// What shows the cause when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<RemoteCommand>,
}

/// What is done. A request to the API server that hawser makes itself will be one more of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Waits for a condition; changes nothing.
    Wait { until: Check },
    /// Waits for an answer, and keeps it for what later steps send.
    Read {
        /// The question, whose standard output holds the value.
        until: Check,
        gives: Slot,
    },
    /// Changes something once; its exit status says whether it worked.
    Run(Change),
    /// Changes something once, unless the condition is met already, and waits for the condition.
    Ensure {
        #[serde(flatten)]
        change: Change,
        /// The condition: asked before, and polled after.
        until: Check,
    },
    /// The same with keys and certificates that are created in memory first.
    Issue {
        /// What is created; its bundle is what the change sends.
        creates: Box<Order>,
        #[serde(flatten)]
        change: Change,
        until: Check,
    },
    /// Brings the host an image.
    Transfer(Transfer),
}

/// Brings a host an image, from another host or from the workstation. Its scripts themselves say whether the image is
/// there, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// Sends it from the workstation.
    #[serde(flatten)]
    pub change: Change,
    /// The condition, asked if the scripts did not say.
    pub until: Check,
    /// Other hosts that may have it by then, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// A command that changes something, and what a person has to know of it before. What must still hold right before it
/// is sent (a precondition) belongs here, beside the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    #[serde(rename = "change")]
    pub command: RemoteCommand,
    /// How long it may take, in seconds.
    #[serde(rename = "timeout_s", serialize_with = "seconds")]
    pub timeout: Duration,
    pub files: Vec<FileChange>,
    /// What it takes away, or interrupts, and by which evidence: a line each. Of a command that
    /// [destroys](Effect::Destroys) something, and of no other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub destroys: Vec<String>,
}

/// A read-only question about a host: exit 0 is yes, 1 is not (yet), anything else is a failure to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The question; its last line of output says why not yet.
    pub command: RemoteCommand,
    /// How long it is polled before the step fails, in seconds.
    #[serde(rename = "deadline_s", serialize_with = "seconds")]
    pub deadline: Duration,
}

/// What a file would become, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    pub path: String,
    /// `user:group`.
    pub owner: String,
    #[serde(serialize_with = "octal")]
    pub mode: u32,
    /// SHA-256 of the content with every secret masked, in hexadecimal.
    pub sha256: String,
    /// Unified diff against what is on the host; secrets masked.
    pub diff: String,
}

/// A host from which another gets an image. If that fails, the reason is reported, and the image comes from the
/// workstation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    pub host: HostName,
    /// The step by which that host gets it in this run; none where it has it already.
    pub after: Option<StepId>,
    /// Runs on the step's own host. Says a line when it is ready, and ends when all has arrived.
    pub receive: RemoteCommand,
    /// Runs on the source from then on.
    pub send: RemoteCommand,
}

impl Step {
    /// What shows the cause when it fails.
    #[must_use]
    pub fn diagnostics(mut self, command: RemoteCommand) -> Self {
        self.diagnostics = Some(command);
        self
    }

    /// What it changes; none if it only waits or reads.
    pub fn change(&self) -> Option<&Change> {
        match &self.action {
            Action::Wait { .. } | Action::Read { .. } => None,
            Action::Run(change)
            | Action::Ensure { change, .. }
            | Action::Issue { change, .. }
            | Action::Transfer(Transfer { change, .. }) => Some(change),
        }
    }

    /// Its condition; none if its exit status tells.
    pub fn until(&self) -> Option<&Check> {
        match &self.action {
            Action::Run(_) => None,
            Action::Wait { until }
            | Action::Read { until, .. }
            | Action::Ensure { until, .. }
            | Action::Issue { until, .. }
            | Action::Transfer(Transfer { until, .. }) => Some(until),
        }
    }

    pub fn effect(&self) -> Effect {
        self.change()
            .map_or(Effect::Reads, |change| change.command.effect())
    }

    pub fn files(&self) -> &[FileChange] {
        self.change().map_or(&[], |change| &change.files)
    }

    /// What it takes away, or interrupts, a line each.
    pub fn destroys(&self) -> &[String] {
        self.change().map_or(&[], |change| &change.destroys)
    }

    pub fn creates(&self) -> Option<&Order> {
        match &self.action {
            Action::Issue { creates, .. } => Some(creates),
            _ => None,
        }
    }

    /// Other hosts that may have what it brings, the best first.
    pub fn sources(&self) -> &[Source] {
        match &self.action {
            Action::Transfer(transfer) => &transfer.sources,
            _ => &[],
        }
    }

    /// The steps that it follows: it begins when the first of them is done, or all have ended.
    pub fn after_any(&self) -> impl Iterator<Item = &StepId> {
        let sources = self.sources().iter();
        // The first that needs no step is there.
        sources.map_while(|source| source.after.as_ref())
    }

    /// How many bytes the workstation sends beside the command, if it has to be done and each source works.
    pub fn bytes(&self) -> u64 {
        let sent = self.change().filter(|_| self.sources().is_empty());
        sent.and_then(|change| change.command.sent_bytes()).unwrap_or(0)
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}
