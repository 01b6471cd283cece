//! Files, images, labels, manifests: what drifts on hosts that have joined.

use std::collections::BTreeMap;

use hawser::facts::Observed;
use hawser::plan::Necessity;
use hawser::topology::Taint;

use crate::inventory::{audit_policy, behind_a_foreign_balancer, stacked};
use crate::listing::page;
use crate::world::World;

fn planned(world: &World) -> String {
    page(world, &world.plan())
}

#[test]
fn labels_and_taints_that_are_missing() {
    let mut world = World::built(stacked(1, 1));
    let worker = &mut world.topology.hosts[3];
    worker.labels = BTreeMap::from([("disk".to_owned(), "ssd".to_owned())]);
    worker.taints = vec![Taint {
        key: "dedicated".to_owned(),
        value: "db".to_owned(),
        effect: "NoSchedule".to_owned(),
    }];

    insta::assert_snapshot!(planned(&world), @r"
    labels and taints
      cp1  label node w1: disk=ssd
      cp1  taint node w1: dedicated=db:NoSchedule
    ");
}

#[test]
fn a_file_of_the_users() {
    let mut world = World::built(stacked(2, 1));
    world.topology.files.push(audit_policy());
    world
        .machine("cp1")
        .put("/etc/kubernetes/pki/audit.yaml", "kind: Policy\n", 0o600);

    insta::assert_snapshot!(planned(&world), @r"
    files
      cp2  write /etc/kubernetes/pki/audit.yaml
    ");
}

#[test]
fn a_static_pod_of_the_users_is_no_trace_of_a_cluster() {
    let mut world = World::fresh(stacked(1, 0));
    world.machine("cp1").add_manifests(&["kube-vip.yaml"]);

    let plan = world.plan().unwrap();

    assert!(plan.steps().any(|step| step.id.0 == "cp1/init"));
    assert!(
        plan.steps()
            .filter_map(|step| step.change.as_ref())
            .all(|change| !change.line().contains("--ignore-preflight-errors"))
    );
}

#[test]
fn what_an_earlier_run_left() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.has_leftovers = true;

    insta::assert_snapshot!(planned(&world), @r"
    files
      w1   remove /run/hawser, which an earlier run has left
    ");
}

#[test]
fn an_image_that_is_missing_on_one_host() {
    let mut world = World::fresh(stacked(1, 1));
    world.machine("w1").facts.kubernetes.images = Observed::Known(vec!["k8s.gcr.io/pause:3.2".to_owned()]);

    let plan = world.plan().unwrap();

    let pulls: Vec<_> = plan
        .steps()
        .filter(|step| step.id.0.ends_with("/pull-images"))
        .collect();
    assert_eq!(pulls.len(), 1);
    assert_eq!(pulls[0].id.0, "w1/pull-images");
    assert_eq!(pulls[0].describe, "pull 1 images: k8s.gcr.io/kube-proxy:v1.20.2");
}

#[test]
fn manifests_that_are_not_applied() {
    let mut world = World::built(stacked(1, 0));
    world.topology.manifests[0].content.push_str("spec: {}\n");
    world.has_pod_network = false;

    insta::assert_snapshot!(planned(&world), @r"
    pod network
      cp1  kubectl apply the pod network
    ");
}

#[test]
fn a_node_that_left_the_inventory() {
    let mut world = World::built(stacked(1, 2));
    world.topology.hosts.pop();
    world.hosts.remove(&"w2".into());

    insta::assert_snapshot!(planned(&world), @"note: node w2 is in the cluster and not in the inventory: left alone");
}

#[test]
fn a_cluster_configuration_that_differs() {
    let world = World::built(stacked(1, 0));
    let mut topology = world.topology.clone();
    topology.networks.dns_domain = "other.local".to_owned();

    let plan = hawser::planner::plan(
        &topology,
        &world.observe(),
        &hawser::planner::Allowance::default(),
    );

    insta::assert_snapshot!(page(&world, &plan));
}

#[test]
fn behind_a_foreign_balancer_a_silent_path_is_told_and_an_unknown_name_refused() {
    let world = World::fresh(behind_a_foreign_balancer(1, 0));

    let plan = world.plan().unwrap();

    let proofs = plan.phases.iter().find(|phase| phase.name == "prove the path");
    let chains = &proofs.unwrap().lanes[0].chains;
    let told: Vec<_> = chains
        .iter()
        .map(|chain| (chain.steps[0].id.0.as_str(), chain.necessity))
        .collect();
    assert_eq!(
        told,
        [
            ("cp1/resolve-endpoint", Necessity::Required),
            ("cp1/prove-path", Necessity::Advisory)
        ]
    );
}

#[test]
fn an_unfinished_init_names_its_leftovers_in_one_word() {
    let mut world = World::fresh(stacked(1, 0));
    world.topology.api_port = 7443;
    world.machine("cp1").facts.kubernetes.ca = Some(crate::world::CA.to_owned());

    let plan = world.plan().unwrap();

    let init = plan.steps().find(|step| step.id.0 == "cp1/init").unwrap();
    let line = init.change.as_ref().unwrap().line();
    let flag = line.rsplit_once("--ignore-preflight-errors=").unwrap().1;
    assert!(!flag.contains(' '), "{flag}");
    assert!(flag.contains(",Port-7443,"), "{flag}");
}
