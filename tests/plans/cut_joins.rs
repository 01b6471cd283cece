//! Every point at which a join may stop, and what the next run does about it: in the order of each kubeadm, with the
//! token gone, after a power cut or when kubeadm's own time ran out.

use std::fmt::Write;

use hawser::topology::{Host, Topology, Version};
use hawser::verify::failed_expectations;

use crate::doing::Cut;
use crate::inventory::{control_plane, stacked, worker};
use crate::kubeadm::names_of_parts;
use crate::listing::assert_sound;
use crate::world::World;

const VERSIONS: [Version; 4] = [
    Version::new(1, 20, 2),
    Version::new(1, 31, 4),
    Version::new(1, 33, 1),
    Version::new(1, 36, 2),
];

/// Why the join stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Why {
    /// The host lost power, and is back: its kubelet runs if it has what it needs.
    Power,
    /// kubeadm ended by itself, as a time was out: it takes the bootstrap identity away.
    TimeOut,
}

/// A cluster of so many control planes, to which a host joins until so many parts are done.
fn stopped((version, planes): (Version, u8), joining: &Host, parts: usize, why: Why) -> World {
    let topology = Topology {
        version,
        ..stacked(planes, 0)
    };
    let mut world = World::built(topology);
    world.add(joining.clone());
    let plan = world.plan().unwrap();
    let join = format!("{}/join", joining.name);
    let after = plan.steps().position(|step| step.id.0 == join).unwrap();
    let cut = Cut {
        after,
        parts,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();
    (world.has_token, world.has_certificates) = (false, false);
    match why {
        Why::Power => {
            world.stop_kubelet(&joining.name.0);
            world.wake();
        }
        Why::TimeOut => {
            let found = &mut world.machine(&joining.name.0).facts.kubernetes;
            found.has_bootstrap_kubelet_conf = false;
        }
    }
    world.machine(&joining.name.0).facts.kubernetes.has_leftovers = false;
    world
}

/// What is done to a host's membership, in short, or why nothing is.
fn planned(world: &World, name: &str) -> String {
    let plan = match world.plan() {
        Ok(plan) => plan,
        Err(problems) => {
            let refused = problems
                .iter()
                .map(|problem| problem.explain().headline.replace("refused: ", ""));
            return format!("refused: {}", refused.collect::<Vec<_>>().join("; "));
        }
    };
    assert_sound(world, &plan);
    let about = [
        "reset",
        "join",
        "write-bootstrap-identity",
        "restart-control-plane",
        "await-certificate",
        "finish-join",
        "remove-bootstrap-identity",
    ];
    let whats = plan.steps().filter_map(|step| step.id.0.split_once('/'));
    let whats = whats.filter(|(host, what)| {
        let own = *host == name && about.contains(what);
        let others = ["remove-member-", "delete-node-", "finish-"];
        own || others.iter().any(|other| *what == format!("{other}{name}"))
    });
    let whats: Vec<&str> = whats.map(|(_, what)| what).collect();
    if whats.is_empty() {
        return "nothing".to_owned();
    }
    whats.join(", ")
}

/// The next runs come to a whole cluster.
fn expect_mended(world: &mut World, row: &str) {
    for _ in 0..2 {
        let plan = world.plan().unwrap();
        assert_eq!(world.apply(&plan), Ok(()), "{row}");
    }
    assert_eq!(world.violations, Vec::<String>::new(), "{row}");
    assert!(world.plan().unwrap().is_empty(), "{row}");
    assert_eq!(
        failed_expectations(&world.topology, &world.observe(), &[]),
        [],
        "{row}"
    );
}

/// A line for each part after which the join may stop.
fn table(planes: u8, joining: &Host) -> String {
    let name = &joining.name.0;
    let mut text = String::new();
    for version in VERSIONS {
        let names = names_of_parts(version, joining);
        for why in [Why::Power, Why::TimeOut] {
            let _ = writeln!(text, "{version}, {why:?}");
            for (number, part) in names.iter().enumerate() {
                let mut world = stopped((version, planes), joining, number + 1, why);
                let row = planned(&world, name);
                let _ = writeln!(text, "  after {part}: {row}");
                if !row.starts_with("refused") {
                    expect_mended(&mut world, &format!("{version}, {why:?}, {part}"));
                }
            }
        }
    }
    text
}

#[test]
fn a_second_control_planes_join() {
    insta::assert_snapshot!(table(1, &control_plane(2)));
}

#[test]
fn a_third_control_planes_join() {
    insta::assert_snapshot!(table(2, &control_plane(3)));
}

#[test]
fn a_workers_join() {
    insta::assert_snapshot!(table(1, &worker(1)));
}

/// Nobody answers for etcd without the half-joined host, whose kubelet cannot start as kubeadm took its bootstrap
/// identity away: it is started with a token that there is no API yet to make.
#[test]
fn a_member_that_etcd_needs_is_started_before_its_token_is_made() {
    let mut world = stopped((Version::new(1, 36, 2), 1), &control_plane(2), 6, Why::TimeOut);
    world.stop_kubelet("cp2");
    assert!(!world.any_well());

    assert_eq!(
        planned(&world, "cp2"),
        "write-bootstrap-identity, restart-control-plane, await-certificate, finish-join, remove-bootstrap-identity"
    );
    expect_mended(&mut world, "cp2");
}

/// A member whose kubelet has lost its certificate runs on: it is not taken down for that.
#[test]
fn a_kubelet_that_has_lost_its_certificate_gets_a_new_one() {
    let mut world = World::built(Topology {
        version: Version::new(1, 36, 2),
        ..stacked(3, 0)
    });
    world.machine("cp2").facts.kubernetes.lacks_client_certificate = true;

    insta::assert_snapshot!(crate::listing::page(&world, &world.plan()));
    expect_mended(&mut world, "cp2");
}
