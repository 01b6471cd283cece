//! One event per line as JSON, for programs; `docs/reference/events.md` is its reference.

use std::io::Write;

use jiff::{Timestamp, Unit};
use serde::Serialize;

use crate::error::sanitize::escape_json;
use crate::events::Event;

/// Writes a JSON object a line.
pub struct Json<W> {
    out: W,
}

#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

impl<W: Write> Json<W> {
    pub fn new(out: W) -> Self {
        Self { out }
    }

    pub fn handle(&mut self, event: &Event) {
        let line = Line { time: now(), event };
        // A reader that went away does not end the run.
        if let Ok(line) = serde_json::to_string(&line) {
            let line = escape_json(&line);
            let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
        }
    }
}

pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}
