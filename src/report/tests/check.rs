//! The matrix as people see it.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::super::check::{Page, render};
use super::super::paint::Paint;
use super::*;
use crate::check::host::{Fact, Finding};
use crate::check::{Cause, Cell, CheckedConnection, Evaluation, Fix, Grade, Port, Purpose, Source, Target};

fn connection(from: &str, to: &str, purpose: Purpose, cause: Cause, grade: Grade) -> CheckedConnection {
    let (to, port, address) = match purpose {
        Purpose::Endpoint | Purpose::EndpointName | Purpose::Hairpin => {
            (Target::Endpoint, Port::Tcp(6443), "192.0.2.10")
        }
        Purpose::Vrrp => (Target::Host(host(to)), Port::Vrrp, to),
        Purpose::Kubelet => (Target::Host(host(to)), Port::Tcp(10250), to),
        _ => (Target::Host(host(to)), Port::Tcp(6443), to),
    };
    CheckedConnection {
        cell: Cell {
            from: Source::Host(host(from)),
            to,
            port,
            purpose,
            address: address.to_owned(),
            expected: None,
            connections: 1,
        },
        evaluation: Evaluation { cause, grade },
        listened: false,
    }
}

fn hosts(count: usize) -> Vec<HostName> {
    let workers = (1..=count).map(|number| HostName(format!("w{number}")));
    ["lb1", "lb2", "cp1", "cp2"]
        .map(HostName::from)
        .into_iter()
        .chain(workers)
        .collect()
}

fn shown(connections: &[CheckedConnection], workers: usize, fixes: &[Fix], paint: Paint) -> String {
    let page = Page {
        hosts: &hosts(workers),
        connections,
        fixes,
        findings: &[],
        is_ready: connections
            .iter()
            .all(|connection| connection.evaluation.grade != Grade::Failed),
        took: seconds(6.2),
    };
    render(&page, paint)
}

fn one_of_each() -> Vec<CheckedConnection> {
    let fine = Grade::Ok;
    vec![
        connection("lb1", "", Purpose::Endpoint, Cause::Verified, fine),
        connection("cp1", "", Purpose::Endpoint, Cause::Verified, fine),
        connection(
            "cp1",
            "",
            Purpose::EndpointName,
            Cause::NameNotFound,
            Grade::Failed,
        ),
        connection("cp1", "", Purpose::Hairpin, Cause::Open, fine),
        connection("lb1", "cp1", Purpose::ApiServer, Cause::Verified, fine),
        connection("lb1", "cp2", Purpose::ApiServer, Cause::Refused, fine),
        connection("cp1", "cp2", Purpose::ApiServer, Cause::Refused, fine),
        connection("cp2", "cp1", Purpose::ApiServer, Cause::TimedOut, Grade::Failed),
        connection("w1", "cp1", Purpose::Kubelet, Cause::Open, Grade::Warning),
        connection(
            "lb1",
            "lb2",
            Purpose::Vrrp,
            Cause::NotTested("no keepalived".to_owned()),
            Grade::Unknown,
        ),
    ]
}

fn fix() -> Fix {
    Fix {
        from: vec![Source::Host(host("cp2"))],
        to: vec![Target::Host(host("cp1"))],
        ports: vec![Port::Tcp(6443)],
        purposes: vec![Purpose::ApiServer],
        addresses: vec!["192.0.2.21".to_owned()],
        cause: Cause::TimedOut,
        grade: Grade::Failed,
        steps: vec!["on cp1: `iptables -S` shows its rules".to_owned()],
        listened: false,
    }
}

#[test]
fn the_matrix_with_its_legend_and_what_to_do() {
    insta::assert_snapshot!(shown(&one_of_each(), 1, &[fix()], Paint::Plain));
}

fn finding(name: &str, fact: Fact, grade: Grade, found: &str, fix: &str) -> Finding {
    Finding {
        host: host(name),
        fact,
        grade,
        found: found.to_owned(),
        fix: [fix]
            .iter()
            .filter(|line| !line.is_empty())
            .map(ToString::to_string)
            .collect(),
        is_ignored: fact == Fact::Cpus,
    }
}

#[test]
fn what_hosts_are_with_what_to_do() {
    let off = "`swapoff -a`, and remove it from /etc/fstab";
    let mut findings: Vec<Finding> = ["lb1", "lb2", "cp1", "cp2", "w1"]
        .into_iter()
        .flat_map(|name| {
            [
                finding(name, Fact::Os, Grade::Ok, "debian 12", ""),
                finding(name, Fact::Kernel, Grade::Ok, "6.1", ""),
            ]
        })
        .collect();
    findings.extend([
        finding("cp1", Fact::Swap, Grade::Failed, "/dev/sda2 (2048 MB)", off),
        finding("cp2", Fact::Swap, Grade::Ok, "none", ""),
        finding("w1", Fact::Swap, Grade::Failed, "/dev/sdb1 (1024 MB)", off),
        finding(
            "cp1",
            Fact::Cpus,
            Grade::Warning,
            "1",
            "give the host two processors",
        ),
        finding("cp2", Fact::ProductUuid, Grade::Unknown, "Permission denied", ""),
        finding("w1", Fact::ProductUuid, Grade::Unknown, "Permission denied", ""),
    ]);
    let page = Page {
        hosts: &hosts(1),
        connections: &[],
        fixes: &[],
        findings: &findings,
        is_ready: false,
        took: seconds(6.2),
    };

    insta::assert_snapshot!(render(&page, Paint::Plain));
}

#[test]
fn what_does_not_pass_is_not_called_ready() {
    // One end could not be looked at, which no cell tells.
    let page = Page {
        hosts: &hosts(1),
        connections: &[connection(
            "cp1",
            "cp2",
            Purpose::ApiServer,
            Cause::Refused,
            Grade::Ok,
        )],
        fixes: &[],
        findings: &[],
        is_ready: false,
        took: seconds(6.2),
    };

    let text = render(&page, Paint::Plain);

    assert!(
        text.ends_with("\nnot ready: 1 connection checked: 1 ok, 0 warnings, 0 failed, 0 unknown (6.2 s)\n"),
        "{text}"
    );
}

#[test]
fn a_hundred_hosts_that_say_the_same_are_one_line() {
    let connections: Vec<CheckedConnection> = hosts(100)
        .iter()
        .filter(|name| name.0.starts_with('w'))
        .flat_map(|name| {
            ["cp1", "cp2"]
                .map(|plane| connection(&name.0, plane, Purpose::ApiServer, Cause::Verified, Grade::Ok))
        })
        .collect();

    let text = shown(&connections, 100, &[], Paint::Plain);

    assert!(text.contains(" w1 … w100 (100)  verified\n"), "{text}");
    assert!(text.contains("ready: 200 connections checked: 200 ok"), "{text}");
}

#[test]
fn each_port_of_the_pod_network_has_its_table() {
    let pods = |port, cause, grade| CheckedConnection {
        cell: Cell {
            port,
            ..connection("w1", "cp1", Purpose::PodNetwork, Cause::Open, Grade::Ok).cell
        },
        ..connection("w1", "cp1", Purpose::PodNetwork, cause, grade)
    };
    let connections = [
        pods(
            Port::Udp(8472),
            Cause::NotTested("UDP".to_owned()),
            Grade::Unknown,
        ),
        pods(Port::Tcp(179), Cause::TimedOut, Grade::Failed),
    ];

    let text = shown(&connections, 1, &[], Paint::Plain);

    let tables = "between nodes, for the pod network, port 8472/udp
     cp1
 w1  not tested

between nodes, for the pod network, port 179
     cp1
 w1  timed out ✗
";
    assert!(text.contains(tables), "{text}");
}

#[test]
fn one_host_among_many_that_differs_has_its_line() {
    let connections = ["w1", "w2", "w3"].map(|name| {
        let is_odd = name == "w2";
        let (cause, grade) = if is_odd {
            (Cause::NoRoute, Grade::Failed)
        } else {
            (Cause::Verified, Grade::Ok)
        };
        connection(name, "cp1", Purpose::ApiServer, cause, grade)
    });

    let text = shown(&connections, 3, &[], Paint::Plain);

    assert!(text.contains(" w1 w3  verified\n w2     no route ✗\n"), "{text}");
}

#[test]
fn on_a_terminal_what_is_wrong_is_red() {
    let text = shown(&one_of_each(), 1, &[], Paint::Colours);

    assert!(text.contains("\u{1b}[38;5;9mtimed out ✗\u{1b}[39m"), "{text:?}");
}

const DOCUMENT: &str = include_str!("../../../docs/reference/checks.md");

/// The fields that a section of the document names.
fn documented(section: &str) -> BTreeSet<String> {
    let (_, rest) = DOCUMENT.split_once(&format!("### `{section}`\n")).unwrap();
    let rows = rest.split("\n#").next().unwrap().lines();
    rows.filter_map(|row| Some(row.strip_prefix("| `")?.split('`').next()?.to_owned()))
        .collect()
}

fn written(value: &impl serde::Serialize) -> BTreeSet<String> {
    let value = serde_json::to_value(value).unwrap();
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_field_of_a_check_is_documented_and_nothing_else() {
    let foreign_host = Cause::WrongPeer("somebody".to_owned());
    let connection = connection("cp1", "", Purpose::Endpoint, foreign_host.clone(), Grade::Failed);
    let fix = Fix {
        cause: foreign_host,
        ..fix()
    };

    assert_eq!(written(&connection), documented("connection"));
    assert_eq!(written(&fix), documented("fix"));
    let finding = finding("cp1", Fact::Os, Grade::Ok, "debian 12", "");
    assert_eq!(written(&finding), documented("fact"));
}

#[test]
fn every_fact_is_documented_by_the_name_that_ignore_takes() {
    for fact in Fact::value_variants() {
        let name = serde_json::to_value(fact).unwrap();
        assert_eq!(name, fact.name());
        assert!(DOCUMENT.contains(&format!("| `{fact}` |")), "{fact}");
    }
}

#[test]
fn every_word_of_the_matrix_is_documented_with_its_cause() {
    for cause in [
        Cause::Open,
        Cause::PeerNotAsked(String::new()),
        Cause::PeerUnknown(String::new()),
        Cause::Verified,
        Cause::Reset,
        Cause::Refused,
        Cause::TimedOut,
        Cause::NoRoute,
        Cause::NoNetwork,
        Cause::NameNotFound,
        Cause::WrongAddress(vec![]),
        Cause::WrongPeer(String::new()),
        Cause::NotTested(String::new()),
    ] {
        let name = serde_json::to_value(&cause).unwrap()["cause"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(cause.word(), name.replace('-', " "));
        assert!(DOCUMENT.contains(&format!("| `{name}` |")), "{name}");
    }
}
