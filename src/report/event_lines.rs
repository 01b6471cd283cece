//! Each event as one line of text, for what is not a live display.

use std::collections::BTreeMap;

use super::paint::duration;
use crate::error::sanitize::{sanitize_line, sanitize_text};
use crate::events::{Event, Outcome};
use crate::plan::StepId;
use crate::topology::HostName;

/// Who needs to see a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Only the log.
    Detail,
    /// Who follows the run.
    Normal,
}

pub(super) struct Line {
    pub(super) weight: Weight,
    pub(super) host: Option<HostName>,
    pub(super) text: String,
}

/// Writes events as lines; remembers what each running step does, which its end does not say.
#[derive(Default)]
pub(super) struct EventLines {
    titles: BTreeMap<StepId, String>,
}

impl EventLines {
    /// The event as text, sanitised; the run's end is the summary's to tell.
    pub(super) fn line(&mut self, event: &Event) -> Line {
        let (weight, host, text) = match event {
            Event::RunStarted { cluster, run, hosts } => {
                (Weight::Normal, None, started(cluster, run, *hosts))
            }
            Event::HostConnected { host, took } => (
                Weight::Normal,
                Some(host),
                format!("connected ({})", duration(*took)),
            ),
            Event::HostUnreachable { host, reason } => {
                (Weight::Normal, Some(host), format!("unreachable: {reason}"))
            }
            Event::HostObserved { host } => (Weight::Detail, Some(host), "observed".to_owned()),
            Event::PhaseStarted { phase, steps, .. } => {
                (Weight::Normal, None, format!("== {phase}{}", steps_of(*steps)))
            }
            Event::StepStarted { step, host, title } => {
                self.titles.insert(step.clone(), title.clone());
                (Weight::Normal, Some(host), format!("{title} …"))
            }
            Event::OutputLine { host, line, .. } => (Weight::Detail, Some(host), format!("| {line}")),
            Event::ImageSent {
                step,
                host,
                bytes,
                of,
                took,
            } => {
                let text = format!(
                    "{}: {} after {}",
                    self.title(step),
                    sent(*bytes, *of),
                    duration(*took)
                );
                (Weight::Detail, Some(host), text)
            }
            Event::ImageReceived {
                step,
                host,
                from,
                bytes,
                took,
            } => {
                let text = format!(
                    "{}: {} after {}",
                    self.title(step),
                    received(*bytes, from),
                    duration(*took)
                );
                (Weight::Detail, Some(host), text)
            }
            Event::StillWaiting {
                step,
                host,
                reason,
                waited,
            } => {
                let text = format!(
                    "{}: not yet after {}: {reason}",
                    self.title(step),
                    duration(*waited)
                );
                (Weight::Detail, Some(host), text)
            }
            Event::StepFinished {
                step,
                host,
                outcome,
                took,
                ..
            } => {
                let (weight, text) = ended(&self.title(step), outcome, &duration(*took));
                (weight, Some(host), text)
            }
            Event::PhaseFinished { phase, took } => {
                (Weight::Normal, None, format!("== {phase}: {}", duration(*took)))
            }
            Event::Warning { text } => (Weight::Normal, None, format!("warning: {text}")),
            Event::StopRequested => (Weight::Normal, None, STOPPING.to_owned()),
            Event::Detached { host, pid, command } => (
                Weight::Normal,
                Some(host),
                format!("detached: process {pid} still runs ({command})"),
            ),
            Event::RunFinished { .. } => (Weight::Normal, None, "== end".to_owned()),
        };
        Line {
            weight,
            host: host.cloned(),
            text: match event {
                // A few lines, of which each may hold a host's words.
                Event::Warning { .. } => sanitize_text(&text),
                _ => sanitize_line(&text),
            },
        }
    }

    fn title(&self, step: &StepId) -> String {
        self.titles.get(step).cloned().unwrap_or_else(|| step.to_string())
    }
}

/// How much of an image is on its connection.
pub(super) fn sent(bytes: u64, of: u64) -> String {
    format!("{} of {} sent", megabytes(bytes), megabytes(of))
}

/// How much of an image another host has sent.
pub(super) fn received(bytes: u64, from: &HostName) -> String {
    format!("{} received from {from}", megabytes(bytes))
}

/// In units of 1 000 000 bytes, as links are measured.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", (bytes + 500_000) / 1_000_000)
}

/// What the operator reads on the first Ctrl-C.
pub(super) const STOPPING: &str = "stopping: waiting for running steps to finish; press Ctrl-C again to detach and leave them running on the hosts";

fn started(cluster: &str, run: &str, hosts: usize) -> String {
    let noun = if hosts == 1 { "host" } else { "hosts" };
    format!("cluster {cluster}, {hosts} {noun}, run {run}")
}

/// Verification has no steps of the plan's.
fn steps_of(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " (1 step)".to_owned(),
        _ => format!(" ({count} steps)"),
    }
}

fn ended(title: &str, outcome: &Outcome, took: &str) -> (Weight, String) {
    match outcome {
        Outcome::Unchanged => (Weight::Normal, format!("{title}: unchanged")),
        Outcome::Changed => (Weight::Normal, format!("{title}: done ({took})")),
        Outcome::Ok => (Weight::Normal, format!("{title}: ok ({took})")),
        Outcome::Failed { problem } => (Weight::Normal, problem.cause()),
        Outcome::Detached => (Weight::Normal, format!("{title}: detached after {took}")),
        Outcome::Skipped => (Weight::Detail, format!("{title}: skipped")),
    }
}
