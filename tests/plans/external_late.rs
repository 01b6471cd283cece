//! Members of etcd on hosts of its own that answer late, or with an alarm.

use hawser::facts::{Health, MemberFact, Observation, Observed};
use hawser::topology::EtcdManager;

use crate::external::built;
use crate::listing::{limited_to, page};
use crate::world::World;

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
        let mut reported = world.etcd_facts(&name.into(), facts.etcd.as_ref().unwrap());
        let members = reported.members.known().unwrap().iter().cloned();
        let members = members.map(|member| MemberFact {
            health: alarm.clone(),
            ..member
        });
        reported.members = Observed::Known(members.collect());
        facts.etcd = Some(reported);
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
