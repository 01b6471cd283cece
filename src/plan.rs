//! The plan: everything that will be done, decided before anything is. It can be printed, compared and saved,
//! and the engine does exactly it.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::archive::Single;
use crate::pki::Order;
use crate::remote::RemoteCommand;
use crate::topology::HostName;
use crate::values::Slot;

/// A read-only question about a host: exit 0 is yes, 1 is not (yet), anything else is a failure to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The question; its last line of output says why not yet.
    pub command: RemoteCommand,
    /// How long it is polled after the change before the step fails, in seconds.
    #[serde(rename = "deadline_s", serialize_with = "seconds")]
    pub deadline: Duration,
}

/// What a file would become, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Absolute path on the host.
    pub path: String,
    /// `user:group`.
    pub owner: String,
    /// Permission bits.
    #[serde(serialize_with = "octal")]
    pub mode: u32,
    /// SHA-256 of the content with every secret masked, in hexadecimal.
    pub sha256: String,
    /// Unified diff against what is on the host; secrets masked.
    pub diff: String,
}

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
    /// Its name.
    pub id: StepId,
    /// Where it is done.
    pub host: HostName,
    /// What it does, in the imperative.
    pub describe: Cow<'static, str>,
    /// The command that changes something; none where the step only waits or asks.
    pub change: Option<RemoteCommand>,
    /// How long the change may take, in seconds.
    #[serde(rename = "timeout_s", serialize_with = "seconds")]
    pub timeout: Duration,
    /// When it is so: asked before (then the step is already done) and after (polled to its deadline).
    /// None where the change tells by its own exit status. Where the change looks itself, see [`Step::looks_itself`].
    pub done_when: Option<Check>,
    /// Which value the standard output of the check that said yes (or, without a check, of the change) gives:
    /// [`Slot::CaHash`], computed from the CA certificate, or the files of a bundle, [`Slot::Files`].
    pub captures: Option<Slot>,
    /// Certificates that are made in memory before it, for what it sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makes: Option<Order>,
    /// The files it writes.
    pub files: Vec<FileChange>,
    /// Which file holds the story of a failure, for the command that shows it.
    pub on_failure: Option<RemoteCommand>,
    /// Other hosts that may have, by then, what the change would send from the workstation, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Relay>,
    /// Whether the change looks itself whether the step is done, before and after: it says [`THERE`](crate::remote::images::THERE)
    /// when it is, and before that [`READY`](crate::remote::images::READY) when it was not. Only where it does not say so the
    /// question is asked.
    #[serde(skip)]
    pub looks_itself: bool,
    /// Whether it takes away what commands on other hosts may be using: not done where one of them was let go.
    #[serde(skip)]
    pub ends_for_all: bool,
}

impl Step {
    /// A step that does nothing yet; `what` names it among the host's steps.
    pub fn on(host: &HostName, what: &str, describe: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id: StepId(format!("{host}/{what}")),
            host: host.clone(),
            describe: describe.into(),
            change: None,
            timeout: Duration::from_secs(60),
            done_when: None,
            captures: None,
            makes: None,
            files: Vec::new(),
            on_failure: None,
            relays: Vec::new(),
            looks_itself: false,
            ends_for_all: false,
        }
    }

    /// What it changes, and how long that may take.
    #[must_use]
    pub fn change(mut self, command: RemoteCommand, timeout: Duration) -> Self {
        self.change = Some(command);
        self.timeout = timeout;
        self
    }

    /// When it is so, and how long that is waited for.
    #[must_use]
    pub fn done_when(mut self, command: RemoteCommand, deadline: Duration) -> Self {
        self.done_when = Some(Check { command, deadline });
        self
    }

    /// Which value its output gives.
    #[must_use]
    pub fn captures(mut self, slot: Slot) -> Self {
        self.captures = Some(slot);
        self
    }

    /// Which certificates are made before it.
    #[must_use]
    pub fn makes(mut self, order: Order) -> Self {
        self.makes = Some(order);
        self
    }

    /// A file it writes.
    #[must_use]
    pub fn writes(mut self, file: FileChange) -> Self {
        self.files.push(file);
        self
    }

    /// Which host is asked first for what the change sends.
    #[must_use]
    pub fn relayed(mut self, relays: Vec<Relay>) -> Self {
        self.relays = relays;
        self
    }

    /// It takes away what commands on other hosts may be using.
    #[must_use]
    pub fn ends_for_all(mut self) -> Self {
        self.ends_for_all = true;
        self
    }

    /// Its change looks itself whether it is done.
    #[must_use]
    pub fn looks_itself(mut self) -> Self {
        self.looks_itself = true;
        self
    }

    /// What shows the story of a failure.
    #[must_use]
    pub fn on_failure(mut self, command: RemoteCommand) -> Self {
        self.on_failure = Some(command);
        self
    }
}

/// Something goes from host to host. Where that fails, the reason is told, and the step's change is done instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relay {
    /// The host that gives it.
    pub from: HostName,
    /// The step by which that host gets it in this run; none where it has it already.
    pub after: Option<StepId>,
    /// Runs on the step's own host, which is not asked before whether the step is done: it looks itself, before and after.
    /// Says a line when it is ready, and ends when all has arrived.
    pub receive: RemoteCommand,
    /// Runs on the giving host from then on.
    pub pass_on: RemoteCommand,
}

/// Steps in order; the first failure ends the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The host it is about (a step of it may run elsewhere, as a balancer lets a control plane in).
    pub subject: HostName,
    /// Whether its failure ends the run.
    pub necessity: Necessity,
    /// In order.
    pub steps: Vec<Step>,
}

/// Whether the run can go on without a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Necessity {
    /// Control planes, etcd, balancers: nothing new starts after a failure.
    Required,
    /// A worker: counted against `--max-unreachable-workers`.
    MayLag,
    /// Images that hosts are sent for their own sake: a problem of the run, which keeps no other chain back.
    Apart,
    /// A proof that may fail for a reason that hawser cannot see: told, and nothing else.
    Advisory,
}

/// Chains of which at most `width` run at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// At least 1.
    pub width: usize,
    /// Started in order.
    pub chains: Vec<Chain>,
}

/// Lanes that run beside each other; the next phase starts when all have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What it is for.
    pub name: Cow<'static, str>,
    /// Run beside each other.
    pub lanes: Vec<Lane>,
}

impl Phase {
    /// Its steps, in the order in which they are listed.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lanes
            .iter()
            .flat_map(|lane| &lane.chains)
            .flat_map(|chain| &chain.steps)
    }

    /// How many bytes of images go out from the workstation, if each step has to be done and each relay works.
    pub fn bytes(&self) -> u64 {
        let changes = self.steps().filter(|step| step.relays.is_empty());
        let images = changes.filter_map(|step| step.change.as_ref()?.sends());
        images.map(Single::size).sum()
    }
}

/// Something the operator should know that no step does anything about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// One sentence, or a few lines.
    pub text: String,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Should be looked at.
    Warning,
}

/// Everything that will be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The cluster's name.
    pub cluster: String,
    /// What it is about, in order.
    pub phases: Vec<Phase>,
    /// Done at the end whatever happened: transient secrets go.
    pub closing: Vec<Step>,
    /// What no step does anything about.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether nothing would be changed.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The steps of all phases, in order; closing steps not counted.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(Phase::steps)
    }

    /// The steps that change something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps().filter(|step| step.change.is_some())
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}
