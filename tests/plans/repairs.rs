//! Half-joined, emptied and stalled hosts.

use hawser::topology::HostName;

use crate::inventory::{audit_policy, control_plane, external, stacked, worker};
use crate::listing::page;
use crate::world::{CA, COMPONENTS, Machine, World};

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

/// w2's join was cut short when it had its `kubelet.conf`.
fn with_half_joined_worker() -> World {
    let mut world = World::built(stacked(3, 1));
    world.add(worker(2));
    let machine = world.machine("w2");
    machine.facts.kubernetes.ca = Some(CA.to_owned());
    machine.facts.kubernetes.has_kubelet_conf = true;
    machine.facts.kubernetes.has_kubelet_config = true;
    world
}

/// A control plane's join was cut short when its member was listed.
pub(crate) fn listed(world: &mut World, name: &str) {
    let host = HostName::from(name);
    let joining = world.machine(name);
    prepared(joining);
    world.register(&host);
    world.node(name).joined = true;
    world.list(&host);
}

fn prepared(machine: &mut Machine) {
    let found = &mut machine.facts.kubernetes;
    found.ca = Some(CA.to_owned());
    (found.has_ca_key, found.has_admin_conf) = (true, true);
    (found.has_kubelet_conf, found.has_kubelet_config) = (true, true);
    machine.add_manifests(&COMPONENTS);
    machine.unit("kubelet", true);
}

fn one_and_a_half() -> World {
    let mut world = World::built(stacked(1, 0));
    world.add(control_plane(2));
    world.add(control_plane(3));
    world.add(worker(1));
    listed(&mut world, "cp2");
    world
}

#[test]
fn every_plan_says_what_goes() {
    let mut world = World::built(stacked(3, 1));
    world.empty("cp2");
    world.machine("w1").facts.kubernetes.has_kubelet_conf = false;
    world.nodes.get_mut(&HostName::from("w1")).unwrap().ready = false;

    let page = planned(&world);

    for what in ["! etcd member", "! the node object cp2", "! the node object w1"] {
        assert!(page.contains(what), "{what}: {page}");
    }
}

#[test]
fn a_worker_with_an_identity_and_no_node() {
    insta::assert_snapshot!(planned(&with_half_joined_worker()));
}

#[test]
fn a_worker_whose_node_is_ready_lacks_its_annotation() {
    let mut world = with_half_joined_worker();
    world.machine("w2").unit("kubelet", true);
    world.register(&"w2".into());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_worker_whose_node_is_not_ready() {
    let mut world = with_half_joined_worker();
    world.register(&"w2".into());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_emptied_worker_whose_node_is_still_ready() {
    let mut world = World::built(stacked(3, 1));
    world.topology.hosts[5]
        .labels
        .insert("disk".to_owned(), "ssd".to_owned());
    world
        .node("w1")
        .labels
        .insert("disk".to_owned(), "ssd".to_owned());
    world.empty("w1");
    world.node("w1").ready = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_third_member_without_a_manifest() {
    let mut world = World::built(stacked(2, 0));
    world.topology.files.push(audit_policy());
    world
        .machine("cp1")
        .put("/etc/kubernetes/pki/audit.yaml", "kind: Policy\n", 0o600);
    world
        .machine("cp2")
        .put("/etc/kubernetes/pki/audit.yaml", "kind: Policy\n", 0o600);
    world.add(control_plane(3));
    listed(&mut world, "cp3");
    world
        .machine("cp3")
        .put("/etc/kubernetes/pki/audit.yaml", "kind: Policy\n", 0o600);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_third_member_with_its_manifest() {
    let mut world = World::built(stacked(2, 0));
    world.add(control_plane(3));
    listed(&mut world, "cp3");
    world.machine("cp3").add_manifests(&["etcd.yaml"]);
    world.stop_kubelet("cp3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_third_member_that_does_not_start() {
    let mut world = World::built(stacked(2, 0));
    world.add(control_plane(3));
    listed(&mut world, "cp3");
    world.machine("cp3").add_manifests(&["etcd.yaml"]);
    world.stop_kubelet("cp3");
    let kubelet = world.machine("cp3").facts.units.get_mut("kubelet").unwrap();
    kubelet.active_for_s = 301;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_third_member_whose_data_is_gone_while_no_api_server_is_well() {
    let mut world = World::built(stacked(3, 0));
    let lost = world.machine("cp3");
    lost.facts.kubernetes.has_etcd_data = false;
    lost.facts.kubernetes.manifests.retain(|name| name != "etcd.yaml");
    world.has_new_leader = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_second_member_with_its_manifest() {
    let mut world = one_and_a_half();
    world.machine("cp2").add_manifests(&["etcd.yaml"]);
    world.stop_kubelet("cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_second_member_without_a_manifest() {
    insta::assert_snapshot!(planned(&one_and_a_half()));
}

#[test]
fn a_second_member_whose_disk_is_gone() {
    let mut world = one_and_a_half();
    world.empty("cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_learner_that_nobody_promotes() {
    let mut world = one_and_a_half();
    world.members[1].learner = true;
    world.machine("cp2").add_manifests(&["etcd.yaml"]);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_emptied_first_control_plane() {
    let mut world = World::built(stacked(3, 1));
    world.empty("cp1");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_emptied_first_control_plane_whose_member_was_removed() {
    let mut world = World::built(stacked(3, 1));
    world.empty("cp1");
    world.nodes.remove(&"cp1".into());
    world.members.retain(|member| member.host.0 != "cp1");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn two_of_five_emptied() {
    let mut world = World::built(stacked(5, 0));
    world.empty("cp1");
    world.empty("cp4");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_cluster_that_has_just_been_switched_on() {
    let mut world = World::built(stacked(3, 1));
    world.stop_kubelet("cp2");
    world.stop_kubelet("cp3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_init_that_made_the_ca_and_no_more() {
    let mut world = World::fresh(stacked(1, 1));
    world.machine("cp1").facts.kubernetes.ca = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_init_that_made_no_addon() {
    let mut world = World::built(stacked(1, 0));
    world.has_proxy = false;
    world.has_pod_network = false;

    insta::assert_snapshot!(planned(&world));
}

/// As where the file was deleted and the kubelet goes on with what it has in memory, or is
/// written in a way nobody thought of.
#[test]
fn a_worker_that_is_ready_gets_a_certificate_again_that_its_kubelet_lacks() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.lacks_client_certificate = true;
    world.node("w1").ready = true;

    insta::assert_snapshot!(planned(&world));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn a_control_plane_that_serves_is_not_reset_though_its_kubelet_lacks_its_certificate() {
    for planes in [1, 3] {
        let mut world = World::built(external(planes, 0));
        world.machine("cp1").facts.kubernetes.lacks_client_certificate = true;

        let page = planned(&world);

        assert!(
            page.contains("cp1 is in service, but its join is not complete"),
            "{page}"
        );
        assert!(page.contains("the API server of cp1 is ready"), "{page}");
    }
}
