//! What sshd was asked to run on a host, by the hosts' own record (see lab/README.md).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::host;

/// One command that came over SSH.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub began: f64,
    pub ended: Option<f64>,
    pub command: String,
    /// None where it has not ended, or a signal ended it.
    pub status: Option<i64>,
    pub stdin: Vec<u8>,
}

impl Recorded {
    pub fn stdin_text(&self) -> String {
        String::from_utf8_lossy(&self.stdin).into_owned()
    }
}

/// The record of a host for a user, in order.
pub fn of(host: &str, user: &str) -> Vec<Recorded> {
    let log = host::exec(host, &format!("cat /run/lab-record/{user}/log 2>/dev/null || :"));
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let inputs = inputs(host, user);
    let starts = lines.iter().filter(|line| line["event"] == "start");
    starts.map(|start| recorded(start, &lines, &inputs)).collect()
}

fn recorded(start: &Value, lines: &[Value], inputs: &[(u64, Vec<u8>)]) -> Recorded {
    let sequence = start["sequence"].as_u64().unwrap();
    let end = lines
        .iter()
        .find(|line| line["event"] == "end" && line["sequence"] == sequence);
    let stdin = inputs.iter().find(|(number, _)| *number == sequence);
    Recorded {
        began: start["time"].as_f64().unwrap(),
        ended: end.and_then(|end| end["time"].as_f64()),
        command: start["command"].as_str().unwrap().to_owned(),
        status: end.and_then(|end| end["status"].as_i64()),
        stdin: stdin.map(|(_, bytes)| bytes.clone()).unwrap_or_default(),
    }
}

fn inputs(host: &str, user: &str) -> Vec<(u64, Vec<u8>)> {
    let script = format!(
        "cd /run/lab-record/{user} 2>/dev/null || exit 0
        for file in *.stdin; do
          [ -f \"$file\" ] || continue
          echo \"${{file%.stdin}} $(base64 -w 0 \"$file\")\"
        done"
    );
    let text = host::exec(host, &script);
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .map(|(number, bytes)| (number.parse().unwrap(), STANDARD.decode(bytes).unwrap()))
        .collect()
}
