//! What runs in another version than the inventory says is told, and nothing is done about it.

use hawser::facts::Observed;
use hawser::topology::Version;
use hawser::verify::{failed_expectations, remarks};

use crate::inventory::stacked;
use crate::listing::page;
use crate::world::World;

const OLDER: Version = Version::new(1, 19, 7);
const NEWER: Version = Version::new(1, 21, 3);

#[test]
fn one_newer_api_server() {
    let mut world = World::built(stacked(3, 1));
    world.machine("cp1").runs = Some(NEWER);

    let plan = world.plan();

    assert!(plan.as_ref().unwrap().is_empty());
    insta::assert_snapshot!(page(&world, &plan), @"warning: cp1 runs v1.21.3, the inventory says v1.20.2; hawser does not upgrade yet");
    assert_eq!(
        remarks(&world.topology, &world.observe()),
        ["cp1 runs v1.21.3, the inventory says v1.20.2; hawser does not upgrade yet"]
    );
    assert_eq!(failed_expectations(&world.topology, &world.observe(), &[]), []);
}

#[test]
fn api_servers_of_three_versions() {
    let mut world = World::built(stacked(5, 0));
    for (name, version) in [("cp1", OLDER), ("cp2", OLDER), ("cp4", NEWER)] {
        world.machine(name).runs = Some(version);
    }

    insta::assert_snapshot!(page(&world, &world.plan()), @r"
    warning: cp1, cp2 run v1.19.7, the inventory says v1.20.2; hawser does not upgrade yet
    warning: cp4 runs v1.21.3, the inventory says v1.20.2; hawser does not upgrade yet
    ");
}

#[test]
fn a_kubelet_that_runs_in_another_version_than_is_installed() {
    let mut world = World::built(stacked(3, 1));
    world.node("w1").version = OLDER.to_string();

    insta::assert_snapshot!(page(&world, &world.plan()), @"warning: kubelet on w1 runs v1.19.7, and v1.20.2 is installed: `systemctl restart kubelet` on w1 starts that");
}

/// A look at health alone does not ask what is installed.
#[test]
fn a_kubelet_of_another_version_is_told_by_the_cluster_alone() {
    let mut world = World::built(stacked(3, 2));
    for name in ["w1", "w2"] {
        world.node(name).version = OLDER.to_string();
        world.machine(name).facts.versions.kubelet = None;
    }

    assert_eq!(
        remarks(&world.topology, &world.observe()),
        ["kubelet on w1, w2 runs v1.19.7, the inventory says v1.20.2; hawser does not upgrade yet"]
    );
}

#[test]
fn an_api_server_that_does_not_answer_is_no_other_version() {
    let world = World::built(stacked(3, 0));
    let mut observation = world.observe();
    let cp1 = observation.get_mut(&"cp1".into()).unwrap().as_mut().unwrap();
    cp1.cluster.as_mut().unwrap().version = Observed::Unknown("refused".to_owned());

    assert_eq!(remarks(&world.topology, &observation), Vec::<String>::new());
}
