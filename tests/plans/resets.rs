//! Hosts that are not reset, as something on them may be another's, or the cluster's last.

use hawser::facts::HostFacts;
use hawser::topology::{HostName, Role};

use crate::inventory::{control_plane, stacked, worker};
use crate::listing::page;
use crate::world::{CA, COMPONENTS, World};

fn refused(world: &World, why: &str) {
    let page = page(world, &world.plan());
    assert!(page.starts_with("exit 4: "), "{page}");
    assert!(page.contains(why), "{page}");
}

fn facts<'a>(world: &'a mut World, name: &str) -> &'a mut HostFacts {
    &mut world.machine(name).facts
}

/// A cluster of one control plane, and a worker on which there is nothing yet.
fn with_new_worker() -> World {
    let mut world = World::built(stacked(1, 0));
    world.add(worker(1));
    world
}

/// A second control plane whose join was cut short before its member was listed.
fn with_half_joined_control_plane() -> World {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    let machine = world.machine("cp2");
    let found = &mut machine.facts.kubernetes;
    found.ca = Some(CA.to_owned());
    (found.has_ca_key, found.has_admin_conf) = (true, true);
    (found.has_bootstrap_kubelet_conf, found.has_kubelet_config) = (true, true);
    machine.add_manifests(&COMPONENTS);
    world
}

#[test]
fn a_worker_that_is_to_be_a_control_plane_is_not_reset_while_it_is_not_ready() {
    let mut world = World::built(stacked(1, 1));
    world.topology.hosts[3].roles = [Role::ControlPlane].into();
    world.stop_kubelet("w1");
    refused(&world, "w1 is a worker of this cluster");

    // Its kubeconfig is gone, and its pods run on.
    let found = &mut facts(&mut world, "w1").kubernetes;
    (found.has_kubelet_conf, found.has_client_certificate) = (false, true);
    refused(&world, "w1 is a worker of this cluster");
}

#[test]
fn a_worker_whose_kubeconfig_is_gone_has_an_identity_by_its_certificate() {
    let mut world = World::built(stacked(1, 1));
    world.stop_kubelet("w1");
    let found = &mut facts(&mut world, "w1").kubernetes;
    (found.has_kubelet_conf, found.has_client_certificate) = (false, true);

    insta::assert_snapshot!(page(&world, &world.plan()));

    let mut world = with_new_worker();
    facts(&mut world, "w1").kubernetes.has_client_certificate = true;
    refused(&world, "w1 has a kubelet's identity");
}

#[test]
fn a_worker_with_a_node_is_asked_for_its_pods_before_it_is_reset() {
    let mut world = World::built(stacked(1, 1));
    facts(&mut world, "w1").kubernetes.has_kubelet_conf = false;
    world.stop_kubelet("w1");

    let plan = world.plan().unwrap();

    let ids: Vec<&str> = plan.steps().map(|step| step.id.0.as_str()).collect();
    let at = |id: &str| ids.iter().position(|found| *found == id);
    assert!(at("cp1/check-no-pods-on-w1").is_some(), "{ids:?}");
    assert!(at("cp1/check-no-pods-on-w1") < at("w1/reset"), "{ids:?}");
}

#[test]
fn somebody_elses_kubelet_is_not_reset() {
    for (works, listens) in [(true, false), (false, true)] {
        let mut world = with_new_worker();
        let machine = world.machine("w1");
        machine.facts.kubernetes.has_kubelet_config = true;
        machine.facts.kubernetes.kubelet_listens = listens;
        machine.unit("kubelet", works);

        refused(&world, "w1 has a kubelet that does not belong to this cluster");
    }
}

#[test]
fn a_host_whose_kubelet_works_is_in_use() {
    let mut world = with_new_worker();
    let host = world.host(&"w1".into()).clone();
    let is_in_use = |world: &mut World| hawser::facts::is_in_use(&host, facts(world, "w1"));
    assert!(!is_in_use(&mut world));

    world.machine("w1").unit("kubelet", true);
    assert!(is_in_use(&mut world));

    // It was installed, and ends for want of a configuration.
    facts(&mut world, "w1")
        .units
        .get_mut("kubelet")
        .unwrap()
        .active_for_s = 1;
    assert!(!is_in_use(&mut world));

    facts(&mut world, "w1").kubernetes.kubelet_listens = true;
    assert!(is_in_use(&mut world));
}

#[test]
fn on_a_worker_no_static_pod_is_kubeadms() {
    let mut world = with_new_worker();
    world.machine("w1").facts.kubernetes.ca = Some(CA.to_owned());
    world.machine("w1").add_manifests(&["etcd.yaml"]);

    refused(&world, "static pods that are not kubeadm's");
}

#[test]
fn a_data_directory_that_was_not_understood_is_nobodys() {
    let mut world = with_half_joined_control_plane();
    let mut seen = world.observe();
    let facts = seen.get_mut(&"cp2".into()).unwrap().as_mut().unwrap();
    facts.kubernetes.etcd_data.push(hawser::facts::EtcdDirectory {
        path: "unknown".to_owned(),
        owner: hawser::facts::Observed::default(),
        sha256: String::new(),
    });
    world.violations.clear();

    let plan = hawser::planner::plan(&world.topology, &seen, &hawser::planner::Allowance::default());

    let page = page(&world, &plan);
    assert!(
        page.starts_with("exit 4: refused: cp2 has a static pod of etcd with an unknown data directory"),
        "{page}"
    );
}

#[test]
fn a_host_that_is_a_node_of_another_name_neither_joins_nor_is_reset() {
    for mut world in [with_half_joined_control_plane(), with_new_worker()] {
        let host = world.topology.hosts.last().unwrap().clone();
        let mut node = world.nodes.values().next().unwrap().clone();
        node.name = HostName("master-2".to_owned());
        node.addresses = vec![host.address.to_string()];
        node.ready = true;
        world.nodes.insert(node.name.clone(), node);

        refused(
            &world,
            &format!("{} is the node master-2 of this cluster already", host.name),
        );
    }
}

#[test]
fn a_control_plane_with_an_identity_whose_node_nobody_knows_is_not_reset() {
    let mut world = with_half_joined_control_plane();
    assert!(world.plan().is_ok());

    facts(&mut world, "cp2").kubernetes.has_kubelet_conf = true;

    refused(
        &world,
        "cp2 has a kubelet's identity, and the cluster has no node cp2",
    );
}

#[test]
fn the_last_key_of_the_clusters_ca_is_not_reset() {
    let mut world = with_half_joined_control_plane();
    facts(&mut world, "cp1").kubernetes.has_ca_key = false;

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_key_of_which_no_certificate_tells_is_not_reset() {
    let mut world = with_half_joined_control_plane();
    facts(&mut world, "cp2").kubernetes.ca = None;

    refused(&world, "has the key of an unknown CA");
}
