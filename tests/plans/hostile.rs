//! Hostile worlds: any mix of this cluster's, another cluster's and strangers' things on the hosts, facts that are
//! missing, a world that moves between the plan and its steps.
//!
//! Whatever is planned and done: nothing is lost that is not this cluster's, a living cluster is never initialised, no
//! step breaks the quorum, no host that serves is reset; and when the world is calm the runs end, with everything as it
//! should be or refused for a reason. `HAWSER_WORLDS` says how many worlds are tried, `HAWSER_WORLD` tries one.

use std::sync::LazyLock;

use hawser::error::Problem;
use hawser::facts::{ClusterView, Health, HostFacts, Observation, Observed};
use hawser::plan::Plan;
use hawser::planner::{self, Allowance};
use hawser::topology::{HostName, Topology, Version};
use support::dice::Dice;

use crate::doing::Cut;
use crate::foreign::Thing;
use crate::inventory::{compact, compact_external, control_plane, external, stacked, worker};
use crate::listing::assert_sound;
use crate::world::World;

/// What the worlds begin from: made once, and copied.
static BEGINNINGS: LazyLock<Vec<World>> = LazyLock::new(|| {
    let versions = [
        Version::new(1, 20, 2),
        Version::new(1, 31, 4),
        Version::new(1, 36, 2),
    ];
    let in_version = |version| move |topology: Topology| Topology { version, ..topology };
    let mut worlds = Vec::new();
    for version in versions {
        let mut inventories = vec![stacked(3, 2), stacked(1, 1), compact(2)];
        if version.minor == 20 {
            // The model's etcd hosts run Debian's etcd 3.4.
            inventories.extend([external(2, 1), compact_external()]);
        }
        for topology in inventories.into_iter().map(in_version(version)) {
            worlds.push(World::fresh(topology.clone()));
            worlds.push(World::built(topology));
        }
        let mut growing = World::built(in_version(version)(stacked(1, 1)));
        growing.add(control_plane(2));
        growing.add(control_plane(3));
        growing.add(worker(2));
        worlds.push(growing);
    }
    worlds
});

/// Something that happens while nobody looks.
fn befall(world: &mut World, dice: &mut Dice) {
    let names: Vec<HostName> = world.hosts.keys().cloned().collect();
    let name = dice.pick(&names).clone();
    let is_node = world.host(&name).is_node();
    match dice.roll(12) {
        0 | 1 if is_node && world.things_on(&name).is_empty() => world.stop_kubelet(&name.0),
        2 if is_node && world.things_on(&name).is_empty() => world.empty(&name.0),
        3 if is_node => drop(world.nodes.remove(&name)),
        4 => world.has_proxy = false,
        5 if is_node && world.things_on(&name).is_empty() => {
            let found = &mut world.machine(&name.0).facts.kubernetes;
            found.lacks_client_certificate |= found.has_kubelet_conf;
        }
        6 => world.settle_stranger(&name, Thing::Etcd),
        7 => world.settle_stranger(&name, Thing::Kubelet),
        8 => world.settle_stranger(&name, Thing::Balancer),
        9 if is_node
            && world.things_on(&name).is_empty()
            && !world.has_etcd_hosts()
            && world.members.len() > 1 =>
        {
            world.machine(&name.0).facts.kubernetes.has_etcd_data = false;
        }
        10 => (world.has_token, world.has_certificates) = (false, false),
        _ => world.wake(),
    }
}

/// What of an observation does not arrive.
fn mangled(mut observation: Observation, dice: &mut Dice) -> Observation {
    for (name, found) in &mut observation {
        if dice.once_in(24) {
            *found = Err(Problem::Probe {
                host: name.clone(),
                what: "what is on it".to_owned(),
                cause: "no answer came in time".to_owned(),
            });
        } else if let Ok(facts) = found {
            mangle(facts, dice);
        }
    }
    observation
}

fn lose<T>(fact: &mut Observed<T>, dice: &mut Dice) {
    if dice.once_in(16) {
        *fact = Observed::Unknown("timed out".to_owned());
    }
}

fn mangle(facts: &mut HostFacts, dice: &mut Dice) {
    lose(&mut facts.endpoint_resolves_to, dice);
    lose(&mut facts.endpoint_speaks_tls, dice);
    lose(&mut facts.kubernetes.images, dice);
    lose(&mut facts.kubernetes.needed_images, dice);
    facts.files.values_mut().for_each(|file| lose(file, dice));
    if let Some(balancer) = &mut facts.balancer {
        lose(&mut balancer.running, dice);
        lose(&mut balancer.servers, dice);
        lose(&mut balancer.vip_answers, dice);
    }
    if let Some(view) = &mut facts.cluster {
        mangle_view(view, dice);
    }
}

fn mangle_view(view: &mut ClusterView, dice: &mut Dice) {
    lose(&mut view.ready, dice);
    lose(&mut view.ready_through_endpoint, dice);
    lose(&mut view.version, dice);
    lose(&mut view.nodes, dice);
    lose(&mut view.etcd, dice);
    lose(&mut view.cluster_configuration, dice);
    lose(&mut view.workloads, dice);
    lose(&mut view.applied, dice);
    lose(&mut view.has_cluster_info, dice);
    if let Observed::Known(members) = &mut view.etcd {
        for member in members.iter_mut().filter(|_| dice.once_in(8)) {
            member.health = Health::Unknown("no answer within 5 s".to_owned());
        }
    }
}

/// A run in the middle of all that.
fn hostile_run(world: &mut World, dice: &mut Dice) {
    let observation = mangled(world.observe(), dice);
    let allowance = Allowance {
        max_unreachable_workers: dice.roll(2),
        ..Allowance::default()
    };
    let Ok(plan) = planner::plan(&world.topology, &observation, &allowance) else {
        return;
    };
    world.is_hostile = true;
    world.dice = dice.once_in(2).then(|| dice.clone());
    let cut = Cut {
        after: dice.roll(120),
        parts: dice.roll(10),
        pace: dice.roll(1 << 20) as u64,
    };
    // A step that fails ends the run; what matters is what it has done by then.
    let _ = world.apply_until(&plan, cut);
    world.dice = None;
    world.is_hostile = false;
}

/// What moves between two steps.
pub(crate) fn meanwhile(world: &mut World) {
    let Some(mut dice) = world.dice.take() else { return };
    if dice.once_in(10) {
        befall(world, &mut dice);
    }
    world.dice = Some(dice);
}

/// In a calm world the runs end.
fn calm(world: &mut World) -> Result<(), String> {
    let mut reported = Vec::new();
    for _ in 0..6 {
        world.wake();
        match world.plan() {
            Ok(plan) if plan.is_empty() => return Ok(()),
            Ok(plan) => {
                assert_sound(world, &plan);
                reported.push(format!("{:?}: {:?}", names(&plan), world.apply(&plan)));
            }
            Err(problems) => {
                let before = world.clone();
                world.wake();
                if before == *world {
                    return reasoned(&problems);
                }
            }
        }
        if !world.violations.is_empty() {
            return Ok(());
        }
    }
    Err(format!("no end: {}", reported.join(" | ")))
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.changes().map(|step| step.id.0.as_str()).collect()
}

/// A refusal says what to do.
fn reasoned(problems: &[Problem]) -> Result<(), String> {
    for problem in problems {
        let reported = problem.explain();
        if reported.hint.is_empty() {
            return Err(format!("refused without a way out: {problem:?}"));
        }
    }
    Ok(())
}

/// One world, from its seed.
fn live_through(seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed);
    let mut world = dice.pick(&BEGINNINGS).clone();
    for _ in 0..dice.roll(5) {
        befall(&mut world, &mut dice);
    }
    for _ in 0..=dice.roll(3) {
        hostile_run(&mut world, &mut dice);
        befall(&mut world, &mut dice);
    }
    let ended = calm(&mut world);
    if world.violations.is_empty() {
        ended
    } else {
        Err(world.violations.join("; "))
    }
}

/// About twenty seconds of one processor; `make faults` tries ten thousand.
const DEFAULT_WORLDS: u64 = 1000;

fn worlds() -> u64 {
    let wanted = std::env::var("HAWSER_WORLDS").ok();
    wanted.map_or(DEFAULT_WORLDS, |wanted| wanted.parse().unwrap())
}

/// Every fourth world, so that the four tests run beside each other.
fn try_worlds(first: u64) {
    let one = std::env::var("HAWSER_WORLD")
        .ok()
        .map(|seed| seed.parse::<u64>().unwrap());
    let seeds: Vec<u64> = match one {
        Some(seed) => (seed % 4 == first).then_some(seed).into_iter().collect(),
        None => (first..worlds()).step_by(4).collect(),
    };
    let broken: Vec<String> = seeds
        .into_iter()
        .filter_map(|seed| {
            let ended = std::panic::catch_unwind(|| live_through(seed));
            let reported = ended.unwrap_or_else(|_| Err("panicked".to_owned()));
            reported.err().map(|why| format!("world {seed}: {why}"))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "{} broken:\n{}",
        broken.len(),
        broken[..broken.len().min(12)].join("\n")
    );
}

#[test]
fn no_hostile_world_is_harmed_1() {
    try_worlds(0);
}

#[test]
fn no_hostile_world_is_harmed_2() {
    try_worlds(1);
}

#[test]
fn no_hostile_world_is_harmed_3() {
    try_worlds(2);
}

#[test]
fn no_hostile_world_is_harmed_4() {
    try_worlds(3);
}
