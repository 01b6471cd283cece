//! What is refused, with which exit code and which way out.

use hawser::error::Problem;
use hawser::facts::Observed;
use hawser::planner::Allowance;
use hawser::topology::{Role, Version};

use crate::inventory::{stacked, worker};
use crate::listing::page;
use crate::world::{CA, OTHER_CA, World};

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

fn silent(world: &mut World, name: &str) {
    world.machine(name).silent = Some(Problem::Unreachable {
        host: name.into(),
        address: "10.0.0.9:22".to_owned(),
        cause: "timed out after 10 s".to_owned(),
    });
}

#[test]
fn two_clusters_in_one_inventory() {
    let mut world = World::built(stacked(2, 0));
    world.machine("cp2").facts.kubernetes.ca = Some(OTHER_CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_worker_of_another_cluster() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.ca = Some(OTHER_CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_worker_of_another_cluster_where_nothing_is_yet() {
    let mut world = World::fresh(stacked(1, 1));
    world.machine("w1").facts.kubernetes.ca = Some(OTHER_CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_tls_server_at_the_endpoint() {
    let mut world = World::fresh(stacked(1, 0));
    world.topology.endpoint.vip = None;
    world.stranger_at_endpoint = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_tls_server_at_the_endpoint_of_a_half_joined_host() {
    let mut world = World::fresh(stacked(2, 0));
    world.topology.endpoint.vip = None;
    world.stranger_at_endpoint = true;
    world.machine("cp1").facts.kubernetes.ca = Some(CA.to_owned());

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_vip_that_answers() {
    let mut world = World::fresh(stacked(1, 0));
    world.stranger_at_endpoint = true;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn two_of_three_control_planes_emptied() {
    let mut world = World::built(stacked(3, 0));
    world.empty("cp1");
    world.empty("cp3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn all_control_planes_emptied() {
    let mut world = World::built(stacked(3, 1));
    world.empty("cp1");
    world.empty("cp2");
    world.empty("cp3");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn one_control_plane_left_whose_etcd_is_silent() {
    let mut world = World::built(stacked(3, 0));
    world.empty("cp1");
    world.empty("cp3");
    world.stop_kubelet("cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_unreachable_control_plane() {
    let mut world = World::built(stacked(3, 1));
    silent(&mut world, "cp2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_control_plane_that_cannot_tell() {
    let mut world = World::built(stacked(3, 1));
    world.machine("cp2").silent = Some(Problem::Probe {
        host: "cp2".into(),
        what: "what is on it".to_owned(),
        cause: "the output of the probe is incomplete".to_owned(),
    });

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_unreachable_balancer() {
    let mut world = World::built(stacked(1, 0));
    silent(&mut world, "lb2");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_unreachable_worker() {
    let mut world = World::built(stacked(1, 1));
    silent(&mut world, "w1");

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_unreachable_worker_that_may_lag() {
    let mut world = World::built(stacked(1, 1));
    world.add(worker(2));
    silent(&mut world, "w1");
    let allowance = Allowance {
        max_unreachable_workers: 1,
        ..Allowance::default()
    };

    insta::assert_snapshot!(page(&world, &world.plan_with(&allowance)));
}

#[test]
fn programs_of_other_versions() {
    let mut world = World::fresh(stacked(3, 1));
    world.machine("cp1").facts.versions.kubeadm = Some(Version::new(1, 19, 9));
    world.machine("cp2").facts.versions.kubeadm = Some(Version::new(1, 22, 0));
    world.machine("cp3").facts.versions.kubectl = None;
    world.machine("w1").facts.versions.kubelet = Some(Version::new(1, 21, 0));
    world.machine("lb1").facts.versions.haproxy = None;

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_kubeadm_that_still_runs() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.running_kubeadm = Some(4711);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_file_that_cannot_be_read() {
    let mut world = World::built(stacked(1, 0));
    let unreadable = Observed::Unknown("Input/output error".to_owned());
    let files = &mut world.machine("lb1").facts.files;
    files.insert("/etc/haproxy/haproxy.cfg".to_owned(), unreadable);

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn an_interface_that_nobody_names() {
    let mut world = World::fresh(stacked(1, 0));
    world.machine("lb1").facts.system.interfaces.clear();

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_worker_that_is_to_be_a_control_plane() {
    let mut world = World::built(stacked(1, 1));
    world.topology.hosts[3].roles = [Role::ControlPlane].into();

    insta::assert_snapshot!(planned(&world));
}

/// Its kubeadm writes no CRI socket on the node.
#[test]
fn a_worker_of_today_that_is_to_be_a_control_plane() {
    let mut world = World::built(hawser::topology::Topology {
        version: hawser::topology::Version::new(1, 36, 2),
        ..stacked(1, 1)
    });
    world.topology.hosts[3].roles = [Role::ControlPlane].into();

    let refused = planned(&world);

    assert!(
        refused.starts_with("exit 4: refused: w1 is a worker of this cluster"),
        "{refused}"
    );
}

#[test]
fn a_cluster_that_cannot_tell_its_members() {
    let mut world = World::built(stacked(1, 0));
    let mut seen = world.observe();
    let cluster = seen.get_mut(&"cp1".into()).unwrap().as_mut().unwrap();
    cluster.cluster.as_mut().unwrap().etcd = Observed::Unknown("no running etcd container".to_owned());
    world.violations.clear();

    let plan = hawser::planner::plan(&world.topology, &seen, &Allowance::default());

    insta::assert_snapshot!(page(&world, &plan));
}
