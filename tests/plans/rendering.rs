//! What `hawser render` shows is what a build writes.

use std::collections::BTreeMap;

use hawser::plan::Plan;
use hawser::remote::files::every_file;
use hawser::topology::{CertificateRoute, EtcdManager, EtcdTopology, HostName, Patch, Role, Topology};

use crate::inventory::{audit_policy, etcd_host, stacked};
use crate::world::World;

/// What stands on each host in the end: of a file that is written more than once, what was written last.
fn written(plan: &Plan) -> BTreeMap<(HostName, String), String> {
    let mut found = BTreeMap::new();
    for step in plan.steps() {
        for file in step.files() {
            let content = step.change().unwrap().command.stdin().masked();
            found.insert((step.host.clone(), file.path.clone()), content);
        }
    }
    found
}

fn rendered(topology: &Topology) -> BTreeMap<(HostName, String), String> {
    let mut found = BTreeMap::new();
    for host in &topology.hosts {
        for file in every_file(topology, host, topology.version).unwrap() {
            found.insert((host.name.clone(), file.path), file.content.masked());
        }
    }
    found
}

/// With everything in it that makes a file.
fn full() -> Topology {
    let mut topology = stacked(3, 2);
    topology.endpoint.hosts_file = true;
    topology.endpoint.interface = Some("eth0".to_owned());
    topology.files = vec![audit_policy()];
    topology.kubeadm.patches = vec![Patch {
        name: "etcd.yaml".to_owned(),
        target: "etcd".to_owned(),
        content: "metadata: {labels: {tier: store}}\n".to_owned(),
    }];
    topology
}

#[test]
fn what_is_rendered_is_what_a_build_writes() {
    let world = World::fresh(full());

    let written = written(&world.plan().unwrap());

    let rendered = rendered(&world.topology);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        rendered.keys().collect::<Vec<_>>()
    );
    for (place, content) in rendered {
        assert_eq!(written[&place], content, "{place:?}");
    }
}

#[test]
fn what_etcd_hosts_get_is_rendered_too_whatever_runs_etcd() {
    for manager in [EtcdManager::Kubelet, EtcdManager::Systemd] {
        let mut topology = full();
        topology.etcd = EtcdTopology::External;
        topology.external_etcd.manager = manager;
        topology
            .kubeadm
            .patches
            .retain(|_| manager == EtcdManager::Kubelet);
        topology.hosts.extend((1..=3).map(etcd_host));
        let world = World::fresh(topology);

        let written = written(&world.plan().unwrap());

        let rendered = rendered(&world.topology);
        assert_eq!(written, rendered);
        for host in world.topology.with_role(Role::Etcd) {
            let key = "/etc/kubernetes/pki/etcd/peer.key".to_owned();
            assert_eq!(
                rendered[&(host.name.clone(), key)],
                "<certificates and keys of an etcd member, made by this run>"
            );
        }
    }
}

#[test]
fn certificates_that_go_from_host_to_host_are_named_too() {
    let mut topology = full();
    topology.certificates = CertificateRoute::Ssh;
    let world = World::fresh(topology);

    let written = written(&world.plan().unwrap());

    let mut rendered = rendered(&world.topology);
    // Only a join in a later run needs it: its token is made with it.
    assert!(
        rendered
            .remove(&("cp1".into(), "/run/hawser/kubeadm-upload.yaml".to_owned()))
            .is_some()
    );
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        rendered.keys().collect::<Vec<_>>()
    );
    let key = ("cp2".into(), "/etc/kubernetes/pki/ca.key".to_owned());
    assert_eq!(written[&key], rendered[&key]);
}

#[test]
fn patches_are_in_place_before_init_and_join_and_kubeadm_is_told_of_them() {
    let plan = World::fresh(full()).plan().unwrap();
    let steps: Vec<_> = plan.steps().collect();
    let at = |id: &str| steps.iter().position(|step| step.id.0 == id).unwrap();

    for (host, command) in [("cp1", "init"), ("cp2", "join"), ("w1", "join")] {
        let runs = at(&format!("{host}/{command}"));
        assert!(at(&format!("{host}/write/run/hawser/patches/etcd.yaml")) < runs);
        let line = steps[runs].change().unwrap().command.line();
        assert!(
            line.contains(" '--experimental-patches=/run/hawser/patches'"),
            "{line}"
        );
    }
}

#[test]
fn etcds_patches_are_in_place_before_its_static_pod_is_written() {
    let mut topology = full();
    topology.etcd = EtcdTopology::External;
    topology.hosts.extend((1..=3).map(etcd_host));

    let plan = World::fresh(topology).plan().unwrap();

    let steps = plan.steps().filter(|step| step.host == "etcd2".into());
    let steps: Vec<_> = steps
        .skip_while(|step| step.id.0 != "etcd2/write/run/hawser/patches/etcd.yaml")
        .collect();
    let names: Vec<_> = steps.iter().map(|step| step.id.0.as_str()).collect();
    assert_eq!(
        names[..4],
        [
            "etcd2/write/run/hawser/patches/etcd.yaml",
            "etcd2/write/run/hawser/kubeadm-etcd.yaml",
            "etcd2/check-configuration",
            "etcd2/write-etcd-manifest"
        ]
    );
    let line = steps[3].change().unwrap().command.line();
    assert!(
        line.ends_with(" '--experimental-patches=/run/hawser/patches'"),
        "{line}"
    );
}

#[test]
fn kubeadm_reads_its_configuration_before_it_runs() {
    let plan = World::fresh(stacked(3, 2)).plan().unwrap();
    let steps: Vec<_> = plan.steps().collect();

    for (index, step) in steps.iter().enumerate() {
        if step.id.0.ends_with("/init") || step.id.0.ends_with("/join") {
            assert_eq!(
                steps[index - 1].id.0,
                format!("{}/check-configuration", step.host)
            );
        }
    }
    let checks = steps
        .iter()
        .filter(|step| step.id.0.ends_with("/check-configuration"));
    assert!(checks.clone().all(|step| step.change().is_none()));
    assert_eq!(checks.count(), 5);
}
