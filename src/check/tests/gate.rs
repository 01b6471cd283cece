//! What keeps `apply` from building a host, and what does not.

use std::collections::BTreeSet;

use super::*;
use crate::check::host::{Fact, Finding};
use crate::check::{CheckedConnection, Grade, cells_of, evaluate, obstacles};
use crate::error::Problem;

fn hosts(names: &[&str]) -> BTreeSet<HostName> {
    names.iter().map(|name| HostName::from(*name)).collect()
}

fn examined(scene: &Scene, to: &str, purpose: Purpose, trial: &Trial) -> CheckedConnection {
    let cell = cell(scene.topology, "w1", to, purpose);
    CheckedConnection {
        evaluation: evaluate(scene, &cell, trial),
        listened: false,
        cell,
    }
}

/// From w1, which is to be built, to one end.
fn blocks_apply(topology: &Topology, found: &Observation, to: &str, purpose: Purpose, trial: &Trial) -> bool {
    let scene = Scene {
        topology,
        observation: found,
    };
    let connection = examined(&scene, to, purpose, trial);
    !obstacles(&scene, &hosts(&["w1"]), &[connection], &[]).is_empty()
}

fn finding(host: &str, fact: Fact, grade: Grade) -> Finding {
    Finding {
        host: host.into(),
        fact,
        grade,
        found: "as it is".to_owned(),
        fix: vec!["fix it".to_owned()],
        is_ignored: false,
    }
}

fn subjects(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::headline).collect()
}

#[test]
fn a_firewall_between_hosts_stands_before_init_and_after() {
    let topology = &stacked();
    for found in [fresh(topology), initialised(fresh(topology))] {
        for reached in [Reached::TimedOut, Reached::NoRoute, Reached::Unreachable] {
            assert!(blocks_apply(
                topology,
                &found,
                "cp1",
                Purpose::ApiServer,
                &trial(reached)
            ));
        }
    }
}

#[test]
fn what_may_be_what_this_run_mends_keeps_nobody_from_beginning() {
    let topology = &stacked();
    let found = initialised(fresh(topology));

    for reached in [Reached::Refused, Reached::Closed] {
        let reached = &trial(reached);
        assert!(!blocks_apply(
            topology,
            &found,
            "cp1",
            Purpose::ApiServer,
            reached
        ));
    }
    for reached in [
        Reached::NoRoute,
        Reached::TimedOut,
        Reached::Refused,
        Reached::Closed,
    ] {
        assert!(!blocks_apply(
            topology,
            &found,
            "endpoint",
            Purpose::Endpoint,
            &trial(reached)
        ));
    }
}

#[test]
fn another_cluster_at_the_endpoint_stands() {
    let topology = &stacked();
    for found in [fresh(topology), initialised(fresh(topology))] {
        assert!(blocks_apply(
            topology,
            &found,
            "endpoint",
            Purpose::Endpoint,
            &shows(OTHER_CA)
        ));
    }
}

#[test]
fn a_wrong_name_stands_unless_hawser_writes_it() {
    let wrong = resolves_to(&["198.51.100.1"]);
    let own = STACKED.replace("hosts_file = true", "hosts_file = false");
    for (head, expected) in [(STACKED, false), (own.as_str(), true)] {
        let topology = topology(
            head,
            &["lb1 balancer", "lb2 balancer", "cp1 control-plane", "w1 worker"],
        );
        let found = fresh(&topology);
        assert_eq!(
            blocks_apply(&topology, &found, "endpoint", Purpose::EndpointName, &wrong),
            expected
        );
    }
}

#[test]
fn only_errors_of_hosts_that_are_built_stand_and_each_has_its_way_on() {
    let topology = &stacked();
    let scene = Scene {
        topology,
        observation: &fresh(topology),
    };
    let findings = [
        finding("w1", Fact::Memory, Grade::Failed),
        finding("w1", Fact::DiskSpace, Grade::Warning),
        finding("w1", Fact::MacAddress, Grade::Unknown),
        finding("cp1", Fact::Swap, Grade::Failed),
        // That it cannot be looked at is the plan's to tell.
        finding("w1", Fact::Access, Grade::Failed),
    ];

    let problems = obstacles(&scene, &hosts(&["w1"]), &[], &findings);

    assert_eq!(subjects(&problems), ["not ready: memory on w1"]);
    insta::assert_snapshot!(problems[0].to_string());
}

#[test]
fn ways_are_tried_to_and_from_who_is_built_and_could_be_looked_at() {
    let topology = &stacked();
    let mut found = initialised(fresh(topology));
    let lost = Problem::Probe {
        host: "cp2".into(),
        what: "what is on it".to_owned(),
        cause: "gone".to_owned(),
    };
    found.insert("cp2".into(), Err(lost));
    let scene = Scene {
        topology,
        observation: &found,
    };

    let cells = cells_of(&scene, cells(topology, &Narrowing::default()), &hosts(&["w1"]));

    let shown: Vec<String> = cells
        .iter()
        .map(|cell| format!("{} → {} {:?}", cell.from, cell.to, cell.purpose))
        .collect();
    assert_eq!(
        shown,
        [
            "w1 → endpoint Endpoint",
            "w1 → endpoint EndpointName",
            "w1 → cp1 ApiServer",
            "cp1 → w1 Kubelet",
            "w1 → cp1 Kubelet",
        ]
    );
}
