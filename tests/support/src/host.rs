//! Hosts by way of Docker: what is seen so leaves no trace in sshd and takes no part of hawser's way.

use std::process::Command;
use std::time::Duration;

use crate::process::{Ran, run, run_with};

const LIMIT: Duration = Duration::from_secs(120);

fn docker(host: &str, script: &str) -> Command {
    let mut command = Command::new("docker");
    command.args(["exec", "-i", host, "sh", "-c", script]);
    command
}

/// Runs a script on a host, whatever becomes of it.
pub fn try_exec(host: &str, script: &str) -> Ran {
    run(docker(host, script).stdin(std::process::Stdio::null()), LIMIT)
}

/// Runs a script on a host, which must go well; its standard output.
#[track_caller]
pub fn exec(host: &str, script: &str) -> String {
    try_exec(host, script).text()
}

/// The same for a script that waits for programs to start; it may take ten minutes.
#[track_caller]
pub fn exec_patiently(host: &str, script: &str) -> String {
    let command = &mut docker(host, script);
    run(command.stdin(std::process::Stdio::null()), LIMIT * 5).text()
}

/// Runs a script that reads `input`; its standard output.
#[track_caller]
pub fn exec_with(host: &str, script: &str, input: &[u8]) -> String {
    run_with(&mut docker(host, script), input, LIMIT).text()
}

/// Whether a script says yes.
pub fn is_so(host: &str, script: &str) -> bool {
    try_exec(host, script).code == Some(0)
}

/// Whether the host holds an address.
pub fn holds(host: &str, address: &str) -> bool {
    is_so(host, &format!("ip -o address show | grep -qF ' {address}/'"))
}

/// A place in sshd's journal, to read on from.
pub struct Bookmark {
    host: String,
    cursor: String,
}

/// Now, in sshd's journal of a host.
pub fn bookmark(host: &str) -> Bookmark {
    let reply = exec(
        host,
        "journalctl --sync; journalctl -u ssh -n 1 -q -o cat --show-cursor",
    );
    let cursor = reply.lines().find_map(|line| line.strip_prefix("-- cursor: "));
    Bookmark {
        host: host.to_owned(),
        cursor: cursor.unwrap_or_else(|| panic!("no cursor: {reply}")).to_owned(),
    }
}

impl Bookmark {
    /// What sshd wrote since.
    pub fn lines_since(&self) -> Vec<String> {
        let script = format!(
            "journalctl --sync; journalctl -u ssh -q -o cat --after-cursor '{}'",
            self.cursor
        );
        exec(&self.host, &script).lines().map(str::to_owned).collect()
    }
}
