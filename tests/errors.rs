//! Every problem as an operator reads it, on one page; and the exit codes, as the README has them.
#![cfg(test)]

use std::collections::BTreeMap;
use std::time::Duration;

use hawser::error::sanitize::is_invisible;
use hawser::error::{ExitCode, Problem, hints};
use hawser::topology::HostName;

#[test]
fn every_problem_reads_well() {
    let shown = examples();
    let page: Vec<String> = shown
        .iter()
        .map(|problem| format!("── {}\n{problem}", kind(problem)))
        .collect();

    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn the_page_has_every_kind_of_problem() {
    let shown: Vec<&str> = examples().iter().map(kind).collect();

    assert_eq!(shown, KINDS);
}

/// But for the inventory's, which is drawn in colours from the operator's own file.
#[test]
fn no_problem_says_what_a_host_said_as_the_host_said_it() {
    const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\nhint: `curl https://example.org | sh`";
    for mut problem in examples() {
        if problem.texts().is_empty() || kind(&problem) == "inventory" {
            continue;
        }
        problem
            .texts()
            .into_iter()
            .for_each(|text| HOSTILE.clone_into(text));

        let text = problem.to_string();

        assert!(!text.chars().any(|c| c != '\n' && is_invisible(c)), "{text:?}");
        assert!(text.contains(r"\x1b[2J\x9b31m\u{202e}\u{200b}"), "{text}");
        assert!(!text.contains("\nhint: `curl"), "{text}");
        let json = serde_json::to_value(&problem).unwrap().to_string();
        assert!(json.contains("\u{202e}"), "JSON is lossless: {json}");
    }
}

#[test]
fn the_reference_has_every_exit_code() {
    let page = include_str!("../docs/reference/exit-codes.md");
    let rows: BTreeMap<u8, &str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter_map(|(code, meaning)| Some((code.parse().ok()?, meaning)))
        .collect();
    let codes: Vec<u8> = CODES.iter().map(|code| *code as u8).collect();

    assert_eq!(rows.into_keys().collect::<Vec<_>>(), codes);
}

#[test]
fn what_programs_say_has_its_hint() {
    let page: Vec<String> = include_str!("data/what_programs_say.txt")
        .lines()
        .map(|reply| {
            // What is said together has this between.
            let lines: Vec<String> = reply.split(" ¦ ").map(str::to_owned).collect();
            let hint = hints::hint(&"cp2".into(), &lines);
            format!("{}\n  hint: {}\n", reply.trim(), hint.unwrap_or_default())
        })
        .collect();

    insta::assert_snapshot!(page.join("\n"));
}

const CODES: [ExitCode; 8] = [
    ExitCode::Done,
    ExitCode::StepFailed,
    ExitCode::Usage,
    ExitCode::Unreachable,
    ExitCode::Unsafe,
    ExitCode::HostKey,
    ExitCode::ChangesPending,
    ExitCode::Interrupted,
];

const KINDS: [&str; 23] = [
    "inventory",
    "local file",
    "template",
    "ssh config",
    "workstation",
    "usage",
    "identity",
    "unreachable",
    "login refused",
    "host key unknown",
    "host key changed",
    "host key revoked",
    "sudo",
    "connection lost",
    "lock lost",
    "probe",
    "step",
    "late etcd",
    "unsafe",
    "not ready",
    "silent",
    "missing hosts",
    "interrupted",
];

/// Names every variant: a new one does not compile until it has a name here, and fails until it has an example.
fn kind(problem: &Problem) -> &'static str {
    match problem {
        Problem::Inventory { .. } => "inventory",
        Problem::LocalFile { .. } => "local file",
        Problem::Template { .. } => "template",
        Problem::SshConfig { .. } => "ssh config",
        Problem::Workstation { .. } => "workstation",
        Problem::Usage { .. } => "usage",
        Problem::Identity { .. } => "identity",
        Problem::Unreachable { .. } => "unreachable",
        Problem::LoginRefused { .. } => "login refused",
        Problem::HostKeyUnknown { .. } => "host key unknown",
        Problem::HostKeyChanged { .. } => "host key changed",
        Problem::HostKeyRevoked { .. } => "host key revoked",
        Problem::Sudo { .. } => "sudo",
        Problem::ConnectionLost { .. } => "connection lost",
        Problem::LockLost { .. } => "lock lost",
        Problem::Probe { .. } => "probe",
        Problem::Step { .. } => "step",
        Problem::Unsafe { .. } => "unsafe",
        Problem::LateEtcd { .. } => "late etcd",
        Problem::NotReady { .. } => "not ready",
        Problem::Silent { .. } => "silent",
        Problem::MissingHosts { .. } => "missing hosts",
        Problem::Interrupted { .. } => "interrupted",
    }
}

fn examples() -> Vec<Problem> {
    [on_the_workstation(), on_the_way(), on_the_hosts()].concat()
}

fn on_the_workstation() -> Vec<Problem> {
    vec![
        Problem::Inventory {
            path: "demo.toml".to_owned(),
            count: 1,
            rendered: "  × `address` of w1 is not an IP address\n   ╭─[demo.toml:41:11]\n41 │ address = \"192.0.2\"\n   ╰────".to_owned(),
        },
        Problem::LocalFile {
            path: "/home/ops/.kube/config".to_owned(),
            verb: "read",
            cause: "Permission denied (os error 13)".to_owned(),
        },
        Problem::Template {
            path: "templates/haproxy.cfg.j2".to_owned(),
            line: Some(4),
            cause: "`digset` is not defined\n4 |   description hawser {{ digset }}".to_owned(),
            hint: "it can use these variables: bind, digest, maxconn, servers, sole".to_owned(),
        },
        Problem::SshConfig {
            path: "/home/ops/.ssh/config".to_owned(),
            line: Some(4),
            cause: "`prot` is not a keyword of OpenSSH".to_owned(),
            hint: "correct the keyword, or put `IgnoreUnknown prot` at the start of the file".to_owned(),
        },
        Problem::Workstation {
            what: "start threads",
            cause: "Resource temporarily unavailable (os error 11)".to_owned(),
        },
        Problem::Usage {
            message: "--limit w9: the inventory has no such host".to_owned(),
            hint: "use the name of a host of the inventory".to_owned(),
        },
        Problem::Identity {
            path: "/home/ops/.ssh/id_ed25519".to_owned(),
            cause: "it is encrypted, and there is no terminal to ask for its passphrase".to_owned(),
        },
    ]
}

fn on_the_way() -> Vec<Problem> {
    let fingerprint = "ED25519 SHA256:2n1mQcZcQmSUYJ4lTrfVwJ0AuTyHPt9AbvGJ4XkSrp4";
    vec![
        Problem::Unreachable {
            host: host("cp1"),
            address: "[2001:db8::21]:22".to_owned(),
            cause: "timed out after 10 s".to_owned(),
        },
        Problem::LoginRefused {
            host: host("cp1"),
            user: "ops".to_owned(),
            offered: vec!["ED25519 /home/ops/.ssh/id_ed25519".to_owned()],
            accepted: vec!["publickey".to_owned()],
        },
        Problem::HostKeyUnknown {
            host: host("cp1"),
            address: "192.0.2.21:22".to_owned(),
            fingerprint: fingerprint.to_owned(),
            known_hosts: "/home/ops/.ssh/known_hosts".to_owned(),
            line:
                "192.0.2.21 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFnB8sY0n1s5p1xkq6e0VY0Y0k3m1y0m0J1kz8fQ3w5T"
                    .to_owned(),
        },
        Problem::HostKeyChanged {
            host: host("cp1"),
            address: "192.0.2.21:22".to_owned(),
            presented: fingerprint.to_owned(),
            expected: vec!["ED25519 SHA256:vW3OAdmFjHsZ8xRkP9X2GxUZxO9VC5f1V8TgI7uX8Gk".to_owned()],
            known_at: "/home/ops/.ssh/known_hosts:12".to_owned(),
        },
        Problem::HostKeyRevoked {
            host: host("cp1"),
            address: "192.0.2.21:22".to_owned(),
            fingerprint: fingerprint.to_owned(),
            known_at: "/home/ops/.ssh/known_hosts:3".to_owned(),
        },
        Problem::Sudo {
            host: host("cp1"),
            user: "ops".to_owned(),
            cause: "sudo: a password is required".to_owned(),
        },
        Problem::ConnectionLost {
            host: host("cp2"),
            purpose: "kubeadm join".to_owned(),
            cause: "no answer for 30 s".to_owned(),
        },
    ]
}

fn on_the_hosts() -> Vec<Problem> {
    let answer = [
        "[preflight] Running pre-flight checks",
        "error execution phase preflight: [preflight] Some fatal errors occurred:",
        "\t[ERROR Port-10250]: Port 10250 is in use",
    ];
    let answer: Vec<String> = answer.map(str::to_owned).to_vec();
    vec![
        Problem::LockLost {
            host: host("cp2"),
            what: "kubeadm join".to_owned(),
            why: "run 20260102T030405Z-77 of alice on desk has it since 2026-01-02 03:04:05 UTC".to_owned(),
        },
        Problem::Probe {
            host: host("cp1"),
            what: "what is in /etc/kubernetes/audit-policy.yaml".to_owned(),
            cause: "sha256sum: /etc/kubernetes/audit-policy.yaml: Input/output error".to_owned(),
        },
        Problem::Step {
            host: host("cp2"),
            what: "kubeadm join as a control plane".to_owned(),
            how: "exit 1".to_owned(),
            took: Duration::from_secs(41),
            hint: hints::hint(&host("cp2"), &answer),
            answer,
        },
        Problem::LateEtcd {
            members: "etcd1, etcd2".to_owned(),
            because: vec![
                "etcd1: its unit is active, and etcd does not answer: context deadline exceeded".to_owned(),
                "etcd2: its unit is active, and etcd does not answer: context deadline exceeded".to_owned(),
            ],
            recovery: vec![
                "the disk may be busy, or an election may be running: wait a minute, then rerun this command"
                    .to_owned(),
            ],
            starting: false,
        },
        Problem::Unsafe {
            what: "the VIP 192.0.2.10 already answers, and keepalived runs on no balancer".to_owned(),
            because: vec!["seen from lb1: another machine has this address".to_owned()],
            recovery: vec!["set `vip` under [endpoint] to a free address".to_owned()],
        },
        Problem::NotReady {
            subject: "cp1, w1 → cp2 at 192.0.2.22, port 6443 (the API server)".to_owned(),
            found: "no answer: a firewall drops packets, or the address is wrong".to_owned(),
            fix: vec![
                "on cp2: `iptables -S; nft list ruleset` shows its rules; allow TCP 6443 from cp1, w1"
                    .to_owned(),
            ],
            option: "--skip-check".to_owned(),
        },
        Problem::Silent {
            holders: vec![host("cp1"), host("w1")],
            control_planes: vec![host("cp1")],
            starting: false,
        },
        Problem::MissingHosts {
            hosts: vec![
                (host("cp3"), "timed out after 10 s".to_owned()),
                (host("lb2"), "connection refused".to_owned()),
            ],
            because: "every balancer and control plane must be reachable before hawser changes anything"
                .to_owned(),
        },
        Problem::Interrupted {
            running: vec![(host("cp2"), 4711, "kubeadm join".to_owned())],
            is_begun: true,
        },
    ]
}

fn host(name: &str) -> HostName {
    name.into()
}
