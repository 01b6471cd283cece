//! A topology as the inventory would give it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hawser::remote::files::RenderedFile;
use hawser::templates::{Template, Templates};
use hawser::topology::{
    CertificateRoute, Endpoint, EtcdSettings, EtcdTopology, Host, HostName, ImageSettings, KubeadmSettings,
    Networks, PackageSource, Patch, Preparation, Proxy, Repository, Role, SshSettings, SshTarget, Sudo, Swap,
    Topology, Version,
};
use hawser::values::{Slot, Values};
use serde_json::{Map, Value, json};

/// kubeadms that read v1beta2, v1beta3 and v1beta4.
pub(crate) const KUBEADM_1_20: Version = Version::new(1, 20, 2);
pub(crate) const KUBEADM_1_30: Version = Version::new(1, 30, 4);
pub(crate) const KUBEADM_1_36: Version = Version::new(1, 36, 1);

/// lb1 and lb2 with a VIP, cp1 to cp3, w1.
pub(crate) fn stacked() -> Topology {
    Topology {
        cluster: "demo".to_owned(),
        version: Version::new(1, 36, 1),
        etcd: EtcdTopology::Stacked,
        external_etcd: EtcdSettings::default(),
        certificates: CertificateRoute::Upload,
        image_repository: "registry.k8s.io".to_owned(),
        images: ImageSettings::default(),
        endpoint: Endpoint {
            name: "api.demo.example".to_owned(),
            port: 6443,
            vip: Some(address("192.0.2.10")),
            virtual_router_id: 51,
            interface: None,
            hosts_file: true,
        },
        networks: Networks {
            pods: vec!["10.244.0.0/16".parse().unwrap()],
            services: vec!["10.96.0.0/16".parse().unwrap()],
            dns_domain: "cluster.local".to_owned(),
        },
        api_port: 6443,
        workers_at_once: 10,
        manifests: vec![],
        pod_network_ports: Vec::new(),
        preparation: None,
        kubeadm: KubeadmSettings {
            cri_socket: "unix:///run/containerd/containerd.sock".to_owned(),
            extra_sans: vec![],
            ignore_preflight_errors: vec![],
            skip_phases: vec![],
            patches: vec![],
            cluster_configuration: Map::new(),
            kubelet_configuration: Map::new(),
            kube_proxy_configuration: Map::new(),
        },
        files: vec![],
        templates: Templates::default(),
        ssh: SshSettings {
            known_hosts: None,
            handshakes: 10,
        },
        hosts: vec![
            host("lb1", "192.0.2.2", Role::Balancer),
            host("lb2", "192.0.2.3", Role::Balancer),
            host("cp1", "192.0.2.11", Role::ControlPlane),
            host("cp2", "192.0.2.12", Role::ControlPlane),
            host("cp3", "192.0.2.13", Role::ControlPlane),
            host("w1", "192.0.2.31", Role::Worker),
        ],
    }
}

/// The same with etcd1 to etcd3, certificates over SSH.
pub(crate) fn external() -> Topology {
    let mut topology = stacked();
    topology.etcd = EtcdTopology::External;
    topology.certificates = CertificateRoute::Ssh;
    topology.hosts.extend([
        host("etcd1", "192.0.2.21", Role::Etcd),
        host("etcd2", "192.0.2.22", Role::Etcd),
        host("etcd3", "192.0.2.23", Role::Etcd),
    ]);
    topology
}

/// The external one with certificates that kubeadm uploads.
pub(crate) fn external_uploading() -> Topology {
    Topology {
        certificates: CertificateRoute::Upload,
        ..external()
    }
}

/// The stacked one with patches, as an inventory's folder gives them.
pub(crate) fn with_patches() -> Topology {
    let mut topology = stacked();
    topology.kubeadm.patches = vec![
        patch(
            "etcd0+json.json",
            "etcd",
            "[{\"op\": \"remove\", \"path\": \"/spec/priorityClassName\"}]\n",
        ),
        patch(
            "kube-apiserver+merge.yaml",
            "kube-apiserver",
            "metadata: {labels: {tier: front}}\n",
        ),
    ];
    topology
}

pub(crate) fn patch(name: &str, target: &str, content: &str) -> Patch {
    Patch {
        name: name.to_owned(),
        target: target.to_owned(),
        content: content.to_owned(),
    }
}

/// A topology whose templates are the program's own but for one.
pub(crate) fn with_template(mut topology: Topology, name: &str, text: &str) -> Topology {
    let template = Template {
        path: format!("mine/{name}"),
        text: text.to_owned(),
    };
    topology.templates.put(name, template).unwrap();
    topology
}

/// The stacked one with every passthrough in use.
pub(crate) fn with_passthrough() -> Topology {
    let mut topology = stacked();
    topology.kubeadm = KubeadmSettings {
        extra_sans: vec!["kubernetes.example.org".to_owned(), "192.0.2.11".to_owned()],
        ignore_preflight_errors: vec!["Swap".to_owned(), "SystemVerification".to_owned()],
        skip_phases: vec!["addon/coredns".to_owned(), "addon/kube-proxy".to_owned()],
        cluster_configuration: map(&json!({
            "apiServer": {
                "extraArgs": {"audit-policy-file": "/etc/kubernetes/audit.yaml", "v": 4},
                "extraVolumes": [
                    {"name": "audit", "hostPath": "/etc/kubernetes/audit.yaml", "mountPath": "/etc/kubernetes/audit.yaml"}
                ],
            },
            "etcd": {"local": {"extraArgs": {"quota-backend-bytes": 8_589_934_592_u64}}},
            "networking": {"dnsDomain": "demo.local"},
        })),
        kubelet_configuration: map(&json!({
            "cgroupDriver": "cgroupfs",
            "featureGates": {"LocalStorageCapacityIsolation": false},
        })),
        kube_proxy_configuration: map(&json!({"mode": "ipvs", "conntrack": {"maxPerCore": 0}})),
        ..topology.kubeadm
    };
    let cp1 = topology
        .hosts
        .iter_mut()
        .find(|host| host.name == "cp1".into())
        .unwrap();
    cp1.roles.insert(Role::Worker);
    cp1.kubelet_args = BTreeMap::from([
        ("node-ip".to_owned(), "198.51.100.11".to_owned()),
        ("v".to_owned(), "2".to_owned()),
    ]);
    topology
}

pub(crate) fn host(name: &str, at: &str, role: Role) -> Host {
    Host {
        name: HostName::from(name),
        address: address(at),
        roles: BTreeSet::from([role]),
        ssh: SshTarget {
            address: at.to_owned(),
            port: 22,
            user: "root".to_owned(),
            identities: vec![],
            agent: true,
            sudo: Sudo::None,
            jumps: Vec::new(),
        },
        labels: BTreeMap::new(),
        taints: vec![],
        kubelet_args: BTreeMap::new(),
        take_over: std::collections::BTreeSet::new(),
    }
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn find<'a>(topology: &'a Topology, name: &str) -> &'a Host {
    topology.host(&name.into()).unwrap()
}

/// The file as its host receives it.
pub(crate) fn filled(file: &RenderedFile) -> String {
    let mut values = Values::for_new_run();
    values.set(Slot::CaHash, format!("sha256:{}", "0f".repeat(32)));
    String::from_utf8(file.content.fill(&values).unwrap().to_vec()).unwrap()
}

pub(crate) fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// With bare hosts: packages from a repository, and everything else as it is where the inventory says no more.
pub(crate) fn bare(topology: Topology) -> Topology {
    let sysctls = ["net.bridge.bridge-nf-call-iptables", "net.ipv4.ip_forward"];
    Topology {
        preparation: Some(Preparation {
            source: PackageSource::Repository(Repository {
                url: "https://packages.example.org/core:/stable:/v1.36/deb/".to_owned(),
                key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"
                    .to_owned(),
                fingerprint: "AB".repeat(20),
            }),
            modules: ["overlay", "br_netfilter"].map(str::to_owned).to_vec(),
            sysctls: sysctls.map(|name| (name.to_owned(), "1".to_owned())).into(),
            swap: Swap::Off,
            sandbox_image: Some("registry.k8s.io/pause:3.10.1".to_owned()),
            mirrors: BTreeMap::new(),
            credentials: BTreeMap::new(),
            containerd: Map::new(),
            proxy: Proxy::default(),
        }),
        ..topology
    }
}
