//! etcd on hosts of its own grows: one member at a time, with the quorum's sum, and what asks etcd follows.

use std::collections::BTreeSet;

use hawser::plan::Plan;
use hawser::planner::Allowance;
use hawser::remote::files::{API_SERVER, etcd_servers};
use hawser::topology::{EtcdManager, HostName, Role};
use hawser::verify::failed_expectations;
use proptest::prelude::*;

use crate::doing::Cut;
use crate::etcd::identity;
use crate::inventory::{control_plane, etcd_host, external};
use crate::listing::{assert_sound, page};
use crate::world::World;

pub(crate) fn built(manager: EtcdManager) -> World {
    let mut topology = external(2, 1);
    topology.external_etcd.manager = manager;
    World::built(topology)
}

/// A cluster, and these etcd hosts in the inventory besides.
pub(crate) fn with_more(numbers: &[u8], manager: EtcdManager) -> World {
    let mut world = built(manager);
    world.knows_authority = false;
    for number in numbers {
        world.add(etcd_host(*number));
    }
    world
}

pub(crate) fn planned(world: &World) -> String {
    page(world, &world.plan())
}

pub(crate) fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps().map(|step| step.id.0.as_str()).collect()
}

impl World {
    /// All etcd hosts lose their power.
    fn switch_etcd_off(&mut self) {
        let hosts = self.topology.with_role(Role::Etcd);
        let hosts: Vec<HostName> = hosts.map(|host| host.name.clone()).collect();
        for host in &hosts {
            for unit in ["kubelet", "etcd"] {
                if self.hosts[host]
                    .facts
                    .units
                    .get(unit)
                    .is_some_and(|unit| unit.active)
                {
                    self.machine(&host.0).unit(unit, false);
                }
            }
        }
    }
}

/// Does the plan up to a step, which is not done any more.
fn cut_before(world: &mut World, step: &str) {
    let plan = world.plan().unwrap();
    let after = ids(&plan).iter().position(|id| *id == step).unwrap();
    let cut = Cut {
        after,
        parts: 0,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();
    world.knows_authority = false;
}

/// Does what is planned, and finds nothing left to do.
#[track_caller]
pub(crate) fn finish(world: &mut World) {
    let plan = world.plan().unwrap();
    assert_sound(world, &plan);
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
    let left = world.plan().unwrap();
    assert!(left.is_empty(), "{:?}", ids(&left));
    assert_eq!(failed_expectations(&world.topology, &world.observe(), &[]), []);
    expect_all_named(world);
}

/// Every API server, and kubeadm's configuration, names every member.
pub(crate) fn expect_all_named(world: &World) {
    let members = world.members.len();
    assert_eq!(world.etcd_endpoints.len(), members);
    for name in ["cp1", "cp2"] {
        let file = world.hosts[&name.into()].facts.files[API_SERVER].known().unwrap();
        assert_eq!(
            etcd_servers(file.text().unwrap()).unwrap().len(),
            members,
            "{name}"
        );
    }
}

#[test]
fn a_fourth_and_a_fifth_host_by_kubelet() {
    let mut world = with_more(&[4, 5], EtcdManager::Kubelet);

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn a_fourth_host_by_systemd() {
    let mut world = with_more(&[4], EtcdManager::Systemd);

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn a_sole_member_gets_a_second() {
    let mut topology = external(2, 1);
    topology
        .hosts
        .retain(|host| !["etcd2", "etcd3"].contains(&host.name.0.as_str()));
    let mut world = World::built(topology);
    world.add(etcd_host(2));

    let plan = world.plan().unwrap();

    let note = plan
        .notes
        .iter()
        .find(|note| note.text.contains("this run adds to etcd"))
        .unwrap();
    insta::assert_snapshot!(note.text, @"this run adds to etcd, one member at a time: etcd2; 1 voting now (1 running, quorum 1), 2 at the end (quorum 2); with two members, both must run");
    finish(&mut world);
}

#[test]
fn a_member_that_was_added_and_not_started_is_started() {
    let mut world = with_more(&[4], EtcdManager::Systemd);
    cut_before(&mut world, "etcd4/write/etc/systemd/system/etcd.service");
    assert!(world.members.iter().any(|member| member.learner));

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn a_learner_that_was_not_promoted_is_promoted_before_another_is_added() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    cut_before(&mut world, "etcd1/promote-etcd-member-etcd4");
    world.add(etcd_host(5));

    let plan = world.plan().unwrap();

    let changes: Vec<_> = ids(&plan);
    let place = |id: &str| changes.iter().position(|found| *found == id);
    assert_eq!(place("etcd1/add-etcd-member-etcd4"), None);
    assert!(place("etcd1/promote-etcd-member-etcd4") < place("etcd1/check-etcd-complete-before-etcd5"));
    finish(&mut world);
}

#[test]
fn a_members_vote_is_not_enough_where_kubeadms_configuration_does_not_follow_yet() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    cut_before(&mut world, "cp1/follow-etcd-in-kubeadm-config");

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn one_api_server_was_changed_and_one_not() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    cut_before(&mut world, "lb1/drain-cp2");

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn an_api_server_that_was_taken_out_is_let_in_before_the_next_is_taken_out() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    cut_before(&mut world, "cp1/await-etcd-servers");

    insta::assert_snapshot!(planned(&world));
    finish(&mut world);
}

#[test]
fn a_sole_control_plane_is_not_taken_out() {
    let mut world = World::built(external(1, 0));
    world.add(etcd_host(4));

    let plan = world.plan().unwrap();

    assert!(ids(&plan).contains(&"cp1/await-etcd-servers"));
    assert!(ids(&plan).iter().all(|id| !id.contains("/drain-")));
}

#[test]
fn a_control_plane_that_joins_meanwhile_gets_all_members_from_kubeadm() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    world.add(control_plane(3));

    let plan = world.plan().unwrap();

    assert!(!ids(&plan).contains(&"cp3/await-etcd-servers"));
    finish(&mut world);
    let file = world.hosts[&"cp3".into()].facts.files[API_SERVER]
        .known()
        .unwrap();
    assert_eq!(etcd_servers(file.text().unwrap()).unwrap().len(), 4);
}

#[test]
fn a_limit_adds_one_and_leaves_the_other() {
    let mut world = with_more(&[4, 5], EtcdManager::Kubelet);
    let limit = BTreeSet::from(["etcd5".into(), "cp1".into()]);
    let allowance = Allowance {
        limit,
        ..Allowance::default()
    };

    let plan = world.plan_with(&allowance);

    insta::assert_snapshot!(page(&world, &plan));
    world.apply(&plan.unwrap()).unwrap();
    finish(&mut world);
}

#[test]
fn a_cluster_that_has_grown_is_started_again_after_everything_was_switched_off() {
    for manager in [EtcdManager::Kubelet, EtcdManager::Systemd] {
        let mut world = with_more(&[4, 5], manager);
        finish(&mut world);
        assert_ne!(
            world.etcd_id,
            Some(identity(&world.topology)),
            "it began with three"
        );
        world.switch_etcd_off();
        let is_of_a_unit = |id: &&str| id.contains("/write/etc/systemd");
        for host in ["cp1", "cp2", "w1"] {
            world.stop_kubelet(host);
        }

        let plan = world.plan().unwrap();

        let written: Vec<_> = ids(&plan).into_iter().filter(is_of_a_unit).collect();
        assert_eq!(written, Vec::<&str>::new(), "what has data keeps its unit");
        world.apply(&plan).unwrap();
        assert_eq!(world.violations, Vec::<String>::new());
        assert!(world.has_quorum());
    }
}

#[test]
fn a_learner_that_was_switched_off_with_all_others_is_not_asked_what_only_a_voter_answers() {
    let mut world = with_more(&[4], EtcdManager::Systemd);
    cut_before(&mut world, "etcd1/promote-etcd-member-etcd4");
    world.switch_etcd_off();

    let plan = world.plan().unwrap();

    let asked = |id: &str| {
        let step = plan.steps().find(|step| step.id.0 == id).unwrap();
        step.until().unwrap().command.line()
    };
    assert!(asked("etcd3/start-etcd").contains("endpoint health -w json"));
    assert!(asked("etcd4/start-etcd").contains("it follows no leader yet"));
    assert!(asked("etcd1/await-etcd-leader").ends_with(" 3"));
    world.apply(&plan).unwrap();
    world.knows_authority = false;
    finish(&mut world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_is_cut_short_anywhere_is_finished_by_the_next(
        kubelet in any::<bool>(),
        cuts in proptest::collection::vec((0..60_usize, any::<u64>()), 0..4),
        power in any::<bool>(),
    ) {
        let manager = if kubelet { EtcdManager::Kubelet } else { EtcdManager::Systemd };
        let mut world = with_more(&[4, 5], manager);

        for (after, pace) in cuts {
            let plan = world.plan().unwrap();
            assert_sound(&world, &plan);
            let cut = world.apply_until(&plan, Cut { after, parts: 0, pace });
            world.knows_authority = false;
            world.has_snapshot = false;
            prop_assert_eq!(cut.err(), None);
            prop_assert!(world.violations.is_empty(), "{:?}", world.violations);
        }
        if power {
            world.switch_etcd_off();
            let plan = world.plan().unwrap();
            prop_assert_eq!(world.apply(&plan), Ok(()));
            world.knows_authority = false;
        }

        finish(&mut world);
    }
}
