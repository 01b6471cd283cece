//! Plain lines with the time since the start: where standard output is no terminal.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use super::event_lines::{EventLines, Weight};
use super::paint::Paint;
use super::summary;
use crate::events::Event;
use crate::plan::StepId;

/// Writes a line for each event that is more than a detail; a command's output goes to the log alone.
pub struct Plain<W> {
    out: W,
    started: Instant,
    next: Vec<String>,
    lines: EventLines,
    waiting: BTreeMap<StepId, Duration>,
}

impl<W: Write> Plain<W> {
    /// Writes to `out`; `next` is what the operator may type after a run that went well.
    pub fn new(out: W, next: Vec<String>) -> Self {
        Self {
            out,
            started: Instant::now(),
            next,
            lines: EventLines::default(),
            waiting: BTreeMap::new(),
        }
    }

    pub fn handle(&mut self, event: &Event) {
        let written = match event {
            Event::RunFinished { report } => {
                let summary = summary::render(report, &self.next, Paint::Plain);
                write!(self.out, "\n{summary}")
            }
            event => {
                let line = self.lines.line(event);
                if line.weight < Weight::Normal && !self.waits_long(event) {
                    return;
                }
                let host = line.host.map(|host| format!("{host:<8}  ")).unwrap_or_default();
                writeln!(self.out, "{} {host}{}", stamp(self.started.elapsed()), line.text)
            }
        };
        // A reader that went away does not end the run.
        let _ = written.and_then(|()| self.out.flush());
    }

    /// Whether a step's waiting, or sending, is worth another line.
    fn waits_long(&mut self, event: &Event) -> bool {
        let (step, waited) = match event {
            Event::StillWaiting { step, waited, .. } => (step, waited),
            Event::ImageSent { step, took, .. } | Event::ImageReceived { step, took, .. } => (step, took),
            _ => return false,
        };
        let reported = self.waiting.entry(step.clone()).or_default();
        let long = waited.saturating_sub(*reported) >= BETWEEN_REMINDERS;
        if long || waited < reported {
            *reported = *waited;
        }
        long
    }
}

fn stamp(elapsed: Duration) -> String {
    format!("[{:>6.1}s]", elapsed.as_secs_f64())
}

/// Often enough to see that the run is alive, seldom enough not to fill a pipeline's log.
const BETWEEN_REMINDERS: Duration = Duration::from_secs(15);
