//! Every problem in the operator's words: headline, what stands behind it, what to do next, exit code.

use std::fmt;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::access::{host_key_changed, host_key_revoked, host_key_unknown, login_refused, sudo, unreachable};
use super::sanitize::{sanitize_line, sanitize_text};
use super::{ExitCode, Explanation, Problem};
use crate::topology::HostName;

impl Problem {
    #[rustfmt::skip]
    pub fn explain(&self) -> Explanation {
        match self {
            Problem::Inventory { path, count, rendered } => inventory(path, *count, rendered),
            Problem::LocalFile { path, verb, cause } => local_file(path, verb, cause),
            Problem::Template { path, line, cause, hint } => template(path, *line, cause, hint),
            Problem::SshConfig { path, line, cause, hint } => ssh_config(path, *line, cause, hint),
            Problem::Workstation { what, cause } => workstation(what, cause),
            Problem::Usage { message, hint } => usage(message, hint),
            Problem::Identity { path, cause } => identity(path, cause),
            Problem::Unreachable { host, address, cause } => unreachable(host, address, cause),
            Problem::LoginRefused { host, user, offered, accepted } => login_refused(host, user, offered, accepted),
            Problem::HostKeyUnknown { host, address, fingerprint, known_hosts, line } => {
                host_key_unknown(host, address, fingerprint, known_hosts, line)
            }
            Problem::HostKeyChanged { host, address, presented, expected, known_at } => {
                host_key_changed(host, address, presented, expected, known_at)
            }
            Problem::HostKeyRevoked { host, address, fingerprint, known_at } => {
                host_key_revoked(host, address, fingerprint, known_at)
            }
            Problem::Sudo { host, user, cause } => sudo(host, user, cause),
            Problem::ConnectionLost { host, purpose, cause } => connection_lost(host, purpose, cause),
            Problem::LockLost { host, what, why } => lock_lost(host, what, why),
            Problem::Probe { host, what, cause } => probe(host, what, cause),
            Problem::Step { host, what, how, took, answer, hint } => {
                step(format!("{host}: {}", failure(what, how, *took)), answer, hint.as_deref())
            }
            Problem::Unsafe { what, because, recovery } => refused(what, because, recovery),
            Problem::LateEtcd { members, because, recovery, .. } => {
                refused(&format!("etcd on {members} runs but does not answer"), because, recovery)
            }
            Problem::NotReady { subject, found, fix, option } => {
                not_ready(subject, found, fix, option)
            }
            Problem::Silent { holders, control_planes, .. } => silent(holders, control_planes),
            Problem::MissingHosts { hosts, because } => missing_hosts(hosts, because),
            Problem::Interrupted { running, is_begun } => interrupted(running, *is_begun),
        }
    }
}

fn inventory(path: &str, count: usize, rendered: &str) -> Explanation {
    Explanation {
        headline: format!(
            "{path}: {count} {} in the inventory",
            plural(count, "mistake", "mistakes")
        ),
        details: rendered.lines().map(str::to_owned).collect(),
        hint: vec![
            "correct the inventory and rerun this command; inventory.example.toml shows every key".to_owned(),
            "`hawser inventory schema` prints a JSON Schema, so that an editor checks while you type"
                .to_owned(),
        ],
        exit: ExitCode::Usage,
    }
}

fn local_file(path: &str, verb: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("cannot {verb} {path}"),
        details: vec![cause.to_owned()],
        hint: vec![format!("check the path and its permissions: `ls -ld {path}`")],
        exit: ExitCode::Usage,
    }
}

fn template(path: &str, line: Option<usize>, cause: &str, hint: &str) -> Explanation {
    let place = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
    Explanation {
        headline: format!("{place}: not a template that hawser can use"),
        details: cause.lines().map(str::to_owned).collect(),
        hint: vec![hint.to_owned()],
        exit: ExitCode::Usage,
    }
}

fn ssh_config(path: &str, line: Option<usize>, cause: &str, hint: &str) -> Explanation {
    let place = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
    Explanation {
        headline: format!("{place}: not an ssh configuration that hawser can use"),
        details: vec![cause.to_owned()],
        hint: vec![hint.to_owned()],
        exit: ExitCode::Usage,
    }
}

fn workstation(what: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("this workstation cannot {what}"),
        details: vec![cause.to_owned()],
        hint: vec!["nothing was sent to any host; `ulimit -a` shows this shell's limits".to_owned()],
        exit: ExitCode::Usage,
    }
}

fn usage(message: &str, hint: &str) -> Explanation {
    Explanation {
        headline: message.to_owned(),
        details: vec![],
        hint: vec![hint.to_owned()],
        exit: ExitCode::Usage,
    }
}

fn identity(path: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("cannot use the private key {path}"),
        details: vec![cause.to_owned()],
        hint: vec![format!(
            "`ssh-keygen -y -f {path}` shows whether it can be read; if it is encrypted, load it into the agent: `ssh-add {path}`"
        )],
        exit: ExitCode::Usage,
    }
}

fn connection_lost(host: &HostName, purpose: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!(
            "{host}: the connection broke during {purpose}; it is unknown whether the command ran"
        ),
        details: vec![cause.to_owned()],
        hint: vec![
            "run `hawser apply` again: it probes the hosts and continues from what it finds".to_owned(),
        ],
        exit: ExitCode::StepFailed,
    }
}

fn lock_lost(host: &HostName, what: &str, why: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: lost the lock before {what}: hawser did not start it and ends the run"),
        details: vec![why.to_owned()],
        hint: vec![
            "make sure that no other run works on these hosts, then run `hawser apply` again; use --wait to wait for another run"
                .to_owned(),
        ],
        exit: ExitCode::Unsafe,
    }
}

fn probe(host: &HostName, what: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: cannot determine {what}"),
        details: vec![cause.to_owned()],
        hint: vec![
            "hawser never treats an unreadable value as missing. Fix the cause, then rerun this command"
                .to_owned(),
        ],
        exit: ExitCode::StepFailed,
    }
}

/// What failed and how, after how long. A wait is told by what it waited for.
fn failure(what: &str, how: &str, took: Duration) -> String {
    match (what.strip_prefix("wait for "), took.as_secs()) {
        (Some(condition), _) if how.starts_with("timed out") => format!("{how} waiting for {condition}"),
        (_, 0) => format!("failed: {what} ({how})"),
        // A command that came to its deadline names the time already.
        _ if how.contains("after") => format!("failed: {what} ({how})"),
        (_, seconds) => format!("failed: {what} ({how}, after {seconds} s)"),
    }
}

fn step(headline: String, answer: &[String], hint: Option<&str>) -> Explanation {
    let continues = "fix the cause and run `hawser apply` again: it continues from what is on the hosts";
    Explanation {
        headline,
        details: answer.to_vec(),
        hint: hint.into_iter().chain([continues]).map(str::to_owned).collect(),
        exit: ExitCode::StepFailed,
    }
}

fn refused(what: &str, because: &[String], recovery: &[String]) -> Explanation {
    Explanation {
        headline: format!("refused: {what}"),
        details: because.to_vec(),
        hint: recovery.to_vec(),
        exit: ExitCode::Unsafe,
    }
}

fn not_ready(subject: &str, found: &str, fix: &[String], option: &str) -> Explanation {
    let anyway = format!("nothing was changed; `hawser apply {option}` continues anyway");
    Explanation {
        headline: format!("not ready: {subject}"),
        details: vec![found.to_owned()],
        hint: fix.iter().cloned().chain([anyway]).collect(),
        exit: ExitCode::Unsafe,
    }
}

fn silent(holders: &[HostName], control_planes: &[HostName]) -> Explanation {
    let holds = |host: &HostName| format!("{host} holds an identity or data of it");
    let starts = |host: &HostName| format!("on {host}: `systemctl restart kubelet`");
    let mut hint = vec![
        "if the hosts have just started, wait a minute, then rerun this command".to_owned(),
        "kubelet backs off up to 5 minutes between restarts of a failing pod. Restart kubelet on the control planes to retry at once, then rerun this command"
            .to_owned(),
    ];
    hint.extend(control_planes.iter().map(starts));
    hint.extend([
        "`journalctl -u kubelet` and /var/log/pods on a control plane show why it does not start".to_owned(),
        "only if you no longer need it: `kubeadm reset` on each of these hosts, then rerun this command"
            .to_owned(),
    ]);
    Explanation {
        headline:
            "refused: there is a cluster on these hosts, but none of its API servers and etcd members answers"
                .to_owned(),
        details: holders.iter().map(holds).collect(),
        hint,
        exit: ExitCode::Unsafe,
    }
}

fn missing_hosts(hosts: &[(HostName, String)], because: &str) -> Explanation {
    let (count, noun) = (hosts.len(), plural(hosts.len(), "host", "hosts"));
    let names: Vec<String> = hosts.iter().map(|(host, _)| host.to_string()).collect();
    Explanation {
        headline: format!(
            "cannot reach or probe {count} required {noun} ({}): {because}",
            names.join(", ")
        ),
        details: hosts.iter().map(|(host, why)| format!("{host}: {why}")).collect(),
        hint: vec![if because.contains("--max-unreachable-workers") {
            "fix the cause above (reachable over SSH, login, probe), then rerun this command; --max-unreachable-workers tolerates missing workers"
        } else {
            "fix the cause above (reachable over SSH, login, probe), then rerun this command"
        }
        .to_owned()],
        exit: ExitCode::Unreachable,
    }
}

fn interrupted(running: &[(HostName, u32, String)], is_begun: bool) -> Explanation {
    let (headline, hint) = if is_begun {
        (
            "stopped by you",
            "run `hawser apply` again to continue from what is on the hosts",
        )
    } else {
        (
            "stopped by you, before anything was changed",
            "rerun this command when you are ready",
        )
    };
    Explanation {
        headline: headline.to_owned(),
        details: running
            .iter()
            .map(|(host, pid, command)| format!("{host}: process {pid} still runs ({command})"))
            .collect(),
        hint: vec![hint.to_owned()],
        exit: ExitCode::Interrupted,
    }
}

fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

impl fmt::Display for Problem {
    /// `error:`, indented details, and `hint:` lines, sanitised.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = self.explain();
        writeln!(f, "error: {}", sanitize_line(&explanation.headline))?;
        for detail in &explanation.details {
            match self {
                // The operator's own file, drawn in colours: no host has a word in it.
                Problem::Inventory { .. } => writeln!(f, "  {detail}")?,
                _ => writeln!(f, "  {}", sanitize_text(detail))?,
            }
        }
        for hint in &explanation.hint {
            writeln!(f, "hint: {}", sanitize_text(hint))?;
        }
        Ok(())
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explanation = self.explain();
        let mut map = serializer.serialize_struct("Problem", 4)?;
        map.serialize_field("headline", &explanation.headline)?;
        map.serialize_field("details", &explanation.details)?;
        map.serialize_field("hint", &explanation.hint)?;
        map.serialize_field("exit_code", &(explanation.exit as u8))?;
        map.end()
    }
}
