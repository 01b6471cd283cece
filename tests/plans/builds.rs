//! From nothing to a cluster, and to a larger one.

use crate::inventory::{control_plane, stacked, worker};
use crate::listing::{limited_to, page};
use crate::world::World;

#[test]
fn fresh_hosts() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_whole_cluster_leaves_nothing_to_do() {
    let world = World::built(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan()), @"nothing to do");
}

#[test]
fn a_fourth_control_plane() {
    let mut world = World::built(stacked(3, 2));
    world.add(control_plane(4));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_third_worker() {
    let mut world = World::built(stacked(3, 2));
    world.add(worker(3));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_third_worker_alone() {
    let mut world = World::built(stacked(3, 2));
    world.add(worker(3));
    world.add(worker(4));
    world.topology.hosts[5]
        .labels
        .insert("disk".to_owned(), "ssd".to_owned());

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["w3"]))));
}

#[test]
fn a_control_plane_alone() {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    world.add(worker(1));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["cp2"]))));
}

#[test]
fn what_is_done_for_one_host_alone_leaves_nothing_half_done() {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    world.add(worker(1));

    let alone = world.plan_with(&limited_to(&["cp2"])).unwrap();

    assert_eq!(world.apply(&alone), Ok(()));
    let rest = world.plan().unwrap();
    assert!(rest.notes.is_empty());
    assert!(rest.changes().all(|step| step.host != "cp2".into()));
    assert_eq!(world.apply(&rest), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn workers_alone_where_nothing_is_yet() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["w1", "w2"]))));
}

#[test]
fn a_limit_that_names_nobody() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["cp9"]))));
}
