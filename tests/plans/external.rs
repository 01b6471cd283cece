//! etcd on hosts of its own: built, left alone, mended, refused.

use std::collections::{BTreeMap, BTreeSet};

use hawser::facts::{EtcdData, Observed};
use hawser::remote::files::etcd::UNIT;
use hawser::topology::{EtcdManager, HostName, Patch};
use hawser::verify::failed_expectations;

use crate::etcd::identity;
use crate::inventory::{control_plane, external};
use crate::listing::{limited_to, page};
use crate::world::World;

pub(crate) fn by(manager: EtcdManager) -> World {
    let mut topology = external(2, 1);
    topology.external_etcd.manager = manager;
    World::fresh(topology)
}

pub(crate) fn built(manager: EtcdManager) -> World {
    let World { topology, .. } = by(manager);
    World::built(topology)
}

pub(crate) fn planned(world: &World) -> String {
    page(world, &world.plan())
}

fn some_data(id: &str) -> EtcdData {
    EtcdData {
        cluster_id: Observed::Known(id.to_owned()),
        members: vec!["old1 (https://10.9.9.1:2380)".to_owned()],
        have_run: Observed::Known(BTreeSet::new()),
    }
}

#[test]
fn fresh_hosts_by_kubelet() {
    insta::assert_snapshot!(planned(&by(EtcdManager::Kubelet)));
}

#[test]
fn fresh_hosts_by_systemd() {
    insta::assert_snapshot!(planned(&by(EtcdManager::Systemd)));
}

#[test]
fn a_whole_cluster_leaves_nothing_to_do() {
    for manager in [EtcdManager::Kubelet, EtcdManager::Systemd] {
        let world = built(manager);

        assert!(world.plan().unwrap().is_empty());
        assert_eq!(failed_expectations(&world.topology, &world.observe(), &[]), []);
        insta::allow_duplicates! {
            insta::assert_snapshot!(planned(&world), @"note: the etcd certificates expire in 364 days, the etcd CA in 3649 days");
        }
    }
}

#[test]
fn a_third_control_plane_gets_no_etcd_member() {
    let mut world = built(EtcdManager::Kubelet);
    world.add(control_plane(3));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_build_that_ended_after_two_of_three_members_goes_on() {
    let mut world = by(EtcdManager::Kubelet);
    let plan = world.plan().unwrap();
    let starts = plan
        .steps()
        .position(|step| step.id.0 == "etcd3/start-etcd")
        .unwrap();
    let cut = crate::doing::Cut {
        after: starts,
        parts: 0,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();
    world.knows_authority = false;

    let plan = world.plan();

    insta::assert_snapshot!(page(&world, &plan));
    world.apply(&plan.unwrap()).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn everything_was_switched_off_and_is_on_again() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3", "cp1", "cp2", "w1"] {
        world.stop_kubelet(host);
    }

    let plan = world.plan();

    insta::assert_snapshot!(page(&world, &plan));
    world.apply(&plan.unwrap()).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn a_limit_that_leaves_one_member_out() {
    let world = by(EtcdManager::Kubelet);
    let allowance = limited_to(&["etcd1", "etcd2", "cp1"]);

    insta::assert_snapshot!(page(&world, &world.plan_with(&allowance)), @r"
    exit 2: --limit leaves out etcd3, and etcd's members are started together
      → add `--limit etcd3`
    ");
}

#[test]
fn data_of_another_cluster() {
    let mut world = by(EtcdManager::Systemd);
    world.etcd("etcd2").data = Some(some_data("cdf818194e3a8c32"));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn data_of_another_cluster_beside_one_that_runs() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd3").data = Some(some_data("cdf818194e3a8c32"));
    world.stop_kubelet("etcd3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn data_whose_certificates_are_gone_is_not_taken_for_ours_though_it_bears_our_name() {
    let mut world = by(EtcdManager::Kubelet);
    let id = identity(&world.topology);
    world.etcd("etcd1").data = Some(some_data(&id));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn the_distributions_own_member_runs() {
    let mut world = by(EtcdManager::Systemd);
    world.machine("etcd1").unit("etcd", true);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn the_other_manager_runs_it() {
    let mut world = built(EtcdManager::Kubelet);
    world.topology.external_etcd.manager = EtcdManager::Systemd;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_member_whose_disk_is_gone() {
    let mut world = built(EtcdManager::Kubelet);
    world.empty("etcd3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_node_that_is_to_be_an_etcd_host() {
    let mut world = by(EtcdManager::Kubelet);
    world.machine("etcd1").facts.kubernetes.has_kubelet_conf = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn objects_of_a_cluster_whose_control_planes_are_gone() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["cp1", "cp2", "w1"] {
        world.empty(host);
    }

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn programs_that_an_etcd_host_lacks() {
    let mut world = by(EtcdManager::Systemd);
    world.etcd("etcd1").program = None;
    world.etcd("etcd2").has_etcdctl = false;
    world.etcd("etcd3").has_user = false;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn flags_that_members_do_not_run_with_are_told_and_not_applied() {
    for manager in [EtcdManager::Kubelet, EtcdManager::Systemd] {
        let mut world = built(manager);
        let quota = ("quota-backend-bytes".to_owned(), "8589934592".to_owned());
        world.topology.external_etcd.arguments = BTreeMap::from([quota]);
        let as_wanted = World::built(world.topology.clone());
        let etcd3 = HostName::from("etcd3");
        world.hosts.insert(etcd3.clone(), as_wanted.hosts[&etcd3].clone());

        assert!(world.plan().unwrap().is_empty());
        let name = format!("flags_that_members_do_not_run_with_by_{manager:?}").to_lowercase();
        insta::assert_snapshot!(name, planned(&world));
    }
}

#[test]
fn a_member_that_was_stopped_is_started_as_the_inventory_says_now() {
    let mut world = built(EtcdManager::Systemd);
    let limit = ("snapshot-count".to_owned(), "5000".to_owned());
    world.topology.external_etcd.arguments = BTreeMap::from([limit]);
    world.machine("etcd2").unit("etcd", false);

    let plan = world.plan().unwrap();

    world.apply(&plan).unwrap();
    let changed: Vec<_> = plan.changes().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        changed,
        ["etcd2/write/etc/systemd/system/etcd.service", "etcd2/start-etcd"]
    );
    let reported = &world.plan().unwrap().notes[1].text;
    assert!(reported.contains("\netcd1, etcd3: /etc/systemd/system/etcd.service: --snapshot-count=5000 only in the inventory; --snapshot-count=10000 only on the host\n"), "{reported}");
}

#[test]
fn what_a_patch_makes_of_a_flag_is_no_difference() {
    let mut world = built(EtcdManager::Kubelet);
    let quota = ("quota-backend-bytes".to_owned(), "8589934592".to_owned());
    world.topology.external_etcd.arguments = BTreeMap::from([quota]);
    world.topology.kubeadm.patches = vec![Patch {
        name: "etcd+json.json".to_owned(),
        target: "etcd".to_owned(),
        content:
            r#"[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--quota-backend-bytes=1"}]"#
                .to_owned(),
    }];

    assert_eq!(world.plan().unwrap().notes.len(), 1);
}

#[test]
fn with_whom_a_member_began_is_no_difference() {
    let mut world = built(EtcdManager::Systemd);
    let unit = world.hosts[&"etcd1".into()].facts.files[UNIT]
        .known()
        .unwrap()
        .clone();
    let text = unit.text().unwrap();
    let began_alone = text.replace(",etcd2=https://10.0.0.42:2380,etcd3=https://10.0.0.43:2380", "");
    assert_ne!(began_alone, text);
    world.machine("etcd1").put(UNIT, &began_alone, unit.mode);

    assert_eq!(world.plan().unwrap().notes.len(), 1);
}

#[test]
fn verification_misses_a_member_and_a_common_leader() {
    let mut world = built(EtcdManager::Kubelet);
    let mut observation = world.observe();
    let etcd1 = observation.get_mut(&"etcd1".into()).unwrap().as_mut().unwrap();
    etcd1.etcd.as_mut().unwrap().leader = Observed::Known(Some("77".to_owned()));
    let two_leaders = failed_expectations(&world.topology, &observation, &[]);
    world.stop_kubelet("etcd3");
    let one_down = failed_expectations(&world.topology, &world.observe(), &[]);

    assert_eq!(two_leaders[0].what, "etcd's members follow different leaders");
    assert_eq!(
        (one_down[0].host.0.as_str(), one_down[0].what.as_str()),
        ("etcd3", "its etcd member is not healthy")
    );
    assert_eq!((two_leaders.len(), one_down.len()), (1, 1));
}
