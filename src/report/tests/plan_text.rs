//! The plan as people read it.

use super::super::paint::Paint;
use super::super::plan_text::{Detail, render};
use super::*;
use crate::plan::{
    Chain, ChangeBuilder, Cleanup, FileChange, Lane, Necessity, NeededBy, Note, NoteLevel, Phase, PhaseName,
    Plan, Step,
};
use crate::remote::wire::{self, Effect};

fn change(name: &str, title: &'static str) -> Step {
    draft(name, title).run_once()
}

fn draft(name: &str, title: &'static str) -> ChangeBuilder {
    Step::on(&host(name), title, title).change(wire::any(title, Effect::Changes, ""), seconds(60.0))
}

fn wait(name: &str, title: &'static str) -> Step {
    Step::on(&host(name), title, title).wait(wire::any(title, Effect::Reads, ""), seconds(60.0))
}

fn haproxy() -> Step {
    let file = FileChange {
        path: "/etc/haproxy/haproxy.cfg".to_owned(),
        owner: "root:root".to_owned(),
        mode: 0o644,
        sha256: "0".repeat(64),
        diff: "@@ -1,2 +1,3 @@\n backend api\n-  server old 10.0.0.1:6443\n+  server cp1 10.0.0.11:6443 check\n+\n".to_owned(),
    };
    draft("balancer1", "configure HAProxy").writes(file).run_once()
}

fn phase(name: PhaseName, steps: Vec<Vec<Step>>) -> Phase {
    let chain = |steps: Vec<Step>| Chain {
        subject: steps[0].host.clone(),
        necessity: Necessity::Required,
        milestone: None,
        steps,
    };
    let chains = steps.into_iter().map(chain).collect();
    Phase {
        name,
        lanes: vec![Lane { width: 1, chains }],
    }
}

fn plan() -> Plan {
    Plan {
        cluster: "lab".to_owned(),
        phases: vec![
            phase(
                PhaseName::Balancers,
                vec![vec![haproxy(), wait("balancer1", "wait for HAProxy to answer")]],
            ),
            phase(PhaseName::Files, vec![]),
            phase(
                PhaseName::Join,
                vec![
                    vec![
                        change("cp2", "join as a control plane"),
                        change("balancer1", "enable cp2 in HAProxy"),
                    ],
                    vec![change("w1", "join as a worker"), change("cp1", "label w1")],
                ],
            ),
        ],
        cleanup: vec![Cleanup {
            step: change("cp1", "delete the token and the certificates' Secret"),
            needed_by: NeededBy::AllHosts,
        }],
        notes: vec![
            Note {
                level: NoteLevel::Info,
                text: "kubectl is not on this workstation".to_owned(),
            },
            Note {
                level: NoteLevel::Warning,
                text: "the endpoint is a bare address\nuse a name".to_owned(),
            },
        ],
    }
}

#[test]
fn a_plan_says_what_would_be_done_where_in_order() {
    insta::assert_snapshot!(render(
        &plan(),
        Some("7 hosts answered, none is in a cluster"),
        &Detail::Complete,
        Paint::Plain
    ));
}

#[test]
fn a_plan_without_changes_says_so_and_keeps_its_notes() {
    let nothing = Plan {
        phases: Vec::new(),
        cleanup: Vec::new(),
        ..plan()
    };

    insta::assert_snapshot!(render(&nothing, None, &Detail::Complete, Paint::Plain), @r"
    No changes, but there are warnings:

    note: kubectl is not on this workstation

    warning: the endpoint is a bare address
      use a name
    ");
}

#[test]
fn a_cluster_that_is_as_the_inventory_says_is_told_so() {
    let mut nothing = Plan {
        phases: Vec::new(),
        cleanup: Vec::new(),
        ..plan()
    };
    nothing.notes.retain(|note| note.level == NoteLevel::Info);

    insta::assert_snapshot!(render(&nothing, None, &Detail::Complete, Paint::Plain), @r"
    Nothing to do: no step is needed.

    note: kubectl is not on this workstation
    ");
}

#[test]
fn in_colours_a_diffs_lines_are_green_and_red() {
    let text = render(&plan(), None, &Detail::Complete, Paint::Colours);

    assert!(text.contains("\u{1b}[32m+  server cp1 10.0.0.11:6443 check\u{1b}[0m"));
    assert!(text.contains("\u{1b}[31m-  server old 10.0.0.1:6443\u{1b}[0m"));
}

fn writes(name: &str, path: &str, diff: &str) -> Step {
    let file = FileChange {
        path: path.to_owned(),
        owner: "root:root".to_owned(),
        mode: 0o600,
        sha256: "0".repeat(64),
        diff: diff.to_owned(),
    };
    draft(name, "write a file").writes(file).run_once()
}

fn destroys(name: &str) -> Step {
    draft(name, "reset the host")
        .destroys(["what is in /etc/kubernetes".to_owned()])
        .run_once()
}

/// Chains of equal hosts, with what other hosts do for them.
fn many() -> Plan {
    let new = "--- /dev/null\n+++ /run/hawser/kubeadm-join.yaml\n@@ -0,0 +1,2 @@\n+name: w\n+a: b\n";
    let joins = (1..=7).map(|number| {
        let name = format!("w{number}");
        let label = Step {
            title: format!("label {name}").into(),
            ..change("cp1", "label")
        };
        vec![
            writes(&name, "/run/hawser/kubeadm-join.yaml", new),
            wait(&name, "wait for the endpoint to answer"),
            change(&name, "join as a worker"),
            label,
        ]
    });
    let another_haproxy = Step {
        host: host("balancer2"),
        ..haproxy()
    };
    let drain = |on: &str| change(on, "drain cp9 in HAProxy");
    let resets = vec![
        vec![drain("balancer1"), drain("balancer2"), destroys("cp9")],
        vec![destroys("w9")],
    ];
    Plan {
        phases: vec![
            phase(PhaseName::Balancers, vec![vec![haproxy()], vec![another_haproxy]]),
            phase(PhaseName::EtcdLeader, vec![vec![wait("cp1", "wait")]]),
            phase(PhaseName::Removal, resets),
            phase(PhaseName::Join, joins.collect()),
        ],
        ..plan()
    }
}

#[test]
fn folded_what_equal_hosts_do_is_one_line_and_what_is_destroyed_stands_at_the_end() {
    insta::assert_snapshot!(render(&many(), None, &Detail::Folded, Paint::Plain));
}

#[test]
fn of_one_host_every_step_is_shown_and_of_others_none() {
    let hosts = ["w2".into()].into();

    insta::assert_snapshot!(render(&many(), None, &Detail::Hosts(hosts), Paint::Plain));
}
