//! etcd on the control planes: what is asked of it, and told, before a control plane joins a cluster that runs.

use hawser::error::{ExitCode, Problem, most_severe};
use hawser::plan::Plan;
use hawser::topology::Version;

use crate::inventory::{control_plane, stacked};
use crate::listing::{assert_sound, limited_to, page};
use crate::world::World;

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

/// Three control planes, and a fourth in the inventory.
fn with_a_fourth() -> World {
    let mut world = World::built(stacked(3, 0));
    world.add(control_plane(4));
    world
}

/// Somebody else's member, of a host that the inventory does not name.
fn with_a_stranger() -> World {
    let mut world = with_a_fourth();
    world.list(&"cp9".into());
    world
}

fn sums(plan: &Plan) -> Vec<&str> {
    let seen = plan
        .steps()
        .filter(|step| step.id.0.contains("check-etcd-complete-before"));
    seen.map(|step| step.title.as_ref()).collect()
}

#[test]
fn nothing_joins_while_a_member_is_down_that_this_run_does_not_mend() {
    let mut world = with_a_fourth();
    world.stop_kubelet("cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn nothing_joins_while_somebody_elses_learner_waits() {
    let mut world = with_a_stranger();
    world.members.last_mut().unwrap().learner = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn nothing_joins_while_somebody_elses_member_has_not_started() {
    let problems = with_a_stranger().plan().unwrap_err();

    assert_eq!(problems[0].headline(), "refused: cannot add cp4 to etcd now");
    assert_eq!(
        problems[0].explain().details[0],
        "quorum check: 3 of 4 voting members run, 3 needed; with cp4, 3 of 5 needed. hawser adds a member only if all voting members run and no other learner waits"
    );
}

#[test]
fn nothing_joins_while_the_host_of_a_member_is_gone() {
    let mut world = with_a_fourth();
    world.machine("cp2").silent = Some(Problem::Unreachable {
        host: "cp2".into(),
        address: "10.0.0.12:22".to_owned(),
        cause: "timed out after 10 s".to_owned(),
    });

    let exit = most_severe(&world.plan().unwrap_err());

    insta::assert_snapshot!(planned(&world));
    assert_eq!(exit, Some(ExitCode::Unsafe));
}

#[test]
fn what_a_limit_leaves_half_joined_keeps_the_next_from_joining() {
    let mut world = with_a_fourth();
    world.add(control_plane(5));
    world.list(&"cp5".into());

    let limited = world.plan_with(&limited_to(&["cp4"])).unwrap_err();

    assert_eq!(limited[0].headline(), "refused: cannot add cp4 to etcd now");
    let plan = world.plan().unwrap();
    assert_sound(&world, &plan);
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn the_sum_is_asked_for_before_each_join() {
    for version in [Version::new(1, 20, 2), Version::new(1, 30, 4)] {
        let mut topology = stacked(1, 0);
        topology.version = version;
        let mut world = World::built(topology);
        world.add(control_plane(2));
        world.add(control_plane(3));

        let plan = world.plan().unwrap();

        assert_eq!(
            sums(&plan),
            [
                "check the etcd quorum before adding cp2: 1 of 1 members run, no learner (quorum 1; with cp2 2 of 2)",
                "check the etcd quorum before adding cp3: 2 of 2 members run, no learner (quorum 2; with cp3 2 of 3)",
            ]
        );
        let reported = &plan.notes[plan.notes.len() - 1].text;
        assert_eq!(
            reported,
            "this run adds to etcd, one member at a time: cp2 and cp3; 1 voting now (1 running, quorum 1), 3 at the end (quorum 2); \
             with two members, both must run"
        );
        world.apply(&plan).unwrap();
        assert_eq!(world.violations, Vec::<String>::new());
    }
}

#[test]
fn a_member_that_goes_first_is_not_counted() {
    let mut world = World::built(stacked(3, 0));
    world.empty("cp3");

    let plan = world.plan().unwrap();

    assert_eq!(
        sums(&plan),
        [
            "check the etcd quorum before adding cp3: 2 of 2 members run, no learner (quorum 2; with cp3 2 of 3)"
        ]
    );
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn a_member_that_runs_is_not_removed_whatever_else_its_host_lacks() {
    let mut world = World::built(stacked(3, 0));
    world.machine("cp2").facts.kubernetes.has_kubelet_conf = false;
    world.add(control_plane(4));

    assert_eq!(most_severe(&world.plan().unwrap_err()), Some(ExitCode::Unsafe));
    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_first_build_adds_its_members_without_asking() {
    let plan = World::fresh(stacked(3, 1)).plan().unwrap();

    assert_eq!(sums(&plan), Vec::<&str>::new());
}
