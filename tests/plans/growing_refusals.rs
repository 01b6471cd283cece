//! What keeps etcd on hosts of its own from growing, and what is told of what does not follow.

use std::collections::BTreeSet;

use hawser::error::ExitCode;
use hawser::facts::{EtcdData, FileFact, HostFacts, Observation, Observed};
use hawser::plan::NoteLevel;
use hawser::planner::{self, Allowance};
use hawser::remote::files::API_SERVER;
use hawser::topology::EtcdManager;
use hawser::verify::failed_expectations;

use crate::growing::{built, finish, ids, planned, with_more};
use crate::inventory::etcd_host;
use crate::world::World;

#[test]
fn nothing_is_added_while_a_member_is_down() {
    let mut world = with_more(&[4, 5], EtcdManager::Kubelet);
    world.stop_kubelet("etcd2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn nothing_is_added_while_the_host_of_a_member_is_gone() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    world.machine("etcd2").silent = Some(hawser::error::Problem::Unreachable {
        host: "etcd2".into(),
        address: "10.0.0.42:22".to_owned(),
        cause: "timed out after 10 s".to_owned(),
    });

    let exit = hawser::error::most_severe(&world.plan().unwrap_err());

    insta::assert_snapshot!(planned(&world));
    assert_eq!(exit, Some(ExitCode::Unsafe));
}

#[test]
fn nothing_is_added_while_somebody_elses_learner_waits() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    world.add(etcd_host(9));
    world.list(&"etcd9".into());
    world.members.last_mut().unwrap().learner = true;
    world.topology.hosts.retain(|host| host.name.0 != "etcd9");
    world.hosts.remove(&"etcd9".into());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_member_that_was_removed_does_not_come_back_with_its_data() {
    let mut world = built(EtcdManager::Systemd);
    world.members.retain(|member| member.host.0 != "etcd3");
    world.machine("etcd3").unit("etcd", false);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_member_that_was_removed_and_has_no_data_is_added_anew() {
    let mut world = built(EtcdManager::Kubelet);
    world.members.retain(|member| member.host.0 != "etcd3");
    world.empty("etcd3");
    world.knows_authority = false;

    let plan = world.plan().unwrap();

    assert!(ids(&plan).contains(&"etcd1/add-etcd-member-etcd3"));
    finish(&mut world);
}

#[test]
fn data_of_another_cluster_on_a_host_that_is_to_be_added() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    world.etcd("etcd4").data = Some(EtcdData {
        cluster_id: Observed::Known("cdf818194e3a8c32".to_owned()),
        members: vec![],
        have_run: Observed::Known(BTreeSet::new()),
    });

    let problems = world.plan().unwrap_err();

    assert_eq!(
        problems[0].headline(),
        "refused: etcd4: /var/lib/etcd holds the data of another etcd cluster"
    );
}

#[test]
fn a_host_that_is_to_be_added_does_not_begin_with_a_cluster_that_is_switched_off() {
    let mut world = with_more(&[4], EtcdManager::Kubelet);
    for host in ["etcd1", "etcd2", "etcd3", "cp1", "cp2", "w1"] {
        world.stop_kubelet(host);
    }

    insta::assert_snapshot!(planned(&world));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    world.machine("w1").unit("kubelet", true);
    finish(&mut world);
}

/// A cluster as found, but for what `change` makes of each control plane.
fn found_with(world: &World, change: impl Fn(&str, &mut HostFacts)) -> Observation {
    let mut found = world.observe();
    for name in ["cp1", "cp2"] {
        change(name, found.get_mut(&name.into()).unwrap().as_mut().unwrap());
    }
    found
}

fn replace(file: &mut FileFact, old: &str, new: &str) {
    let text = file.text().unwrap().replace(old, new);
    *file = FileFact::new(file.mode, &file.owner, text);
}

fn without_flag(facts: &mut HostFacts) {
    if let Some(Observed::Known(file)) = facts.files.get_mut(API_SERVER) {
        replace(file, "--etcd-servers=", "--etcd-servers-overrides=");
    }
}

#[test]
fn what_asks_etcd_and_cannot_be_read_is_told() {
    let world = with_more(&[4], EtcdManager::Kubelet);
    let found = found_with(&world, |name, facts| {
        let view = facts.cluster.as_mut().unwrap();
        view.cluster_configuration = Observed::Unknown("configmaps \"kubeadm-config\" not found".to_owned());
        if name == "cp2" {
            without_flag(facts);
        }
    });

    let plan = planner::plan(&world.topology, &found, &Allowance::default()).unwrap();

    let notes = plan.notes.iter().filter(|note| note.level == NoteLevel::Warning);
    let notes: Vec<&str> = notes.map(|note| note.text.as_str()).collect();
    assert_eq!(
        notes,
        [
            "kubeadm-config is unreadable, and hawser does not update it: joining hosts may not learn of all etcd members (configmaps \"kubeadm-config\" not found)",
            "cp2: /etc/kubernetes/manifests/kube-apiserver.yaml has no readable --etcd-servers, and hawser does not update it: make sure that it names all members",
        ]
    );
    assert!(ids(&plan).contains(&"cp1/await-etcd-servers"));
    assert!(!ids(&plan).contains(&"cp2/await-etcd-servers"));
}

#[test]
fn verification_misses_members_that_are_not_asked() {
    let world = built(EtcdManager::Kubelet);
    let found = found_with(&world, |name, facts| {
        let Some(Observed::Known(file)) = facts.files.get_mut(API_SERVER) else {
            panic!("no manifest")
        };
        if name == "cp2" {
            replace(file, ",https://10.0.0.43:2379", "");
        }
        let configuration = &mut facts.cluster.as_mut().unwrap().cluster_configuration;
        let text = configuration
            .known()
            .unwrap()
            .replace("https://10.0.0.42:2379", "https://10.0.0.41:2379");
        *configuration = Observed::Known(text);
    });

    let failed_expectations: Vec<String> = failed_expectations(&world.topology, &found, &[])
        .into_iter()
        .map(|failed_expectations| format!("{}: {}", failed_expectations.host, failed_expectations.what))
        .collect();

    assert_eq!(
        failed_expectations,
        [
            "cp2: its API server does not use etcd at https://10.0.0.43:2379",
            "cp1: kubeadm-config does not name all of etcd's members",
        ]
    );
}
