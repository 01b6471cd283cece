//! What the scripts that bring an image say for this program alone.

use crate::events::Outcome;
use crate::remote::images::{READY, THERE, is_signal};
use crate::remote::wire::connection::Output;

/// What a host has seen itself; none if it has not seen the image as it should be.
pub(super) fn outcome(output: &Output) -> Option<Outcome> {
    let text = String::from_utf8_lossy(&output.stdout);
    let has = |signal| text.lines().any(|line| line == signal);
    has(THERE).then(|| {
        if has(READY) {
            Outcome::Changed
        } else {
            Outcome::Unchanged
        }
    })
}

pub(super) fn last_lines(output: &Output, count: usize) -> Vec<String> {
    let mut lines = output.last_lines(usize::MAX);
    lines.retain(|line| !is_signal(line));
    lines.split_off(lines.len().saturating_sub(count))
}
