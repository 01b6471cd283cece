//! Inventories as meant.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hawser::templates::Templates;
use hawser::topology::{
    CertificateRoute, Endpoint, EtcdManager, EtcdSettings, EtcdTopology, Host, HostFile, ImageSettings,
    KeyAlgorithm, KubeadmSettings, Manifest, Networks, Role, SshSettings, SshTarget, Sudo, Topology, Version,
};
use serde_json::Map;

const VERSION: Version = Version::new(1, 20, 2);

const POD_NETWORK: &str =
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: pod-network\n  namespace: kube-system\n";

/// lb1 and lb2 with a VIP, and as many control planes and workers as are asked for.
pub(crate) fn stacked(control_planes: u8, workers: u8) -> Topology {
    let mut hosts: Vec<Host> = (1..=2).map(balancer).collect();
    hosts.extend((1..=control_planes).map(control_plane));
    hosts.extend((1..=workers).map(worker));
    Topology {
        cluster: "lab".to_owned(),
        version: VERSION,
        etcd: EtcdTopology::Stacked,
        external_etcd: EtcdSettings::default(),
        certificates: CertificateRoute::Upload,
        image_repository: "k8s.gcr.io".to_owned(),
        images: ImageSettings::default(),
        endpoint: endpoint(),
        networks: Networks {
            pods: vec!["10.244.0.0/16".parse().unwrap()],
            services: vec!["10.96.0.0/16".parse().unwrap()],
            dns_domain: "cluster.local".to_owned(),
        },
        api_port: 6443,
        workers_at_once: 10,
        manifests: vec![Manifest {
            source: "pod-network.yaml".to_owned(),
            content: POD_NETWORK.to_owned(),
        }],
        pod_network_ports: Vec::new(),
        kubeadm: kubeadm(),
        preparation: None,
        files: vec![],
        templates: Templates::default(),
        ssh: SshSettings {
            known_hosts: None,
            handshakes: 10,
        },
        hosts,
    }
}

/// The same with etcd1 to etcd3.
pub(crate) fn external(control_planes: u8, workers: u8) -> Topology {
    with_etcd_hosts(stacked(control_planes, workers))
}

/// etcd1 to etcd3 beside the hosts that there are.
pub(crate) fn with_etcd_hosts(mut topology: Topology) -> Topology {
    topology.etcd = EtcdTopology::External;
    topology.hosts.extend((1..=3).map(etcd_host));
    topology
}

/// The same without balancers of hawser's own.
pub(crate) fn behind_a_foreign_balancer(control_planes: u8, workers: u8) -> Topology {
    let mut topology = stacked(control_planes, workers);
    topology.hosts.retain(|host| !host.is(Role::Balancer));
    topology.endpoint.vip = None;
    topology
}

/// Three control planes that are the balancers too, at a port of their own.
pub(crate) fn compact(workers: u8) -> Topology {
    let mut topology = stacked(3, workers);
    topology.hosts.retain(|host| !host.is(Role::Balancer));
    for host in topology
        .hosts
        .iter_mut()
        .filter(|host| host.is(Role::ControlPlane))
    {
        host.roles.insert(Role::Balancer);
    }
    topology.endpoint.port = 8443;
    topology
}

/// The same with etcd1 to etcd3, run by systemd, and certificates that go from host to host.
pub(crate) fn compact_external() -> Topology {
    let mut topology = compact(0);
    topology.etcd = EtcdTopology::External;
    topology.external_etcd = EtcdSettings {
        manager: EtcdManager::Systemd,
        key_algorithm: KeyAlgorithm::EcdsaP256,
        ..EtcdSettings::default()
    };
    topology.certificates = CertificateRoute::Ssh;
    topology.hosts.extend((1..=3).map(etcd_host));
    topology
}

fn endpoint() -> Endpoint {
    Endpoint {
        name: "api.lab.test".to_owned(),
        port: 6443,
        vip: Some("10.0.0.100".parse().unwrap()),
        virtual_router_id: 51,
        interface: None,
        hosts_file: false,
    }
}

fn kubeadm() -> KubeadmSettings {
    KubeadmSettings {
        cri_socket: "unix:///run/containerd/containerd.sock".to_owned(),
        extra_sans: vec![],
        ignore_preflight_errors: vec![],
        skip_phases: vec![],
        patches: vec![],
        cluster_configuration: Map::new(),
        kubelet_configuration: Map::new(),
        kube_proxy_configuration: Map::new(),
    }
}

pub(crate) fn balancer(number: u8) -> Host {
    host(
        &format!("lb{number}"),
        &format!("10.0.0.{}", number + 1),
        Role::Balancer,
    )
}

pub(crate) fn control_plane(number: u8) -> Host {
    host(
        &format!("cp{number}"),
        &format!("10.0.0.1{number}"),
        Role::ControlPlane,
    )
}

pub(crate) fn etcd_host(number: u8) -> Host {
    host(&format!("etcd{number}"), &format!("10.0.0.4{number}"), Role::Etcd)
}

pub(crate) fn worker(number: u8) -> Host {
    host(&format!("w{number}"), &format!("10.0.0.2{number}"), Role::Worker)
}

fn host(name: &str, address: &str, role: Role) -> Host {
    Host {
        name: name.into(),
        address: address.parse::<IpAddr>().unwrap(),
        roles: BTreeSet::from([role]),
        ssh: SshTarget {
            address: address.to_owned(),
            port: 22,
            user: "root".to_owned(),
            identities: vec![],
            agent: false,
            sudo: Sudo::None,
            jumps: Vec::new(),
        },
        labels: BTreeMap::new(),
        taints: vec![],
        kubelet_args: BTreeMap::new(),
        take_over: std::collections::BTreeSet::new(),
    }
}

/// A file of the user's for control planes, where kubeadm reset would not leave it.
pub(crate) fn audit_policy() -> HostFile {
    HostFile {
        roles: BTreeSet::from([Role::ControlPlane]),
        path: "/etc/kubernetes/pki/audit.yaml".to_owned(),
        content: "kind: Policy\n".to_owned(),
        owner: "root:root".to_owned(),
        mode: 0o600,
        secret: false,
    }
}
