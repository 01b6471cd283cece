//! The parser on what real hosts answered; `captured/README.md` tells when.

use super::*;
use crate::topology::{EtcdTopology, Role, Version, any_host};

fn captured(name: &str) -> HostFacts {
    let path = format!("{}/src/facts/captured/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    parse(&std::fs::read(path).unwrap()).unwrap()
}

/// The same, where a question was answered in another way.
fn captured_but(name: &str, key: &str, change: impl Fn(&str) -> String) -> HostFacts {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let path = format!("{}/src/facts/captured/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let mark = format!("hawser-fact {key} ");
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&mark));
    let answer = line.map(|line| STANDARD.decode(line.split(' ').next().unwrap()).unwrap());
    let answer = String::from_utf8(answer.unwrap_or_default()).unwrap();
    let answer = change(answer.strip_suffix("\n0").unwrap_or_default());
    let new = format!("{mark}{}\n", STANDARD.encode(format!("{answer}\n0")));
    let others = text.lines().filter(|line| !line.starts_with(&mark));
    let others: Vec<&str> = others.collect();
    parse(format!("{new}{}\n", others.join("\n")).as_bytes()).unwrap()
}

fn control_plane(number: u8) -> Host {
    any_host(
        &format!("cp{number}"),
        &format!("10.77.0.2{number}"),
        Role::ControlPlane,
    )
}

fn worker() -> Host {
    any_host("w1", "10.77.0.31", Role::Worker)
}

fn of_worker(facts: &HostFacts, cluster: &HostFacts) -> Observed<Membership> {
    worker_membership(&worker(), facts, ReferenceCluster::of(cluster))
}

fn of_control_plane(number: u8, facts: &HostFacts, cluster: &HostFacts) -> Observed<Membership> {
    control_plane_membership(
        &control_plane(number),
        facts,
        ReferenceCluster::of(cluster),
        EtcdTopology::Stacked,
    )
}

fn partial(membership: Observed<Membership>) -> Vec<String> {
    match membership {
        Observed::Known(Membership::HalfJoined(lines)) => lines,
        other => panic!("not partial: {other:?}"),
    }
}

#[test]
fn the_system_of_a_fresh_worker() {
    let facts = captured("worker-fresh");

    assert_eq!(facts.system.os, "Debian GNU/Linux 12 (bookworm)");
    assert_eq!(facts.system.hostname, "w1");
    assert_eq!(facts.system.architecture, "x86_64");
    assert_eq!(facts.system.uptime_s, 2133);
    assert!(
        facts
            .system
            .interfaces
            .contains(&("eth0".to_owned(), "10.77.0.31".parse().unwrap()))
    );
    assert_eq!(
        facts.endpoint_resolves_to,
        Observed::Known(vec!["10.77.0.100".parse().unwrap()])
    );
}

#[test]
fn the_programs_of_a_fresh_worker() {
    let facts = captured("worker-fresh");

    let version = Some(Version::new(1, 20, 2));
    assert_eq!(facts.versions.kubeadm, version);
    assert_eq!(facts.versions.kubelet, version);
    assert_eq!(facts.versions.kubectl, version);
    assert!(facts.units["containerd"].active);
    let kubelet = Unit {
        active: false,
        enabled: true,
        active_for_s: 0,
    };
    assert_eq!(facts.units["kubelet"], kubelet);
}

#[test]
fn the_images_of_a_fresh_worker() {
    let facts = captured("worker-fresh").kubernetes;

    let held = facts.images.known().unwrap();
    assert!(held.contains(&"k8s.gcr.io/kube-proxy:v1.20.2".to_owned()));
    let needed = facts.needed_images.known().unwrap();
    assert!(needed.contains(&"registry.k8s.io/etcd:3.4.13-0".to_owned()));
    assert_eq!(needed.len(), 7);
}

#[test]
fn a_file_comes_with_mode_and_owner_and_an_absent_one_is_known_to_be() {
    let facts = captured("worker-fresh");

    let hosts = facts.file("/etc/hosts").known().copied().flatten().unwrap();
    assert_eq!((hosts.mode, hosts.owner.as_str()), (0o755, "root:root"));
    assert!(
        hosts
            .text()
            .unwrap()
            .ends_with("10.77.0.31\tw1\n10.77.0.100 api.lab.test\n")
    );
    assert_eq!(facts.file("/etc/nope"), Observed::Known(None));
}

#[test]
fn the_balancer_that_holds_the_vip() {
    let facts = captured("balancer-holder");

    let balancer = facts.balancer.unwrap();
    assert!(balancer.holds_vip);
    assert_eq!(balancer.running, Observed::Known(None));
    let up = |name: &str| ServerFact {
        name: name.to_owned(),
        status: "UP".to_owned(),
        check: "L7OK".to_owned(),
    };
    assert_eq!(
        balancer.servers,
        Observed::Known(vec![up("cp1"), up("cp2"), up("cp3")])
    );
    assert_eq!(
        balancer.vip_answers,
        Observed::Unknown("vip_answers: not asked".to_owned())
    );
    assert_eq!(facts.versions.haproxy.as_deref(), Some("2.6.12-1+deb12u4"));
    assert_eq!(facts.versions.keepalived.as_deref(), Some("2.2.7"));
    assert!(facts.units["keepalived"].active_for_s > 60);
}

#[test]
fn the_balancer_that_stands_by() {
    assert!(!captured("balancer-backup").balancer.unwrap().holds_vip);
}

#[test]
fn a_member_tells_of_its_cluster() {
    let view = captured("control-plane-member").cluster.unwrap();

    assert_eq!(view.ready, Observed::Known(true));
    assert_eq!(view.ready_through_endpoint, Observed::Known(true));
    assert_eq!(view.has_cluster_info, Observed::Known(true));
    let configuration = view.cluster_configuration.known().unwrap();
    assert!(configuration.contains("kubernetesVersion: v1.20.2"));
    let nodes = view.nodes.known().unwrap();
    assert_eq!(nodes.iter().filter(|node| node.control_plane).count(), 3);
    assert_eq!(nodes.iter().filter(|node| node.joined).count(), 5);
    let workloads = view.workloads.known().unwrap();
    let proxy = workloads
        .iter()
        .find(|one| one.name == "DaemonSet/kube-proxy")
        .unwrap();
    assert_eq!((proxy.wanted, proxy.available), (5, 5));
}

#[test]
fn a_node_comes_with_taints_addresses_and_version() {
    let view = captured("control-plane-member").cluster.unwrap();

    let node = view.node(&"cp1".into()).into_result().unwrap().unwrap();
    let taint = (
        "node-role.kubernetes.io/master".to_owned(),
        String::new(),
        "NoSchedule".to_owned(),
    );
    assert_eq!(node.taints, [taint]);
    assert_eq!(node.addresses, ["10.77.0.21"]);
    assert_eq!(node.version, "v1.20.2");
    assert!(node.ready);
}

#[test]
fn etcds_members_come_with_hexadecimal_ids() {
    let view = captured("control-plane-member").cluster.unwrap();

    let member = view.member(&control_plane(1)).into_result().unwrap().unwrap();
    assert_eq!(member.id, "42c0e57d75b2932b");
    assert_eq!(member.name, "cp1");
    assert!(member.is_healthy() && !member.learner);
    assert_eq!(view.etcd.known().unwrap().len(), 3);
}

#[test]
fn etcd_is_listed_while_the_api_server_is_down() {
    let facts = captured("control-plane-joining");

    let view = facts.cluster.unwrap();
    let refused =
        "The connection to the server 10.77.0.22:6443 was refused - did you specify the right host or port?";
    assert_eq!(view.ready, Observed::Unknown(refused.to_owned()));
    assert_eq!(view.nodes, Observed::Unknown(refused.to_owned()));
    assert_eq!(view.etcd.known().unwrap().len(), 2);
    assert_eq!(facts.kubernetes.running_kubeadm, Some(199));
}

#[test]
fn an_api_server_that_is_not_ready_says_why() {
    let view = captured("control-plane-starting").cluster.unwrap();

    let Observed::Unknown(why) = view.ready else {
        panic!("ready")
    };
    assert!(why.contains("[-]poststarthook/rbac/bootstrap-roles failed"));
}

#[test]
fn a_fresh_host_is_absent() {
    let cluster = captured("control-plane-joining");
    let mut seen = captured("control-plane-starting");
    seen.cluster.as_mut().unwrap().etcd = cluster.cluster.unwrap().etcd;

    let absent = Observed::Known(Membership::Absent);
    assert_eq!(
        of_control_plane(3, &captured("control-plane-fresh"), &seen),
        absent
    );
    assert_eq!(of_worker(&captured("worker-fresh"), &seen), absent);
}

#[test]
fn hosts_that_joined_are_members() {
    let cluster = captured("control-plane-member");

    let member = Observed::Known(Membership::Member);
    assert_eq!(of_control_plane(1, &cluster, &cluster), member);
    assert_eq!(of_worker(&captured("worker-member"), &cluster), member);
}

#[test]
fn a_wiped_host_that_the_cluster_still_knows_is_partial() {
    let cluster = captured("control-plane-member");

    let lines = partial(of_control_plane(3, &captured("control-plane-fresh"), &cluster));

    assert_eq!(lines[0], "the cluster has the node cp3");
    assert!(lines[1].starts_with("etcd lists it as member "));
}

#[test]
fn a_member_that_never_started_makes_a_host_partial() {
    let facts = captured("control-plane-joining");
    let mut cluster = captured("control-plane-member");
    let etcd = &mut cluster.cluster.as_mut().unwrap().etcd;
    let Observed::Known(members) = etcd else {
        panic!("no members")
    };
    members
        .iter_mut()
        .find(|member| member.name == "cp2")
        .unwrap()
        .name
        .clear();

    let lines = partial(of_control_plane(2, &facts, &cluster));

    assert!(lines.contains(&"/etc/kubernetes/admin.conf is there".to_owned()));
    assert_eq!(lines.last().unwrap(), "its etcd member has not started");
}

#[test]
fn a_worker_whose_join_was_cut_short_is_partial() {
    let mut facts = captured("worker-member");
    facts.kubernetes.has_kubelet_conf = false;
    facts.kubernetes.has_bootstrap_kubelet_conf = true;

    let lines = partial(of_worker(&facts, &captured("control-plane-member")));

    assert!(lines.contains(&"/etc/kubernetes/bootstrap-kubelet.conf is there".to_owned()));
}

#[test]
fn a_kubeconfig_without_the_certificate_that_it_names_is_no_identity() {
    let lacks = |reply: &str| format!("{reply}lacks client-certificate\n");
    let cluster = captured("control-plane-member");
    let plane = captured_but("control-plane-member", "kubernetes", lacks);
    let worker = captured_but("worker-member", "kubernetes", lacks);
    assert!(plane.kubernetes.has_kubelet_conf && !plane.kubernetes.has_kubelet_identity());
    assert!(cluster.kubernetes.has_kubelet_identity());

    for found in [
        of_control_plane(1, &plane, &cluster),
        of_worker(&worker, &cluster),
    ] {
        assert_eq!(
            partial(found).last().unwrap(),
            "the kubelet has no identity: the client certificate that its kubelet.conf names is not there"
        );
    }
}

#[test]
fn an_api_server_tells_its_own_version() {
    let of_1_36 = r#"{"major":"1","minor":"36","emulationMajor":"1","emulationMinor":"36","minCompatibilityMajor":"1",
        "minCompatibilityMinor":"35","gitVersion":"v1.36.2","gitCommit":"0123456789abcdef","gitTreeState":"clean",
        "buildDate":"2026-06-10T12:00:00Z","goVersion":"go1.26.4","compiler":"gc","platform":"linux/amd64"}"#;
    let facts = captured_but("control-plane-member", "api_version", |_| of_1_36.to_owned());

    assert_eq!(
        facts.cluster.unwrap().version,
        Observed::Known(Version::new(1, 36, 2))
    );
}

/// `NodeLocalCRISocket` may be asked for from 1.32 on: then kubeadm keeps the socket in a file of the host's.
#[test]
fn a_host_that_keeps_its_cri_socket_itself_has_joined_without_the_annotation() {
    let mut cluster = captured("control-plane-member");
    let Observed::Known(nodes) = &mut cluster.cluster.as_mut().unwrap().nodes else {
        panic!("no nodes")
    };
    nodes.iter_mut().find(|node| node.name.0 == "w1").unwrap().joined = false;
    let kept = |reply: &str| format!("{reply}has /var/lib/kubelet/instance-config.yaml\n");
    let mut facts = captured_but("worker-member", "kubernetes", kept);

    assert_eq!(of_worker(&facts, &cluster), Observed::Known(Membership::Member));
    assert!(!writes_cri_socket(&facts));

    facts.kubernetes.has_bootstrap_kubelet_conf = true;
    assert_eq!(
        partial(of_worker(&facts, &cluster)).last().unwrap(),
        "kubeadm has not finished with its node"
    );
}

#[test]
fn who_writes_the_cri_socket_on_the_node() {
    let mut facts = captured("worker-member");
    let mut writes = |kubeadm| {
        facts.versions.kubeadm = kubeadm;
        writes_cri_socket(&facts)
    };

    assert!(writes(Some(Version::new(1, 33, 9))));
    assert!(!writes(Some(Version::new(1, 34, 0))));
    assert!(!writes(None));
}

#[test]
fn from_1_34_a_node_without_the_annotation_has_joined() {
    let mut facts = captured("worker-member");
    let mut cluster = captured("control-plane-member");
    let nodes = &mut cluster.cluster.as_mut().unwrap().nodes;
    let Observed::Known(nodes) = nodes else {
        panic!("no nodes")
    };
    nodes.iter_mut().find(|node| node.name.0 == "w1").unwrap().joined = false;
    assert!(!partial(of_worker(&facts, &cluster)).is_empty());

    facts.versions.kubeadm = Some(Version::new(1, 34, 0));

    assert_eq!(of_worker(&facts, &cluster), Observed::Known(Membership::Member));
}

#[test]
fn another_clusters_ca_makes_a_host_foreign() {
    let mut facts = captured("worker-member");
    facts.kubernetes.ca = Some("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned());

    let membership = of_worker(&facts, &captured("control-plane-member"));

    assert_eq!(membership, Observed::Known(Membership::Foreign));
}

#[test]
fn what_the_cluster_cannot_tell_leaves_membership_open() {
    let mut cluster = captured("control-plane-member");
    cluster.cluster.as_mut().unwrap().nodes = Observed::Unknown("refused".to_owned());

    let membership = of_worker(&captured("worker-fresh"), &cluster);

    assert_eq!(membership, Observed::Unknown("refused".to_owned()));
}

#[test]
fn quorums() {
    assert_eq!([1, 2, 3, 4, 5, 7].map(quorum), [1, 2, 2, 3, 3, 4]);
}
