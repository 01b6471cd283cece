//! Every problem in the operator's words: headline, what stands behind it, what to do next, exit code.

use std::time::Duration;

use super::{ExitCode, Explanation, Problem};
use crate::topology::HostName;

impl Problem {
    /// The problem in the operator's words.
    #[rustfmt::skip]
    pub fn explain(&self) -> Explanation {
        match self {
            Problem::Inventory { path, count, rendered } => inventory(path, *count, rendered),
            Problem::LocalFile { path, verb, cause } => local_file(path, verb, cause),
            Problem::Template { path, line, cause, hint } => template(path, *line, cause, hint),
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
                step(&format!("{host}: {what}"), how, *took, answer, hint.as_deref())
            }
            Problem::Unsafe { what, because, way_out } => refused(what, because, way_out),
            Problem::LateEtcd { members, because, way_out, .. } => {
                refused(&format!("etcd on {members} runs, and does not answer"), because, way_out)
            }
            Problem::NotReady { subject, found, fix, begin_anyway } => {
                not_ready(subject, found, fix, begin_anyway)
            }
            Problem::Silent { holders, control_planes, .. } => silent(holders, control_planes),
            Problem::MissingHosts { hosts, needed_for } => missing_hosts(hosts, needed_for),
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
            "correct them and run the command again; inventory.example.toml shows every key".to_owned(),
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
        hint: vec![format!("`ssh-keygen -y -f {path}` tells whether it can be read")],
        exit: ExitCode::Usage,
    }
}

fn unreachable(host: &HostName, address: &str, cause: &str) -> Explanation {
    let (name, port) = address.rsplit_once(':').unwrap_or((address, "22"));
    let name = name.trim_matches(['[', ']']);
    Explanation {
        headline: format!("{host}: cannot connect to {address}"),
        details: vec![cause.to_owned()],
        hint: vec![format!(
            "is the host up, and does sshd listen there? `nc -vz {name} {port}` tells"
        )],
        exit: ExitCode::Unreachable,
    }
}

fn login_refused(host: &HostName, user: &str, offered: &[String], accepted: &[String]) -> Explanation {
    Explanation {
        headline: format!("{host}: sshd refused the login of {user}"),
        details: vec![
            format!("offered: {}", list(offered, "nothing")),
            format!("the server would take: {}", list(accepted, "nothing it names")),
        ],
        hint: vec![
            "set `user` and `identities` under [ssh], or add the key to the agent with `ssh-add`".to_owned(),
        ],
        exit: ExitCode::Unreachable,
    }
}

fn host_key_unknown(
    host: &HostName,
    address: &str,
    fingerprint: &str,
    known_hosts: &str,
    line: &str,
) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} is not known, nothing was sent"),
        details: vec![
            format!("the host showed {fingerprint}"),
            format!("looked for in {known_hosts}"),
        ],
        hint: vec![
            "compare it on the host's console: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`".to_owned(),
            format!("if it is the same, trust it: `echo '{line}' >> {known_hosts}`"),
        ],
        exit: ExitCode::HostKey,
    }
}

fn host_key_changed(
    host: &HostName,
    address: &str,
    presented: &str,
    expected: &[String],
    known_at: &str,
) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} HAS CHANGED, nothing was sent"),
        details: vec![
            format!("the host showed {presented}"),
            format!("known is {} ({known_at})", list(expected, "another")),
            "somebody may stand between you and the host".to_owned(),
        ],
        hint: vec![format!(
            "only if you know that the host was rebuilt: remove the line {known_at}, then compare and trust the new key"
        )],
        exit: ExitCode::HostKey,
    }
}

fn host_key_revoked(host: &HostName, address: &str, fingerprint: &str, known_at: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} is revoked, nothing was sent"),
        details: vec![
            format!("the host showed {fingerprint}"),
            format!("revoked at {known_at}"),
        ],
        hint: vec!["give the host a new key: a revoked one is never to be trusted".to_owned()],
        exit: ExitCode::HostKey,
    }
}

fn sudo(host: &HostName, user: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: {user} cannot become root"),
        details: vec![cause.to_owned()],
        hint: vec![format!(
            "set `sudo = \"password\"` under [ssh] to be asked for it, or allow it in sudoers: `{user} ALL=(ALL) NOPASSWD:ALL`"
        )],
        exit: ExitCode::Unreachable,
    }
}

fn connection_lost(host: &HostName, purpose: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: the connection broke during {purpose}; whether it was done is unknown"),
        details: vec![cause.to_owned()],
        hint: vec![
            "run `hawser apply` again: it looks at what is on the host and goes on from there".to_owned(),
        ],
        exit: ExitCode::StepFailed,
    }
}

fn lock_lost(host: &HostName, what: &str, why: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: lock lost before {what}: nothing of it was done, and the run ends"),
        details: vec![why.to_owned()],
        hint: vec![
            "see that no other run works on these hosts, then run `hawser apply` again; --wait waits for one that does"
                .to_owned(),
        ],
        exit: ExitCode::Unsafe,
    }
}

fn probe(host: &HostName, what: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: cannot tell {what}"),
        details: vec![cause.to_owned()],
        hint: vec![
            "what cannot be told is never taken for absent; mend it and run the command again".to_owned(),
        ],
        exit: ExitCode::StepFailed,
    }
}

fn step(subject: &str, how: &str, took: Duration, answer: &[String], hint: Option<&str>) -> Explanation {
    let continues = "mend the cause and run `hawser apply` again: it goes on from what is on the hosts";
    // A wait that came to its deadline has named the time already.
    let after = if how.contains("after") {
        String::new()
    } else {
        format!(" after {} s", took.as_secs())
    };
    Explanation {
        headline: format!("{subject} failed ({how}){after}"),
        details: answer.to_vec(),
        hint: hint.into_iter().chain([continues]).map(str::to_owned).collect(),
        exit: ExitCode::StepFailed,
    }
}

fn refused(what: &str, because: &[String], way_out: &[String]) -> Explanation {
    Explanation {
        headline: format!("refused: {what}"),
        details: because.to_vec(),
        hint: way_out.to_vec(),
        exit: ExitCode::Unsafe,
    }
}

fn not_ready(subject: &str, found: &str, fix: &[String], begin_anyway: &str) -> Explanation {
    let anyway = format!("nothing was changed; `hawser apply {begin_anyway}` continues anyway");
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
        "hosts that have just started need a minute: run this again".to_owned(),
        "kubelet starts what fails again and again ever more seldom, up to five minutes apart, as it does an etcd without a quorum; restarted it forgets how long it meant to wait: then run this again"
            .to_owned(),
    ];
    hint.extend(control_planes.iter().map(starts));
    hint.extend([
        "`journalctl -u kubelet` and /var/log/pods on a control plane tell why it does not start".to_owned(),
        "only if nothing of it is wanted any more: `kubeadm reset` on each of these hosts, then run this again"
            .to_owned(),
    ]);
    Explanation {
        headline: "refused: a cluster has been here, and no API server or etcd member of it answers"
            .to_owned(),
        details: holders.iter().map(holds).collect(),
        hint,
        exit: ExitCode::Unsafe,
    }
}

fn missing_hosts(hosts: &[(HostName, String)], needed_for: &str) -> Explanation {
    let (count, noun) = (hosts.len(), plural(hosts.len(), "host", "hosts"));
    Explanation {
        headline: format!("{count} {noun} could not be looked at, needed for {needed_for}"),
        details: hosts.iter().map(|(host, why)| format!("{host}: {why}")).collect(),
        hint: vec![
            "bring them back and run the command again; workers may lag with --max-unreachable-workers"
                .to_owned(),
        ],
        exit: ExitCode::Unreachable,
    }
}

fn interrupted(running: &[(HostName, u32, String)], is_begun: bool) -> Explanation {
    let (headline, hint) = if is_begun {
        (
            "stopped as asked",
            "run `hawser apply` again to go on from what is on the hosts",
        )
    } else {
        (
            "stopped as asked, before anything was changed",
            "run the command again when you want it done",
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

fn list(items: &[String], none: &str) -> String {
    if items.is_empty() {
        none.to_owned()
    } else {
        items.join(", ")
    }
}
