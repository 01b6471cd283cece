//! The hosts as found: what one probe of each host told. A failed probe is never "absent".

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use crate::topology::{Host, HostName, Version};

mod answer;
mod applied;
mod balancer;
pub mod beforehand;
mod cluster;
mod connections;
mod etcd;
mod etcd_data;
mod external_etcd;
mod file;
mod health;
mod host;
mod identity;
mod images;
mod in_service;
mod kubernetes;
mod membership;
mod preflight;
mod preparation;
mod running;

#[cfg(test)]
mod captured;

pub use answer::is_late;
pub use connections::{Peer, Reached, Trial, read_trials};
pub use etcd::{
    CLIENT_CERTIFICATE, CertificateFact, EtcdData, EtcdFacts, client_ending, client_left, ending,
};
pub use etcd_data::EtcdDirectory;
pub use external_etcd::{OldestEtcd, etcd_to_run, oldest_etcd, unknown_flags};
pub use file::FileFact;
pub use health::{Health, MemberFact};
pub use host::parse;
pub use identity::{EtcdIdentity, cluster_id};
pub use images::{NamedBy, WantedImage, has_image, is_archived, lacks, missing_images, runs, wanted_images};
pub use in_service::ClusterOfEtcd;
pub use kubernetes::{KubernetesFacts, StaticPod};
pub use membership::{
    Membership, ReferenceCluster, control_plane_membership, has_finished, quorum, worker_membership,
    writes_cri_socket,
};
pub use preflight::{
    Cgroups, Containerd, Listener, Preflight, Room, SyncTimes, read_clock, read_preflight, read_sync_times,
};
pub use preparation::{Installed, PreparationFacts, is_in_use, is_prepared, read_preparation};
pub use running::other_versions;

/// Something that was looked at, or why it could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed<T> {
    Known(T),
    /// Why it could not be told, in the host's own words.
    Unknown(String),
}

impl<T> Observed<T> {
    /// What was found, if it could be told.
    pub fn known(&self) -> Option<&T> {
        match self {
            Observed::Known(value) => Some(value),
            Observed::Unknown(_) => None,
        }
    }

    /// What was found, or else why it could not be told.
    pub fn into_result(self) -> Result<T, String> {
        match self {
            Observed::Known(value) => Ok(value),
            Observed::Unknown(why) => Err(why),
        }
    }
}

impl<T> Observed<Vec<T>> {
    fn find(&self, is_it: impl Fn(&T) -> bool) -> Observed<Option<&T>> {
        match self {
            Observed::Known(all) => Observed::Known(all.iter().find(|one| is_it(one))),
            Observed::Unknown(why) => Observed::Unknown(why.clone()),
        }
    }
}

impl<T> From<Result<T, String>> for Observed<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(value) => Observed::Known(value),
            Err(why) => Observed::Unknown(why),
        }
    }
}

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Observed::Unknown("not probed".to_owned())
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct HostFacts {
    pub system: System,
    /// The versions of what is installed; absent programs are `None`.
    pub versions: Versions,
    /// The files that were asked for and exist, by path; see [`HostFacts::file`].
    pub files: BTreeMap<String, Observed<FileFact>>,
    /// systemd units that were asked for, by name: `haproxy`, `keepalived`, `kubelet`, `containerd`.
    pub units: BTreeMap<String, Unit>,
    /// What the endpoint's name resolves to on the host (`getent ahosts`), without repetition; empty when to nothing.
    pub endpoint_resolves_to: Observed<Vec<IpAddr>>,
    /// Whether something speaks TLS at the endpoint; asked on control planes, which have what it takes.
    pub endpoint_speaks_tls: Observed<bool>,
    pub kubernetes: KubernetesFacts,
    /// What of its preparation it has; asked where hosts are prepared.
    pub preparation: Option<PreparationFacts>,
    /// What runs behind a balancer; on balancer hosts.
    pub balancer: Option<BalancerFacts>,
    /// What an etcd member of its own holds and says; on etcd hosts.
    pub etcd: Option<EtcdFacts>,
    /// What the cluster says, asked from here; on control planes that hold an admin.conf or an etcd member.
    pub cluster: Option<ClusterView>,
}

impl HostFacts {
    /// A file that was asked for: `Known(None)` when it is not there.
    pub fn file(&self, path: &str) -> Observed<Option<&FileFact>> {
        match self.files.get(path) {
            None => Observed::Known(None),
            Some(Observed::Known(file)) => Observed::Known(Some(file)),
            Some(Observed::Unknown(why)) => Observed::Unknown(why.clone()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct System {
    /// `PRETTY_NAME` of os-release.
    pub os: String,
    /// `uname -r`.
    pub kernel: String,
    /// `uname -m`.
    pub architecture: String,
    pub hostname: String,
    pub uptime_s: u64,
    pub addresses: Vec<IpAddr>,
    /// `(interface, address)` pairs, in the kernel's order.
    pub interfaces: Vec<(String, IpAddr)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Versions {
    /// `kubeadm version -o short`.
    pub kubeadm: Option<Version>,
    pub kubelet: Option<Version>,
    /// `kubectl version --client`.
    pub kubectl: Option<Version>,
    pub haproxy: Option<String>,
    pub keepalived: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Unit {
    pub active: bool,
    pub enabled: bool,
    /// Seconds since it became active; 0 when it is not.
    pub active_for_s: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BalancerFacts {
    /// The `description` of the running HAProxy (`show info`): which configuration it runs. `None` when it does not
    /// run, has no runtime socket, or describes nothing.
    pub running: Observed<Option<String>>,
    /// The servers of the backend `control_planes` (`show stat`); none when HAProxy does not run.
    pub servers: Observed<Vec<ServerFact>>,
    /// Whether the host carries the VIP now.
    pub holds_vip: bool,
    /// Whether some other host of the network answers ARP for the VIP (asked only where keepalived does not run).
    pub vip_answers: Observed<bool>,
}

/// A server of HAProxy's backend as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFact {
    /// The server's name: the control plane's.
    pub name: String,
    /// `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, …
    pub status: String,
    /// Such as `L7OK`, `L4CON`; empty where it is not checked.
    pub check: String,
}

impl ServerFact {
    /// Whether HAProxy sends it no new connections, as it was told.
    pub fn is_disabled(&self) -> bool {
        ["MAINT", "DRAIN"]
            .iter()
            .any(|status| self.status.starts_with(status))
    }
}

/// What the cluster says, asked from one control plane.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ClusterView {
    /// This host's own API server: `/readyz` asked straight at it. `Known(true)`, or why not in kubectl's words.
    pub ready: Observed<bool>,
    /// `/readyz` asked through the endpoint. `Known(true)`, or why not in kubectl's words.
    pub ready_through_endpoint: Observed<bool>,
    /// This host's own API server, as it says itself.
    pub version: Observed<Version>,
    pub nodes: Observed<Vec<NodeFact>>,
    /// etcd's members, as this host's member lists them.
    pub etcd: Observed<Vec<MemberFact>>,
    /// The id of the cluster that this host's member belongs to, hexadecimal.
    pub etcd_id: Observed<String>,
    /// `kubeadm-config`'s `ClusterConfiguration`, YAML.
    pub cluster_configuration: Observed<String>,
    /// `DaemonSets` and Deployments of kube-system.
    pub workloads: Observed<Vec<WorkloadFact>>,
    /// The pod network's objects, by their path in the API: what `kubectl apply` last applied there, JSON; `None` where
    /// the object is not there or was not applied.
    pub applied: Observed<BTreeMap<String, Option<serde_json::Value>>>,
    /// Whether `kube-public/cluster-info` exists: init reached the bootstrap tokens.
    pub has_cluster_info: Observed<bool>,
    /// Whether there are pods that are neither static ones nor those of init's addons.
    pub has_other_pods: Observed<bool>,
    /// Of what etcd beside this host's API server holds a few keys that init does not write; asked where the
    /// API does not tell of its pods.
    pub beyond_init: Observed<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NodeFact {
    pub name: HostName,
    /// The object's own id: another node of the same name has another.
    pub uid: String,
    pub ready: bool,
    pub version: String,
    /// Whether it is labelled (or, up to 1.23, tainted) as a control plane.
    pub control_plane: bool,
    /// Whether kubeadm wrote its CRI socket on it, the last thing a worker's join does up to 1.33; from 1.34 it writes
    /// none, so ask for the membership.
    pub joined: bool,
    pub labels: BTreeMap<String, String>,
    /// `(key, value, effect)` of each taint.
    pub taints: Vec<(String, String, String)>,
    pub addresses: Vec<String>,
}

impl ClusterView {
    /// The node of a name: `Known(None)` when there is none.
    pub fn node(&self, name: &HostName) -> Observed<Option<&NodeFact>> {
        self.nodes.find(|node| node.name == *name)
    }

    /// The etcd member of a host, known by its name or, before it has started, by its address.
    pub fn member(&self, host: &Host) -> Observed<Option<&MemberFact>> {
        self.etcd.find(|member| member.is_of(host))
    }
}

/// A `DaemonSet` or Deployment of kube-system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkloadFact {
    /// `DaemonSet/kube-proxy`.
    pub name: String,
    /// How many there should be.
    pub wanted: u64,
    /// How many are available and up to date.
    pub available: u64,
}

/// Every host of the inventory: as found, or why it could not be looked at.
pub type Observation = BTreeMap<HostName, Result<HostFacts, crate::error::Problem>>;
