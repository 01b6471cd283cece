//! Two plans of the same world are equal, however much later the second is made: nothing that
//! passes by itself stands in a step.

use hawser::facts::{Observation, Observed};
use hawser::plan::PlanDigest;
use hawser::planner::{self, Allowance};

use crate::inventory::{compact, compact_external, external, stacked};
use crate::world::World;

fn digest(world: &World, observation: &Observation) -> Option<PlanDigest> {
    let plan = planner::plan(&world.topology, observation, &Allowance::default());
    plan.ok().map(|plan| plan.digest())
}

/// Ten minutes later: every clock and every age is another.
fn later(mut observation: Observation) -> Observation {
    const PASSED: i64 = 600;
    for facts in observation.values_mut().flatten() {
        facts.system.uptime_s += 600;
        for unit in facts.units.values_mut().filter(|unit| unit.active) {
            unit.active_for_s += 600;
        }
        let Some(etcd) = &mut facts.etcd else { continue };
        etcd.now_s += PASSED;
        for certificate in etcd.certificates.values_mut() {
            if let Observed::Known(left) = &mut certificate.left_s {
                *left -= PASSED;
            }
        }
        if let Some(Observed::Known(left)) = &mut etcd.authority_left {
            *left -= PASSED;
        }
    }
    observation
}

#[test]
fn plans_of_the_same_world_are_equal_at_any_time() {
    let mut compared = 0;
    for topology in [stacked(3, 2), compact(2), external(2, 1), compact_external()] {
        let complete = World::built(topology.clone());
        let mut damaged = vec![World::fresh(topology), complete.clone()];
        for name in complete.hosts.keys() {
            let mut world = complete.clone();
            world.empty(&name.0);
            damaged.push(world);
            let mut world = complete.clone();
            world.stop_kubelet(&name.0);
            world.machine(&name.0).unit("etcd", false);
            damaged.push(world);
        }
        for world in damaged {
            let now = digest(&world, &world.observe());
            let then = digest(&world, &later(world.observe()));
            compared += usize::from(now.is_some());

            match (now, then) {
                (Some(now), Some(then)) => assert_eq!(now.moved_to(&then), [""; 0]),
                (now, then) => assert_eq!(now, then),
            }
        }
    }
    assert!(compared > 20, "{compared} plans are too few to mean anything");
}

/// What the plan does is what it is compared by: what is told besides may be another.
#[test]
fn notes_are_not_compared() {
    let mut world = World::built(external(1, 1));
    let before = world.plan().unwrap();
    world.etcd("etcd1").certificates.get_mut("server").unwrap().left_s =
        Observed::Known(80 * crate::etcd::DAY);
    let after = world.plan().unwrap();

    assert_ne!(before.notes, after.notes);
    assert_eq!(before.digest(), after.digest());
}
