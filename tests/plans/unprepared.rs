//! Hosts that are not prepared, or not in every respect.

use hawser::facts::PreparationFacts;
use hawser::plan::{Necessity, PhaseName};
use hawser::topology::{HostFile, Role, Swap, Topology};

use crate::bare::{bare, nothing, preparation, strip};
use crate::inventory::{audit_policy, stacked};
use crate::listing::{limited_to, page};
use crate::world::World;

#[test]
fn a_worker_that_cannot_be_prepared_may_lag_and_nobody_else() {
    let mut topology = stacked(3, 2);
    topology.hosts[2].roles.insert(Role::Worker);
    topology.files = vec![HostFile {
        roles: [Role::Worker].into(),
        ..audit_policy()
    }];
    let plan = bare(topology.clone()).plan().unwrap();
    let of_hosts = [
        PhaseName::Prepare,
        PhaseName::Files,
        PhaseName::EndpointPath,
        PhaseName::Join,
    ];

    for phase in plan.phases.iter().filter(|phase| of_hosts.contains(&phase.name)) {
        for chain in phase.lanes.iter().flat_map(|lane| &lane.chains) {
            let may_lag = chain.necessity == Necessity::Tolerated;
            assert_eq!(
                may_lag,
                chain.subject.0.starts_with('w'),
                "{}: {}",
                phase.name,
                chain.subject
            );
        }
    }
}

#[test]
fn a_host_of_another_distribution_must_come_prepared() {
    let mut world = bare(stacked(1, 1));
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    (found.system, found.is_debians) = ("Rocky Linux 9.4".to_owned(), false);

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_host_of_another_distribution_that_has_all_it_needs_is_taken_as_it_is() {
    let mut world = World::fresh(Topology {
        preparation: Some(preparation()),
        ..stacked(1, 0)
    });
    for machine in world.hosts.values_mut() {
        machine.facts.preparation = Some(PreparationFacts {
            is_debians: false,
            ..nothing()
        });
    }

    let plan = world.plan().unwrap();

    assert!(plan.phases.iter().all(|phase| phase.name != PhaseName::Prepare));
}

#[test]
fn what_is_in_use_is_left_as_it_is_and_told() {
    let mut world = bare(stacked(1, 1));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    found.swap.push("active /swapfile".to_owned());
    world.topology.preparation.as_mut().unwrap().sandbox_image = Some("k8s.gcr.io/pause:3.5".to_owned());

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_worker_more_is_prepared_while_the_others_run() {
    let mut world = bare(stacked(1, 0));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    world.add(crate::inventory::worker(1));
    strip(world.machine("w1"));

    let plan = world.plan().unwrap();

    assert!(plan.phases[0].steps().all(|step| step.host == "w1".into()));
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn a_host_that_the_limit_leaves_out_is_not_taken_for_prepared() {
    let world = bare(stacked(1, 1));

    let problems = world.plan_with(&limited_to(&["cp1"])).unwrap_err();

    let reported: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let lb1 = reported
        .iter()
        .find(|text| text.contains("lb1: haproxy"))
        .unwrap();
    assert!(lb1.contains("--limit leaves it out"), "{lb1}");
}

#[test]
fn swap_stays_where_the_inventory_keeps_it() {
    let mut world = bare(stacked(1, 0));
    world.topology.preparation.as_mut().unwrap().swap = Swap::Keep;

    let plan = world.plan().unwrap();

    assert!(plan.steps().all(|step| !step.id.0.ends_with("/turn-swap-off")));
}
