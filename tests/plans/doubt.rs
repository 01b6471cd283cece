//! Members of etcd of which nothing is known, and etcds that kubeadm would refuse.

use std::collections::{BTreeMap, BTreeSet};

use hawser::error::Problem;
use hawser::facts::{Health, HostFacts, MemberFact, Observation, Observed};
use hawser::plan::Plan;
use hawser::planner::{self, Allowance};
use hawser::topology::{EtcdManager, Topology, Version};

use crate::inventory::{control_plane, external, stacked};
use crate::listing::page;
use crate::world::World;

/// What is seen of a world in which a member does not answer in time.
fn observed(world: &World, silent: &str) -> Observation {
    let mut observation = world.observe();
    for facts in observation.values_mut().filter_map(|facts| facts.as_mut().ok()) {
        for member in lists(facts).flatten() {
            if member.name == silent {
                member.health = Health::Unknown("no answer within 5 s".to_owned());
            }
        }
    }
    observation
}

/// The lists of members on a host: a control plane's, an etcd host's.
fn lists(facts: &mut HostFacts) -> impl Iterator<Item = &mut [MemberFact]> {
    let HostFacts { cluster, etcd, .. } = facts;
    let of_plane = cluster.as_mut().map(|view| list(&mut view.etcd));
    let of_etcd = etcd.as_mut().map(|etcd| list(&mut etcd.members));
    of_plane.into_iter().chain(of_etcd)
}

fn list(members: &mut Observed<Vec<MemberFact>>) -> &mut [MemberFact] {
    match members {
        Observed::Known(members) => members.as_mut_slice(),
        Observed::Unknown(_) => &mut [],
    }
}

fn plan(world: &World, observation: &Observation) -> Result<Plan, Vec<Problem>> {
    planner::plan(&world.topology, observation, &Allowance::default())
}

#[test]
fn a_member_that_does_not_answer_is_named_though_nothing_is_to_be_done() {
    let world = World::built(stacked(3, 0));

    let plan = plan(&world, &observed(&world, "cp2")).unwrap();

    assert!(plan.is_empty());
    let reported = &plan.notes[0].text;
    assert!(
        reported.starts_with("etcd: whether cp2 runs is unknown (no answer within 5 s)"),
        "{reported}"
    );
}

#[test]
fn a_member_of_which_nothing_is_known_is_not_removed_and_its_host_is_not_reset() {
    let mut world = World::built(stacked(3, 0));
    world.empty("cp2");

    let known = plan(&world, &world.observe()).unwrap();
    let unknown = plan(&world, &observed(&world, "cp2"));

    assert!(
        known.steps().any(|step| step.id.0.contains("remove")),
        "{known:?}"
    );
    insta::assert_snapshot!(page(&world, &unknown));
}

#[test]
fn a_member_of_which_nothing_is_known_is_not_said_not_to_run() {
    let mut world = World::built(stacked(3, 0));
    world.add(control_plane(4));

    insta::assert_snapshot!(page(&world, &plan(&world, &observed(&world, "cp2"))));
}

#[test]
fn a_member_that_is_missed_by_the_quorum_is_counted_neither_way_while_nothing_is_known_of_it() {
    let mut world = World::built(stacked(3, 0));
    world.empty("cp2");
    world.machine("cp3").facts.cluster = None;
    let mut observation = observed(&world, "cp3");
    let cp3 = observation.get_mut(&"cp3".into()).unwrap().as_mut().unwrap();
    cp3.cluster = None;
    cp3.units.get_mut("kubelet").unwrap().active_for_s = 3600;

    let problems = plan(&world, &observation).unwrap_err();

    let reported = format!("{problems:?}");
    assert!(
        reported.contains(
            "1 of 3 listed members run, the quorum is 2; whether cp3 runs is unknown (no answer within 5 s)"
        ),
        "{reported}"
    );
}

#[test]
fn a_member_under_systemd_of_which_nothing_is_known_is_not_started_again() {
    let world = World::built(by(EtcdManager::Systemd, external(2, 1)));

    insta::assert_snapshot!(page(&world, &plan(&world, &observed(&world, "etcd2"))));
}

fn by(manager: EtcdManager, mut topology: Topology) -> Topology {
    topology.external_etcd.manager = manager;
    topology
}

/// Fresh hosts with the kubeadm of 1.36.2.
fn of_today(manager: EtcdManager) -> World {
    let mut topology = by(manager, external(2, 1));
    topology.version = Version::new(1, 36, 2);
    World::fresh(topology)
}

fn etcd_is(world: &mut World, version: Option<Version>) {
    for name in ["etcd1", "etcd2", "etcd3"] {
        world.etcd(name).version = version;
    }
}

#[test]
fn an_etcd_that_kubeadm_would_refuse_is_refused_before_anything_changes() {
    let mut world = of_today(EtcdManager::Systemd);
    etcd_is(&mut world, Some(Version::new(3, 5, 24)));
    assert!(world.plan().is_ok(), "{:?}", world.plan());

    world.etcd("etcd2").version = Some(Version::new(3, 4, 23));

    insta::assert_snapshot!(page(&world, &world.plan()));
    // kubeadm is told not to ask.
    world.topology.kubeadm.ignore_preflight_errors = vec!["ExternalEtcdVersion".to_owned()];
    assert!(world.plan().is_ok(), "{:?}", world.plan());
}

#[test]
fn an_old_image_of_etcd_is_refused_before_anything_changes() {
    let mut world = of_today(EtcdManager::Kubelet);
    let images = |tag: &str| Observed::Known(vec![format!("registry.k8s.io/etcd:{tag}")]);
    world.machine("etcd1").facts.kubernetes.needed_images = images("3.6.8-0");
    assert!(world.plan().is_ok(), "{:?}", world.plan());

    world.machine("etcd1").facts.kubernetes.needed_images = images("3.5.15-0");

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn an_older_kubeadm_takes_an_older_etcd() {
    let mut topology = by(EtcdManager::Systemd, external(2, 1));
    topology.version = Version::new(1, 20, 2);
    let mut world = World::fresh(topology);
    etcd_is(&mut world, Some(Version::new(3, 4, 23)));

    assert!(world.plan().is_ok(), "{:?}", world.plan());
}

#[test]
fn an_etcd_that_is_installed_in_the_run_is_looked_at_before_it_is_started() {
    let mut world = of_today(EtcdManager::Systemd);
    etcd_is(&mut world, None);

    let plan = world.plan().unwrap();

    let of_etcd1 = plan.steps().filter(|step| step.host.0 == "etcd1");
    let steps: Vec<&str> = of_etcd1.map(|step| step.id.0.as_ref()).collect();
    let place = |what: &str| steps.iter().position(|id| id.contains(what)).unwrap();
    assert!(place("check-etcd-new-enough") < place("start-etcd"), "{steps:?}");
}

#[test]
fn flags_that_the_hosts_etcd_does_not_know_are_refused_where_it_is_started() {
    let mut topology = by(EtcdManager::Systemd, external(2, 1));
    let flags = BTreeSet::from(["data-dir", "name", "watch-progress-notify-interval"].map(str::to_owned));
    let mut built = World::built(topology.clone());
    topology.external_etcd.arguments = BTreeMap::from([(
        "experimental-watch-progress-notify-interval".to_owned(),
        "1m".to_owned(),
    )]);
    let mut world = World::fresh(topology.clone());
    built.topology = topology;
    for world in [&mut world, &mut built] {
        world.etcd("etcd1").flags = Observed::Known(flags.clone());
    }

    insta::assert_snapshot!(page(&world, &world.plan()));
    assert!(
        built.plan().is_ok(),
        "one that runs is not started: {:?}",
        built.plan()
    );
}
