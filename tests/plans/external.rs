//! etcd on hosts of its own: built, left alone, mended, refused.

use std::collections::{BTreeMap, BTreeSet};

use hawser::facts::{CLIENT_CERTIFICATE, EtcdData, Health, MemberFact, Observation, Observed};
use hawser::pki::{Authority, Leaf};
use hawser::remote::files::etcd::UNIT;
use hawser::topology::{EtcdManager, HostName, KeyAlgorithm, OwnAuthority, Patch, Secret};
use hawser::verify::{remarks, unmet};

use crate::etcd::{DAY, identity};
use crate::inventory::{control_plane, external};
use crate::listing::{limited_to, page};
use crate::world::{CA, World};

fn by(manager: EtcdManager) -> World {
    let mut topology = external(2, 1);
    topology.external_etcd.manager = manager;
    World::fresh(topology)
}

fn built(manager: EtcdManager) -> World {
    let World { topology, .. } = by(manager);
    World::built(topology)
}

fn planned(world: &World) -> String {
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
        assert_eq!(unmet(&world.topology, &world.observe(), &[]), []);
        insta::allow_duplicates! {
            insta::assert_snapshot!(planned(&world), @"note: etcd's certificates last 364 days more, its authority 3649");
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
fn certificates_that_one_host_has_lost_are_made_anew_by_the_same_authority() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd2").certificates.remove("peer");
    world.knows_authority = false;

    let plan = world.plan();

    insta::assert_snapshot!(page(&world, &plan), @r"
    read the etcd CA
      etcd1 read etcd's CA and its key into memory
    issue etcd certificates
      etcd2 create the member's certificates, and write them
           ! /etc/kubernetes/pki/etcd/healthcheck-client.crt that is there (SHA-256 without white space 0123012301230123012301230123012301230123012301230123012301230123)
           ! /etc/kubernetes/pki/etcd/healthcheck-client.key that is there
           ! /etc/kubernetes/pki/etcd/server.crt that is there (SHA-256 without white space 0123012301230123012301230123012301230123012301230123012301230123)
           ! /etc/kubernetes/pki/etcd/server.key that is there
    note: etcd's certificates last 364 days more, its authority 3649
    ");
    world.apply(&plan.unwrap()).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn an_authority_of_the_users_own_is_neither_made_nor_read_nor_are_its_keys_left_on_hosts() {
    let mut world = by(EtcdManager::Systemd);
    world.topology.external_etcd.authority = Some(OwnAuthority {
        certificate: CA.to_owned(),
        key: Secret(zeroize::Zeroizing::new("not looked at here".to_owned())),
    });

    let plan = world.plan().unwrap();

    assert!(plan.steps().all(|step| !step.id.0.contains("authority")));
    let orders: Vec<_> = plan.steps().filter_map(|step| step.creates()).collect();
    assert_eq!(orders.len(), 4);
    assert!(
        orders
            .iter()
            .all(|order| !order.may_make_authority && !order.holds_authority_key)
    );
    let text = serde_json::to_string(&plan).unwrap();
    assert!(!text.contains("etcd/ca.key") && !text.contains("not looked at here"));
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

/// No member of a cluster that was well answers, as if all their disks stalled.
fn late(manager: EtcdManager) -> (World, Observation) {
    let world = built(manager);
    let mut observation = world.observe();
    for name in ["etcd1", "etcd2", "etcd3"] {
        let facts = observation.get_mut(&name.into()).unwrap().as_mut().unwrap();
        let etcd = facts.etcd.as_mut().unwrap();
        etcd.members = Observed::Unknown("context deadline exceeded".to_owned());
        etcd.leader = Observed::Unknown("context deadline exceeded".to_owned());
    }
    (world, observation)
}

fn planned_from(world: &World, observation: &Observation) -> String {
    let plan = hawser::planner::plan(&world.topology, observation, &limited_to(&[]));
    page(world, &plan)
}

#[test]
fn members_that_run_and_answer_late_are_not_started_again() {
    for manager in [EtcdManager::Kubelet, EtcdManager::Systemd] {
        let (world, observation) = late(manager);

        let name = format!("members_that_answer_late_by_{manager:?}").to_lowercase();
        insta::assert_snapshot!(name, planned_from(&world, &observation));
    }
}

/// `apply` looks again for a while where that may pass.
#[test]
fn members_that_have_just_started_may_answer_soon() {
    for (manager, unit) in [(EtcdManager::Kubelet, "kubelet"), (EtcdManager::Systemd, "etcd")] {
        let (world, mut observation) = late(manager);
        let mut may_pass = |active_for_s: u64| {
            for name in ["etcd1", "etcd2", "etcd3"] {
                let facts = observation.get_mut(&name.into()).unwrap().as_mut().unwrap();
                facts.units.get_mut(unit).unwrap().active_for_s = active_for_s;
            }
            let plan = hawser::planner::plan(&world.topology, &observation, &limited_to(&[]));
            plan.unwrap_err()[0].may_pass()
        };

        assert!(may_pass(5), "{manager:?}");
        assert!(!may_pass(3600), "{manager:?}");
    }
}

#[test]
fn beside_members_that_run_without_a_quorum_the_others_are_started_alone() {
    let (world, mut observation) = late(EtcdManager::Systemd);
    for name in ["etcd2", "etcd3"] {
        let facts = observation.get_mut(&name.into()).unwrap().as_mut().unwrap();
        facts.units.get_mut("etcd").unwrap().active = false;
    }

    let plan = hawser::planner::plan(&world.topology, &observation, &limited_to(&[])).unwrap();

    let changed: Vec<_> = plan.changes().map(|step| step.id.0.as_str()).collect();
    assert_eq!(changed, ["etcd2/start-etcd", "etcd3/start-etcd"]);
}

/// Every member tells of an alarm, whosever it is.
fn alarmed(alarm: &str) -> (World, Observation) {
    let alarm = Health::Unknown(format!("says \"Active Alarm(s): {alarm} \""));
    let world = built(EtcdManager::Systemd);
    let mut observation = world.observe();
    for name in ["etcd1", "etcd2", "etcd3"] {
        let facts = observation.get_mut(&name.into()).unwrap().as_mut().unwrap();
        let mut told = world.etcd_facts(&name.into(), facts.etcd.as_ref().unwrap());
        let members = told.members.known().unwrap().iter().cloned();
        let members = members.map(|member| MemberFact {
            health: alarm.clone(),
            ..member
        });
        told.members = Observed::Known(members.collect());
        facts.etcd = Some(told);
    }
    (world, observation)
}

#[test]
fn an_alarm_is_told_with_its_remedy_and_nothing_is_started_for_it() {
    let (world, observation) = alarmed("NOSPACE");

    insta::assert_snapshot!(planned_from(&world, &observation));
    let (world, observation) = alarmed("CORRUPT");
    insta::assert_snapshot!(planned_from(&world, &observation));
}

#[test]
fn where_etcd_has_an_alarm_no_member_is_started() {
    let (world, mut observation) = alarmed("NOSPACE");
    let facts = observation.get_mut(&"etcd3".into()).unwrap().as_mut().unwrap();
    facts.units.get_mut("etcd").unwrap().active = false;
    let etcd = facts.etcd.as_mut().unwrap();
    etcd.members = Observed::Unknown("connection refused".to_owned());
    for name in ["etcd1", "etcd2"] {
        let facts = observation.get_mut(&name.into()).unwrap().as_mut().unwrap();
        if let Observed::Known(members) = &mut facts.etcd.as_mut().unwrap().members {
            members[2].health = Health::Down("refuses the connection".to_owned());
        }
    }

    insta::assert_snapshot!(planned_from(&world, &observation));
}

#[test]
fn two_authorities() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd3").authority = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_authority_without_its_key() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3"] {
        world.etcd(host).has_authority_key = false;
    }

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
    let told = &world.plan().unwrap().notes[1].text;
    assert!(told.contains("\netcd1, etcd3: /etc/systemd/system/etcd.service: --snapshot-count=5000 only in the inventory; --snapshot-count=10000 only on the host\n"), "{told}");
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
fn certificates_that_end_soon_are_warned_about() {
    let mut world = built(EtcdManager::Kubelet);
    world.etcd("etcd1").certificates.get_mut("server").unwrap().left_s = Observed::Known(89 * DAY);
    world.etcd("etcd2").authority_left = Some(Observed::Known(10 * DAY));

    let remarks = remarks(&world.topology, &world.observe());

    assert_eq!(remarks.len(), 2, "{remarks:?}");
    insta::assert_snapshot!(planned(&world), @r"
    warning: etcd1: etcd's certificate server expires in 89 days; apply renews it from 30 days before it expires
    warning: etcd2: etcd's CA expires in 10 days
    ");
}

#[test]
fn certificates_are_made_anew_a_month_before_their_end() {
    for left in [-DAY, 29 * DAY] {
        let mut world = built(EtcdManager::Kubelet);
        world.etcd("etcd1").certificates.get_mut("server").unwrap().left_s = Observed::Known(left);

        let plan = world.plan().unwrap();

        let changed: Vec<_> = plan.changes().map(|step| step.id.0.as_str()).collect();
        assert_eq!(changed, ["etcd1/write-etcd-certificates"]);
    }
}

#[test]
fn certificates_that_end_with_their_authority_are_not_made_again_and_again() {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3"] {
        let etcd = world.etcd(host);
        etcd.authority_left = Some(Observed::Known(20 * DAY));
        etcd.certificates
            .values_mut()
            .for_each(|leaf| leaf.left_s = Observed::Known(20 * DAY));
    }

    assert!(world.plan().unwrap().is_empty());
}

/// The control planes' certificates for asking etcd end in 20 days.
fn with_clients_that_end() -> World {
    let mut world = built(EtcdManager::Kubelet);
    let now = jiff::Timestamp::now();
    let own = Authority::new(KeyAlgorithm::EcdsaP256, now).unwrap();
    let client = own
        .sign(&Leaf::api_server_client(), KeyAlgorithm::EcdsaP256, now)
        .unwrap();
    for host in ["cp1", "cp2"] {
        world
            .machine(host)
            .put(CLIENT_CERTIFICATE, &client.certificate, 0o644);
    }
    for host in ["etcd1", "etcd2", "etcd3"] {
        world.etcd(host).now_s = now.as_second() + 345 * DAY;
    }
    world.knows_authority = false;
    world
}

#[test]
fn a_control_planes_certificate_for_asking_etcd_is_made_anew_too() {
    let world = with_clients_that_end();

    let plan = world.plan().unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        [
            "etcd1/read-etcd-authority",
            "cp1/write-etcd-client-certificate",
            "cp2/write-etcd-client-certificate"
        ]
    );
    assert_eq!(remarks(&world.topology, &world.observe()).len(), 2);
    let gone: Vec<&str> = plan
        .steps()
        .flat_map(hawser::plan::Step::destroys)
        .map(String::as_str)
        .collect();
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert!(
        gone[0].contains(&format!("{CLIENT_CERTIFICATE} that is there (SHA-256")),
        "{gone:?}"
    );
}

#[test]
fn a_key_of_an_authority_without_its_certificate_is_not_replaced() {
    let mut world = World::fresh(external(2, 1));
    world.etcd("etcd1").has_authority_key = true;

    let refused = world.plan().unwrap_err();

    let words = format!("{refused:?}");
    assert!(
        words.contains("etcd1 has a key of an etcd CA without its certificate"),
        "{words}"
    );
}

#[test]
fn verification_misses_a_member_and_a_common_leader() {
    let mut world = built(EtcdManager::Kubelet);
    let mut observation = world.observe();
    let etcd1 = observation.get_mut(&"etcd1".into()).unwrap().as_mut().unwrap();
    etcd1.etcd.as_mut().unwrap().leader = Observed::Known(Some("77".to_owned()));
    let two_leaders = unmet(&world.topology, &observation, &[]);
    world.stop_kubelet("etcd3");
    let one_down = unmet(&world.topology, &world.observe(), &[]);

    assert_eq!(two_leaders[0].what, "etcd's members follow different leaders");
    assert_eq!(
        (one_down[0].host.0.as_str(), one_down[0].what.as_str()),
        ("etcd3", "its etcd member is not healthy")
    );
    assert_eq!((two_leaders.len(), one_down.len()), (1, 1));
}

/// Two members have lost a certificate, and run on.
fn with_two_that_lack_a_certificate() -> World {
    let mut world = built(EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2"] {
        world.etcd(host).certificates.remove("peer");
    }
    world.knows_authority = false;
    world
}

#[test]
fn a_limit_to_one_of_two_renewals_reads_the_authority_for_it() {
    let mut world = with_two_that_lack_a_certificate();

    let plan = world.plan_with(&limited_to(&["etcd2"])).unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        ["etcd1/read-etcd-authority", "etcd2/write-etcd-certificates"]
    );
    world.apply(&plan).unwrap();
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn a_limit_to_a_control_plane_whose_certificate_ends_reads_the_authority_for_it() {
    let mut world = with_clients_that_end();
    world.etcd("etcd1").certificates.remove("peer");

    let plan = world.plan_with(&limited_to(&["cp2"])).unwrap();

    let steps: Vec<_> = plan.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        steps,
        ["etcd1/read-etcd-authority", "cp2/write-etcd-client-certificate"]
    );
}
