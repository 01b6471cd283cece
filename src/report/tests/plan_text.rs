//! The plan as people read it.

use super::super::paint::Paint;
use super::super::plan_text::render;
use super::*;
use crate::plan::{Chain, FileChange, Lane, Necessity, Note, NoteLevel, Phase, Plan, Step};
use crate::remote::{self, Effect};

fn change(name: &str, describe: &'static str) -> Step {
    Step::on(&host(name), describe, describe)
        .change(remote::any(describe, Effect::Changes, ""), seconds(60.0))
}

fn wait(name: &str, describe: &'static str) -> Step {
    Step {
        change: None,
        ..change(name, describe)
    }
}

fn haproxy() -> Step {
    let file = FileChange {
        path: "/etc/haproxy/haproxy.cfg".to_owned(),
        owner: "root:root".to_owned(),
        mode: 0o644,
        sha256: "0".repeat(64),
        diff: "@@ -1,2 +1,3 @@\n backend api\n-  server old 10.0.0.1:6443\n+  server cp1 10.0.0.11:6443 check\n+\n".to_owned(),
    };
    Step {
        files: vec![file],
        ..change("balancer1", "configure HAProxy")
    }
}

fn phase(name: &'static str, steps: Vec<Vec<Step>>) -> Phase {
    let chain = |steps: Vec<Step>| Chain {
        subject: steps[0].host.clone(),
        necessity: Necessity::Required,
        steps,
    };
    let chains = steps.into_iter().map(chain).collect();
    Phase {
        name: name.into(),
        lanes: vec![Lane { width: 1, chains }],
    }
}

fn plan() -> Plan {
    Plan {
        cluster: "lab".to_owned(),
        phases: vec![
            phase(
                "balancers",
                vec![vec![haproxy(), wait("balancer1", "HAProxy answers")]],
            ),
            phase("nothing to do here", vec![]),
            phase(
                "join",
                vec![
                    vec![
                        change("cp2", "join as a control plane"),
                        change("balancer1", "let cp2 in"),
                    ],
                    vec![change("w1", "join as a worker"), change("cp1", "label w1")],
                ],
            ),
        ],
        closing: vec![change("cp1", "delete the token and the certificates' Secret")],
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
        Paint::Plain
    ));
}

#[test]
fn a_plan_without_changes_says_so_and_keeps_its_notes() {
    let nothing = Plan {
        phases: Vec::new(),
        closing: Vec::new(),
        ..plan()
    };

    insta::assert_snapshot!(render(&nothing, None, Paint::Plain), @r"
    No changes, but not without a warning:

    note: kubectl is not on this workstation

    warning: the endpoint is a bare address
      use a name
    ");
}

#[test]
fn a_cluster_that_is_as_the_inventory_says_is_told_so() {
    let mut nothing = Plan {
        phases: Vec::new(),
        closing: Vec::new(),
        ..plan()
    };
    nothing.notes.retain(|note| note.level == NoteLevel::Info);

    insta::assert_snapshot!(render(&nothing, None, Paint::Plain), @r"
    Nothing to do: the cluster is as the inventory says.

    note: kubectl is not on this workstation
    ");
}

#[test]
fn in_colours_a_diffs_lines_are_green_and_red() {
    let text = render(&plan(), None, Paint::Colours);

    assert!(text.contains("\u{1b}[32m+  server cp1 10.0.0.11:6443 check\u{1b}[0m"));
    assert!(text.contains("\u{1b}[31m-  server old 10.0.0.1:6443\u{1b}[0m"));
}
