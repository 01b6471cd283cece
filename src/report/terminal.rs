//! The live display: the phase that runs with one line per host that does something, finished phases above it.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::event_lines::{STOPPING, received, sent};
use super::paint::{Paint, duration};
use super::summary;
use crate::error::sanitize::{sanitize_line, sanitize_text};
use crate::events::{Event, Outcome};
use crate::plan::{PhaseName, StepId};
use crate::topology::HostName;

/// Draws live lines on `screen` and writes what stays to `out`; both are the same terminal.
pub struct Terminal<W> {
    out: W,
    screen: MultiProgress,
    paint: Paint,
    next: Vec<String>,
    phase: Option<RunningPhase>,
    hosts: BTreeMap<HostName, RunningHost>,
}

struct RunningPhase {
    header: ProgressBar,
    ended: usize,
    steps: usize,
    /// Of images, to all hosts.
    bytes: u64,
    /// By step, as far as it has come.
    sent: BTreeMap<StepId, u64>,
    failed: bool,
}

/// A host's live line, as long as a step runs there.
struct RunningHost {
    line: ProgressBar,
    steps: Vec<StepId>,
}

impl<W: Write> Terminal<W> {
    /// A display; `next` is what the operator may type after a run that went well.
    pub fn new(out: W, screen: MultiProgress, paint: Paint, next: Vec<String>) -> Self {
        Self {
            out,
            screen,
            paint,
            next,
            phase: None,
            hosts: BTreeMap::new(),
        }
    }

    pub fn handle(&mut self, event: &Event) {
        match event {
            Event::RunStarted { cluster, hosts, .. } => {
                self.stay(&self.paint.strong(format!("cluster {cluster}, {hosts} hosts")));
            }
            Event::HostConnected { .. } | Event::HostObserved { .. } => {}
            Event::HostUnreachable { host, reason } => self.trouble(host, &format!("unreachable: {reason}")),
            Event::PhaseStarted { phase, steps, bytes } => self.begin_phase(*phase, *steps, *bytes),
            Event::StepStarted { step, host, title } => self.begin_step(step, host, title),
            Event::OutputLine { host, line, .. } => self.say(host, line),
            Event::ImageSent {
                step,
                host,
                bytes,
                of,
                ..
            } => {
                self.say(host, &sent(*bytes, *of));
                self.count_sent(step, *bytes);
            }
            Event::ImageReceived {
                host, from, bytes, ..
            } => self.say(host, &received(*bytes, from)),
            Event::StillWaiting { host, reason, .. } => self.say(host, reason),
            Event::StepFinished {
                step, host, outcome, ..
            } => self.end_step(step, host, outcome),
            Event::PhaseFinished { phase, took } => self.end_phase(*phase, *took),
            Event::Warning { text } => {
                let text = sanitize_text(text);
                self.stay(&format!("{} {text}", self.paint.warning("warning:")));
            }
            Event::StopRequested => self.stay(&self.paint.warning(STOPPING)),
            Event::Detached { host, pid, command } => {
                self.trouble(host, &format!("detached: process {pid} still runs ({command})"));
            }
            Event::RunFinished { report } => {
                self.clear();
                let summary = summary::render(report, &self.next, self.paint);
                self.stay(&format!("\n{}", summary.trim_end()));
            }
        }
    }

    fn begin_phase(&mut self, phase: PhaseName, steps: usize, bytes: u64) {
        let header = run_clock(self.screen.add(live(HEADER)));
        header.set_prefix(phase.title());
        self.phase = Some(RunningPhase {
            header,
            ended: 0,
            steps,
            bytes,
            sent: BTreeMap::new(),
            failed: false,
        });
        self.count();
    }

    fn end_phase(&mut self, phase: PhaseName, took: Duration) {
        let failed = self.phase.as_ref().is_some_and(|phase| phase.failed);
        self.clear();
        let mark = if failed {
            self.paint.bad("✗")
        } else {
            self.paint.good("✓")
        };
        self.stay(&format!("{mark} {phase:<35} {:>11}", duration(took)));
    }

    fn begin_step(&mut self, step: &StepId, host: &HostName, title: &str) {
        if !self.hosts.contains_key(host) {
            let line = self.insert(host);
            self.hosts.insert(
                host.clone(),
                RunningHost {
                    line,
                    steps: Vec::new(),
                },
            );
        }
        if let Some(running) = self.hosts.get_mut(host) {
            running.steps.push(step.clone());
            running.line.reset_elapsed();
            running.line.set_prefix(prefix(host, &sanitize_line(title)));
            running.line.set_message("");
        }
    }

    fn end_step(&mut self, step: &StepId, host: &HostName, outcome: &Outcome) {
        if let Some(running) = self.hosts.get_mut(host) {
            running.steps.retain(|other| other != step);
            if running.steps.is_empty() {
                self.screen.remove(&running.line);
                self.hosts.remove(host);
            }
        }
        if let Outcome::Failed { problem } = outcome {
            let headline = sanitize_line(&problem.headline());
            self.stay(&format!("{} {headline}", self.paint.bad("✗")));
        }
        if let Some(phase) = &mut self.phase {
            phase.ended += 1;
            phase.failed |= matches!(
                outcome,
                Outcome::Failed { .. } | Outcome::Detached | Outcome::Skipped
            );
        }
        self.count();
    }

    /// Lines are ordered by host, so that they do not jump.
    fn insert(&self, host: &HostName) -> ProgressBar {
        let before = self
            .hosts
            .range(..host.clone())
            .next_back()
            .map(|(_, running)| &running.line);
        let line = live(HOST);
        run_clock(match before.or(self.phase.as_ref().map(|phase| &phase.header)) {
            Some(before) => self.screen.insert_after(before, line),
            None => self.screen.add(line),
        })
    }

    fn say(&self, host: &HostName, line: &str) {
        if let Some(running) = self.hosts.get(host) {
            running.line.set_message(sanitize_line(line));
        }
    }

    fn count(&self) {
        if let Some(phase) = &self.phase {
            let steps = format!("{} of {}", phase.ended, phase.steps);
            let so_far: u64 = phase.sent.values().sum();
            phase.header.set_message(if so_far > 0 {
                format!("{steps}, {}", sent(so_far, phase.bytes.max(so_far)))
            } else {
                steps
            });
        }
    }

    fn count_sent(&mut self, step: &StepId, bytes: u64) {
        if let Some(phase) = &mut self.phase {
            phase.sent.insert(step.clone(), bytes);
        }
        self.count();
    }

    fn trouble(&mut self, host: &HostName, text: &str) {
        let text = sanitize_line(text);
        self.stay(&format!("{} {host}: {text}", self.paint.warning("!")));
    }

    /// Draws the live lines now: otherwise their clocks draw them.
    #[cfg(test)]
    pub(super) fn redraw(&self) {
        self.hosts
            .values()
            .map(|running| &running.line)
            .chain(self.phase.iter().map(|phase| &phase.header))
            .for_each(ProgressBar::tick);
    }

    fn clear(&mut self) {
        for running in std::mem::take(&mut self.hosts).into_values() {
            self.screen.remove(&running.line);
        }
        if let Some(phase) = self.phase.take() {
            self.screen.remove(&phase.header);
        }
    }

    /// A line that stays, above the live ones. A terminal that went away does not end the run.
    fn stay(&mut self, text: &str) {
        let out = &mut self.out;
        let _ = self
            .screen
            .suspend(|| writeln!(out, "{text}").and_then(|()| out.flush()));
    }
}

/// Host and step, in columns.
fn prefix(host: &HostName, title: &str) -> String {
    let title = console::truncate_str(title, TITLE_WIDTH, "…");
    format!("{host:<8}  {title:<TITLE_WIDTH$}")
}

/// A live line, which indicatif cuts at the terminal's width. It is drawn by the screen it is added to, and by nothing
/// before that.
fn live(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style)
}

/// Lets a line's clock run by itself: only when it is on its screen, or it would draw itself beside it.
fn run_clock(line: ProgressBar) -> ProgressBar {
    line.enable_steady_tick(Duration::from_millis(200));
    line
}

const HEADER: &str = "{spinner} {prefix:35} {elapsed:>11}  {wide_msg}";
const HOST: &str = "    {prefix} {elapsed:>4}  {wide_msg:.dim}";

/// Leaves half of a terminal of 80 columns to what the host says.
const TITLE_WIDTH: usize = 32;
