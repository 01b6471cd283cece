//! From nothing to a cluster, and to a larger one.

use std::collections::BTreeSet;

use hawser::planner::Allowance;

use crate::inventory::{control_plane, stacked, worker};
use crate::listing::page;
use crate::world::World;

fn limited_to(names: &[&str]) -> Allowance {
    Allowance {
        limit: names.iter().map(|name| (*name).into()).collect::<BTreeSet<_>>(),
        ..Allowance::default()
    }
}

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
fn workers_alone_where_nothing_is_yet() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["w1", "w2"]))));
}

#[test]
fn a_limit_that_names_nobody() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["cp9"]))));
}
