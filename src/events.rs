//! What happened, past tense: the one stream from which the terminal, the JSON lines, the run log and the exit
//! code are made, so that they cannot disagree.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::error::Problem;
use crate::plan::{PhaseName, StepId};
use crate::topology::HostName;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    RunStarted {
        /// The cluster's name.
        cluster: String,
        /// Sortable and unique: `20261122T161800Z-1234`.
        run: String,
        /// How many hosts it is about.
        hosts: usize,
    },
    /// A host was reached and logged in to.
    HostConnected {
        host: HostName,
        /// From the first packet to the accepted login.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
    },
    /// A host could not be reached; whether that matters is the plan's to say.
    HostUnreachable { host: HostName, reason: String },
    /// A host answered the probe.
    HostObserved { host: HostName },
    PhaseStarted {
        phase: PhaseName,
        /// How many steps it has.
        steps: usize,
        /// How many bytes of images this workstation sends in it, if each has to be sent.
        bytes: u64,
    },
    StepStarted {
        step: StepId,
        host: HostName,
        title: String,
    },
    /// A running command printed a line; redacted.
    OutputLine {
        step: StepId,
        host: HostName,
        /// One line without its end.
        line: String,
    },
    /// Some of an image was sent to a host. At most once a second for a step, and at its end.
    ImageSent {
        step: StepId,
        host: HostName,
        /// How much of it so far.
        bytes: u64,
        /// How large it is.
        of: u64,
        /// Since it began.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
    },
    /// Some of an image came from another host. At the start, and at most once a second for a step.
    ImageReceived {
        step: StepId,
        host: HostName,
        from: HostName,
        /// How much of it so far.
        bytes: u64,
        /// Since the step began.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
    },
    /// A condition is not true yet.
    StillWaiting {
        step: StepId,
        host: HostName,
        /// Why not yet.
        reason: String,
        /// Since when.
        #[serde(rename = "waited_s", serialize_with = "seconds")]
        waited: Duration,
    },
    StepFinished {
        step: StepId,
        host: HostName,
        #[serde(flatten)]
        outcome: Outcome,
        /// How long it took.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
        /// How long of that a changing command ran on the host.
        #[serde(rename = "remote_s", serialize_with = "seconds")]
        remote: Duration,
        /// How long of that its condition was waited for: after a change, or from its first question if the answer was
        /// "not yet".
        #[serde(rename = "waited_s", serialize_with = "seconds")]
        waited: Duration,
    },
    PhaseFinished {
        phase: PhaseName,
        /// How long it took.
        #[serde(rename = "took_s", serialize_with = "seconds")]
        took: Duration,
    },
    /// A message that is no failure.
    Warning {
        /// One sentence, or a few lines.
        text: String,
    },
    /// The operator asked to stop: running steps finish, nothing new starts.
    StopRequested,
    /// The operator asked again: a command is left running on its host.
    Detached {
        host: HostName,
        /// The process that still runs there.
        pid: u32,
        command: String,
    },
    /// The one last event of every run, also of a failed or interrupted one. `cli::apply` sends it; `cli::watchers`
    /// passes it to `report::plain` or `report::terminal`, which end with `report::summary`.
    RunFinished {
        /// How it went.
        report: Report,
    },
}

impl Event {
    /// Every text in it that may hold output of a host, to be changed in place.
    pub fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Event::HostUnreachable { reason: text, .. }
            | Event::StepStarted { title: text, .. }
            | Event::OutputLine { line: text, .. }
            | Event::StillWaiting { reason: text, .. }
            | Event::Warning { text }
            | Event::Detached { command: text, .. } => vec![text],
            Event::StepFinished {
                outcome: Outcome::Failed { problem },
                ..
            } => problem.texts(),
            Event::RunFinished { report } => report.problems.iter_mut().flat_map(Problem::texts).collect(),
            Event::RunStarted { .. }
            | Event::HostConnected { .. }
            | Event::HostObserved { .. }
            | Event::PhaseStarted { .. }
            | Event::ImageSent { .. }
            | Event::ImageReceived { .. }
            | Event::StepFinished { .. }
            | Event::PhaseFinished { .. }
            | Event::StopRequested => Vec::new(),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Its condition was true before.
    Unchanged,
    /// It was done, and checked.
    Changed,
    /// A value was read, or a condition became true.
    Ok,
    Failed {
        /// What went wrong.
        problem: Problem,
    },
    /// The operator asked twice to stop, or once while only its effect was waited for: how it ends is not known.
    Detached,
    /// It did not start, or was only waiting for something, as something before it failed
    /// or the operator asked to stop.
    Skipped,
}

/// How a run went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Steps that changed something.
    pub changed: usize,
    /// Steps whose condition was true before.
    pub unchanged: usize,
    /// Steps that did not start.
    pub skipped: usize,
    /// What went wrong, in order.
    pub problems: Vec<Problem>,
    /// Workers that are left to the next run (`--max-unreachable-workers`).
    pub tolerated: Vec<HostName>,
    /// Name and duration of each phase, in order.
    pub phases: Vec<PhaseTime>,
    /// The whole run.
    #[serde(rename = "took_s", serialize_with = "seconds")]
    pub took: Duration,
    /// The part of it in which no changing command ran and no step waited for a condition: connecting, probing, and
    /// checking what is already done.
    #[serde(rename = "overhead_s", serialize_with = "seconds")]
    pub overhead: Duration,
    /// The operator asked to stop.
    pub interrupted: bool,
    /// What the run log holds is there.
    pub log: Option<String>,
}

impl Report {
    /// Of a run that ended before anything was begun.
    pub fn of(problem: Problem) -> Self {
        Self {
            interrupted: matches!(problem, Problem::Interrupted { .. }),
            problems: vec![problem],
            ..Self::default()
        }
    }
}

/// How long a phase took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseTime {
    pub phase: PhaseName,
    /// From its first step's start to its last step's end.
    #[serde(rename = "took_s", serialize_with = "seconds")]
    pub took: Duration,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}
