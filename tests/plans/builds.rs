//! From nothing to a cluster, and to a larger one.

use hawser::error::Problem;
use hawser::planner::Allowance;
use hawser::report::paint::Paint;
use hawser::report::plan_text::{self, Detail};

use crate::inventory::{control_plane, stacked, worker};
use crate::listing::{limited_to, page};
use crate::world::World;

#[test]
fn fresh_hosts() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan()));
}

/// As a person reads it above the question: what equal hosts do is one line.
#[test]
fn the_plan_of_seven_fresh_hosts_fits_on_a_screen() {
    let plan = World::fresh(stacked(3, 2)).plan().unwrap();

    let text = plan_text::render(&plan, None, &Detail::Folded, Paint::Plain);

    insta::assert_snapshot!(text);
    assert!(text.lines().count() < 50, "{} lines", text.lines().count());
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
fn a_limit_within_which_nobody_answers_leaves_out_the_init_too() {
    let mut world = World::fresh(stacked(3, 2));
    world.machine("w1").silent = Some(Problem::Unreachable {
        host: "w1".into(),
        address: "10.0.0.31:22".to_owned(),
        cause: "no answer within 10 s".to_owned(),
    });
    let allowance = Allowance {
        max_unreachable_workers: 1,
        ..limited_to(&["w1"])
    };

    let refused = world.plan_with(&allowance).unwrap_err();

    assert!(
        refused[0].to_string().contains("--limit leaves out cp1"),
        "{refused:?}"
    );
}

#[test]
fn a_limit_that_names_nobody() {
    let world = World::fresh(stacked(3, 2));

    insta::assert_snapshot!(page(&world, &world.plan_with(&limited_to(&["cp9"]))));
}

/// Three hundred workers at ten at once take longer than a token lasts.
#[test]
fn the_runs_token_is_made_to_last_while_many_join() {
    let mut topology = stacked(5, 25);
    topology.workers_at_once = 6;
    let world = World::fresh(topology);

    let plan = world.plan().unwrap();

    let renewals = plan
        .steps()
        .filter_map(|step| step.id.0.strip_prefix("cp1/renew-token-for-"));
    let renewals: Vec<&str> = renewals.collect();
    assert_eq!(renewals, ["cp5", "w7", "w13", "w19", "w25"]);
    let join = plan
        .phases
        .iter()
        .find(|phase| phase.name == hawser::plan::PhaseName::Join)
        .unwrap();
    assert_eq!(join.lanes.last().unwrap().width, 6);
}
