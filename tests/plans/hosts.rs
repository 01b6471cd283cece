//! Files, images, labels, manifests: what drifts on hosts that have joined.

use std::collections::BTreeMap;

use hawser::facts::{FileFact, Observed};
use hawser::plan::Necessity;
use hawser::topology::Taint;
use sha2::{Digest, Sha256};

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
    set labels and taints
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
    write files
      cp2  write /etc/kubernetes/pki/audit.yaml
    ");
}

#[test]
fn a_large_file_is_known_by_its_sum_and_not_written_again() {
    let mut world = World::built(stacked(1, 0));
    let mut policy = audit_policy();
    policy.content = "# a long policy\n".repeat(100_000);
    let sum = hex::encode(Sha256::digest(&policy.content));
    world.topology.files.push(policy);
    let path = "/etc/kubernetes/pki/audit.yaml";
    let size = 1_600_000;
    let mut found_with = |sum: &str| {
        let file = FileFact::too_large(0o600, "root:root", size, sum);
        let files = &mut world.machine("cp1").facts.files;
        files.insert(path.to_owned(), Observed::Known(file));
        world.plan().unwrap()
    };

    assert!(found_with(&sum).is_empty());
    let plan = found_with(&"ab".repeat(32));
    let step = plan.steps().next().unwrap();
    assert_eq!(
        step.files()[0].diff,
        "too large to be shown: 1600000 bytes → 1600000 bytes\n"
    );
}

#[test]
fn what_is_replaced_is_said_and_by_which_sum_it_was_seen() {
    let mut world = World::built(stacked(1, 0));
    let mut policy = audit_policy();
    policy.mode = 0o644;
    world.topology.files.push(policy);
    let path = "/etc/kubernetes/pki/audit.yaml";
    world.machine("cp1").put(path, "kind: Other\n", 0o644);

    insta::assert_snapshot!(planned(&world));
    let plan = world.plan().unwrap();
    let step = plan.steps().next().unwrap();
    let heading = step.change().unwrap().command.stdin_heading().masked();
    assert_eq!(heading, hex::encode(Sha256::digest("kind: Other\n")) + "\n");

    // Owner and mode alone take nothing away.
    world.machine("cp1").put(path, "kind: Policy\n", 0o600);
    insta::assert_snapshot!(planned(&world));
}

#[test]
fn of_a_private_file_no_sum_is_shown() {
    let mut world = World::built(stacked(1, 0));
    world.topology.files.push(audit_policy());
    let path = "/etc/kubernetes/pki/audit.yaml";
    world.machine("cp1").put(path, "password\n", 0o600);

    let plan = world.plan().unwrap();

    let sum = hex::encode(Sha256::digest("password\n"));
    let shown = serde_json::to_string(&plan).unwrap();
    assert!(!shown.contains(&sum[..12]), "{shown}");
    let change = plan.steps().next().unwrap().change().unwrap();
    let sent = change
        .command
        .stdin_heading()
        .fill(&hawser::values::Values::default())
        .unwrap();
    assert_eq!(sent.as_slice(), format!("{sum}\n").as_bytes());
}

#[test]
fn the_hosts_file_is_no_text_and_only_the_block_in_it_changes() {
    let mut topology = stacked(1, 0);
    topology.endpoint.hosts_file = true;
    let mut world = World::fresh(topology);
    let before = b"127.0.0.1 localhost\n10.0.0.1 m\xfcller\n";
    let file = FileFact::new(0o644, "root:root", before);
    let files = &mut world.machine("cp1").facts.files;
    files.insert("/etc/hosts".to_owned(), Observed::Known(file));

    let plan = world.plan().unwrap();

    let step = plan
        .steps()
        .find(|step| step.id.0 == "cp1/write/etc/hosts")
        .unwrap();
    let sent = step.change().unwrap().command.stdin().masked();
    assert!(sent.starts_with("# BEGIN hawser "), "the block alone: {sent}");
    assert_eq!(step.destroys(), Vec::<String>::new());
    world.apply(&plan).unwrap();
    let after = world.hosts[&"cp1".into()].facts.files["/etc/hosts"]
        .known()
        .unwrap();
    assert_eq!(after.bytes().unwrap(), [before, sent.as_bytes()].concat());
    assert!(
        world
            .plan()
            .unwrap()
            .steps()
            .all(|step| step.id.0 != "cp1/write/etc/hosts")
    );
}

#[test]
fn a_hosts_file_that_is_too_large_to_be_read_is_refused() {
    let mut topology = stacked(1, 0);
    topology.endpoint.hosts_file = true;
    let mut world = World::fresh(topology);
    let file = FileFact::too_large(0o644, "root:root", 2_000_000, &"ab".repeat(32));
    let files = &mut world.machine("cp1").facts.files;
    files.insert("/etc/hosts".to_owned(), Observed::Known(file));

    insta::assert_snapshot!(planned(&world));
}

#[test]
fn a_static_pod_of_the_users_is_no_trace_of_a_cluster() {
    let mut world = World::fresh(stacked(1, 0));
    world.machine("cp1").add_manifests(&["kube-vip.yaml"]);

    let plan = world.plan().unwrap();

    assert!(plan.steps().any(|step| step.id.0 == "cp1/init"));
    assert!(
        plan.steps()
            .filter_map(|step| Some(&step.change()?.command))
            .all(|change| !change.line().contains("--ignore-preflight-errors"))
    );
}

#[test]
fn what_an_earlier_run_left() {
    let mut world = World::built(stacked(1, 1));
    world.machine("w1").facts.kubernetes.has_leftovers = true;

    insta::assert_snapshot!(planned(&world), @r"
    write files
      w1   remove /run/hawser of an earlier run
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
    assert_eq!(pulls[0].title, "pull 1 image: k8s.gcr.io/kube-proxy:v1.20.2");
}

#[test]
fn manifests_that_are_not_applied() {
    let mut world = World::built(stacked(1, 0));
    world.topology.manifests[0].content.push_str("spec: {}\n");
    world.has_pod_network = false;

    insta::assert_snapshot!(planned(&world), @r"
    install the pod network
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

    let proofs = plan
        .phases
        .iter()
        .find(|phase| phase.name == hawser::plan::PhaseName::EndpointPath);
    let chains = &proofs.unwrap().lanes[0].chains;
    let reported: Vec<_> = chains
        .iter()
        .map(|chain| (chain.steps[0].id.0.as_str(), chain.necessity))
        .collect();
    assert_eq!(
        reported,
        [
            ("cp1/resolve-endpoint", Necessity::Required),
            ("cp1/check-path", Necessity::Advisory)
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
    let line = init.change().unwrap().command.line();
    let flag = line.rsplit_once("--ignore-preflight-errors=").unwrap().1;
    assert!(!flag.contains(' '), "{flag}");
    assert!(flag.contains(",Port-7443,"), "{flag}");
}
