//! What is said of a lease that another run has.

use crate::error::Problem;
use crate::remote::lease::Held;
use crate::topology::HostName;

pub(super) fn refused(host: &HostName, held: &Held) -> Problem {
    let mut because = vec![if held.by.id.is_empty() {
        "its owner is unreadable".to_owned()
    } else {
        held.by.to_string()
    }];
    if !held.doing.is_empty() {
        because.push(format!("{host} was last sent: {}", held.doing));
    }
    because.push(remaining(held));
    let mut recovery = vec!["wait for that run to end, then rerun this command; `hawser apply` and `hawser images push` wait with --wait".to_owned()];
    if held.by.id.is_empty() {
        recovery.push(format!(
            "only if no run of hawser works on {host}: `rm /run/hawser.lease` there"
        ));
    }
    Problem::Unsafe {
        what: format!("another run holds the lock of {host}; nothing was changed"),
        because,
        recovery,
    }
}

/// Until when it is held.
pub(super) fn remaining(held: &Held) -> String {
    match held.runs_out_in() {
        Some(seconds) => format!("the lock is released when that run ends, or in {seconds} s if it has died"),
        None if held.works => "a command of that run still runs there, and keeps the lock".to_owned(),
        None => "when it was last renewed cannot be read".to_owned(),
    }
}
