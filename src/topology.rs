//! The inventory as meant: names, roles and addresses whose invariants are proved. Built only by `inventory`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::templates::Templates;
pub use crate::versions::Version;

mod endpoint;
mod etcd;
mod images;
mod pod_port;
mod preparation;
mod run_folder;

pub use endpoint::{Endpoint, Networks};
pub use etcd::{EtcdManager, EtcdSettings, KeyAlgorithm, Secret, UserAuthority};
pub use images::{ImageSettings, RELAY_PORT};
pub use pod_port::PodPort;
pub use preparation::{PackageFile, PackageSource, Preparation, Proxy, Repository, Swap, sandbox_among};
pub use run_folder::{RUN_FOLDER, is_run_file};

/// How many workers join at once unless told otherwise: more only makes API server and registry slower.
pub const WORKERS_AT_ONCE: usize = 10;

/// kubeadm's own default for `localAPIEndpoint.bindPort`, and the usual port of a balancer before it.
pub const API_PORT: u16 = 6443;

/// A host's name: RFC 1123, unique in the inventory; also the name of its node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(pub String);

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for HostName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// HAProxy (and keepalived, where there is a VIP) in front of the API servers.
    Balancer,
    /// A member of an external etcd cluster.
    Etcd,
    /// API server, controller manager, scheduler; etcd too in the stacked topology.
    ControlPlane,
    /// A node for workloads.
    Worker,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Balancer => "balancer",
            Role::Etcd => "etcd",
            Role::ControlPlane => "control-plane",
            Role::Worker => "worker",
        })
    }
}

/// Where etcd runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EtcdTopology {
    /// A member on every control plane.
    Stacked,
    /// Members on hosts of their own.
    External,
}

/// How a joining control plane gets the cluster's certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateRoute {
    /// kubeadm's `--upload-certs`: sealed in a Secret with a key that lives two hours.
    Upload,
    /// Streamed from the first control plane over SSH, nothing uploaded.
    Ssh,
}

/// A pod network manifest, already read (or fetched) by the workstation and checked against its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The path or URL it came from.
    pub source: String,
    pub content: String,
}

/// What of kubeadm's configuration the user sets besides hawser.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KubeadmSettings {
    /// `unix:///…`, the container runtime's socket.
    pub cri_socket: String,
    /// Further names and addresses for the API server's certificate.
    pub extra_sans: Vec<String>,
    /// Names of preflight checks whose errors become warnings.
    pub ignore_preflight_errors: Vec<String>,
    pub skip_phases: Vec<String>,
    /// Patches of what kubeadm writes, in the order of their names.
    pub patches: Vec<Patch>,
    /// Merged into the ClusterConfiguration (maps deeply, lists and scalars replaced).
    pub cluster_configuration: serde_json::Map<String, serde_json::Value>,
    /// Merged into the KubeletConfiguration.
    pub kubelet_configuration: serde_json::Map<String, serde_json::Value>,
    /// Merged into the KubeProxyConfiguration.
    pub kube_proxy_configuration: serde_json::Map<String, serde_json::Value>,
}

/// A patch of what kubeadm writes: `TARGET[SUFFIX][+TYPE].{yaml,json}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// The file's name, by which kubeadm knows what it patches and how.
    pub name: String,
    /// What it patches: `etcd`, `kube-apiserver`, `kubeletconfiguration`, …
    pub target: String,
    /// YAML or JSON.
    pub content: String,
}

/// A file of the user's that hosts of some roles need before init or join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    pub roles: BTreeSet<Role>,
    /// Absolute path on the host.
    pub path: String,
    pub content: String,
    /// `user:group`.
    pub owner: String,
    /// Permission bits, such as 0o600.
    pub mode: u32,
    /// Not to be shown in a plan's diff (an encryption configuration holds keys).
    pub secret: bool,
}

/// How privilege is gained on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sudo {
    /// The login user is root.
    None,
    /// `sudo -n`.
    Passwordless,
    /// `sudo` asks; hawser asks once on the terminal, for all hosts.
    Password,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshTarget {
    /// A name or address the workstation can connect to.
    pub address: String,
    /// 22 unless told otherwise.
    pub port: u16,
    pub user: String,
    /// Private key files, `~` expanded, tried in order after the agent's keys.
    pub identities: Vec<PathBuf>,
    /// Whether the keys of the agent at `SSH_AUTH_SOCK` are offered.
    pub agent: bool,
    pub sudo: Sudo,
    /// The jump hosts on the way to it, from the workstation on; none of them has jump hosts of its own.
    pub jumps: Vec<SshTarget>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taint {
    /// Such as `dedicated`.
    pub key: String,
    /// May be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub name: HostName,
    /// The address that other hosts use (`private_address` where given, else `address`).
    pub address: IpAddr,
    /// What it is for; not empty.
    pub roles: BTreeSet<Role>,
    pub ssh: SshTarget,
    /// Node labels, set through the API after the join.
    pub labels: BTreeMap<String, String>,
    /// Node taints, set through the API after the join.
    pub taints: Vec<Taint>,
    /// Further kubelet arguments, without dashes.
    pub kubelet_args: BTreeMap<String, String>,
    /// Which of [`TAKEN_OVER`] hawser replaces on it though somebody else wrote them.
    pub take_over: BTreeSet<String>,
}

/// Files that hawser writes whole, and of which a host may have somebody else's.
pub const TAKEN_OVER: [&str; 3] = [
    "/etc/haproxy/haproxy.cfg",
    "/etc/keepalived/keepalived.conf",
    "/etc/containerd/config.toml",
];

impl Host {
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub fn is_node(&self) -> bool {
        self.is(Role::ControlPlane) || self.is(Role::Worker)
    }
}

/// A host of one role that root logs in to, for the tests of what asks for one.
#[cfg(test)]
pub(crate) fn any_host(name: &str, address: &str, role: Role) -> Host {
    Host {
        name: name.into(),
        address: address.parse().unwrap(),
        roles: [role].into(),
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
        take_over: BTreeSet::new(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSettings {
    /// The cluster's own known_hosts file; the user's and the system's when absent.
    pub known_hosts: Option<PathBuf>,
    /// How many hosts may be in the middle of a handshake at once.
    pub handshakes: usize,
}

/// The whole inventory, as meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The cluster's name (kubeadm's `clusterName`, and the kubeconfig's context).
    pub cluster: String,
    pub version: Version,
    pub etcd: EtcdTopology,
    pub external_etcd: EtcdSettings,
    pub certificates: CertificateRoute,
    /// Where kubeadm's images come from.
    pub image_repository: String,
    pub images: ImageSettings,
    pub endpoint: Endpoint,
    pub networks: Networks,
    /// The API servers' own port (`localAPIEndpoint.bindPort`), 6443 unless told otherwise.
    pub api_port: u16,
    pub workers_at_once: usize,
    /// The pod network, ready to be applied.
    pub manifests: Vec<Manifest>,
    /// Where the pod network speaks from node to node.
    pub pod_network_ports: Vec<PodPort>,
    pub kubeadm: KubeadmSettings,
    /// How bare hosts are prepared; `None` where they come prepared.
    pub preparation: Option<Preparation>,
    pub files: Vec<HostFile>,
    pub templates: Templates,
    pub ssh: SshSettings,
    /// Every host, in the inventory's order.
    pub hosts: Vec<Host>,
}

impl Topology {
    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == *name)
    }

    /// The hosts of a role, in the inventory's order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(move |host| host.is(role))
    }

    /// The role of the hosts on which etcd's members run.
    pub fn role_of_etcd(&self) -> Role {
        match self.etcd {
            EtcdTopology::Stacked => Role::ControlPlane,
            EtcdTopology::External => Role::Etcd,
        }
    }

    /// The hosts that become nodes, in the inventory's order.
    pub fn nodes(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.is_node())
    }

    /// The address that the endpoint's name must resolve to, where hawser owns a balancer.
    pub fn endpoint_address(&self) -> Option<IpAddr> {
        self.endpoint
            .vip
            .or_else(|| self.with_role(Role::Balancer).next().map(|host| host.address))
    }
}
