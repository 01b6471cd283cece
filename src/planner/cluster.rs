//! Is there a cluster, and who speaks for it? Never a second one: `init` is planned only where nothing is.

use super::Scene;
use super::control_planes::last_addon;
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{
    self, ClusterView, HostFacts, MemberFact, Membership, NodeFact, Observed, control_plane_membership,
};
use crate::topology::{EtcdTopology, Host, Role};

/// What the control planes say about the cluster, taken together.
#[derive(Debug)]
pub enum Cluster<'a> {
    /// Nothing is anywhere: it will be initialised on this host.
    Absent(&'a Host),
    /// An init that did not end left its traces on this one host and nowhere else; init finishes it.
    HalfInitialised(&'a Host),
    /// It is there.
    There(There<'a>),
}

/// A cluster that is there.
#[derive(Debug)]
pub struct There<'a> {
    /// The control plane that speaks for it, wherever it stands in the list.
    pub via: &'a Host,
    /// What it says.
    pub view: &'a ClusterView,
    /// The cluster CA's certificate, PEM.
    pub ca: &'a str,
    /// `sha256:…` of its public key.
    pub ca_hash: String,
    /// Whether an API server is well; if not, etcd has no quorum and the half-joined member is brought up first.
    pub well: bool,
}

impl<'a> Cluster<'a> {
    /// Whether `kubeadm init` will run.
    pub fn is_to_be_initialised(&self) -> bool {
        !matches!(self, Cluster::There(_))
    }

    /// The host through which the cluster is asked, now or after init.
    pub fn via(&self) -> &'a Host {
        match self {
            Cluster::Absent(host) | Cluster::HalfInitialised(host) => host,
            Cluster::There(there) => there.via,
        }
    }

    /// The cluster, if it is there.
    pub fn there(&self) -> Option<&There<'a>> {
        match self {
            Cluster::There(there) => Some(there),
            _ => None,
        }
    }

    /// Whether it is there and none of its API servers is well: then only what is on the hosts is known of it.
    pub fn is_stalled(&self) -> bool {
        self.there().is_some_and(|there| !there.well)
    }

    /// The nodes it has.
    pub fn nodes(&self) -> &'a [NodeFact] {
        self.there()
            .and_then(|there| there.view.nodes.known())
            .map_or(&[], Vec::as_slice)
    }

    /// A node by its host's name.
    pub fn node(&self, host: &Host) -> Option<&'a NodeFact> {
        self.nodes().iter().find(|node| node.name == host.name)
    }

    /// etcd's members.
    pub fn members(&self) -> &'a [MemberFact] {
        self.there()
            .and_then(|there| there.view.etcd.known())
            .map_or(&[], Vec::as_slice)
    }
}

/// Finds the cluster, or why it cannot be told.
pub(super) fn recognise<'a>(scene: &Scene<'a>) -> Result<Cluster<'a>, Vec<Problem>> {
    let planes: Vec<(&Host, &HostFacts)> = scene.answered(Role::ControlPlane).collect();
    same_ca(&planes)?;
    let holders: Vec<&Host> = scene
        .all_answered()
        .filter(|(host, facts)| host.is_node() && holds_something(facts))
        .map(|(host, _)| host)
        .collect();
    if let Some((host, facts)) = speaker(scene, &planes) {
        // Joins begin when init has ended: where another host holds something, this one is no half-done init.
        let joined = holders.iter().any(|holder| holder.name != host.name);
        if joined || whole(scene, host, facts) {
            return there(host, facts, true);
        }
        return Ok(Cluster::HalfInitialised(host));
    }
    match (
        holders.as_slice(),
        planes.iter().find(|(_, facts)| stands(scene, facts)),
    ) {
        ([], _) => absent(scene, &planes),
        ([only], _) if left_by_an_init(scene, &planes, only)? => Ok(Cluster::HalfInitialised(only)),
        (_, Some((host, facts))) => there(host, facts, false),
        (holders, None) => Err(vec![silent(scene, holders)]),
    }
}

/// Whether what the one host holds is an init that did not end, and not what is left of a cluster: etcd's data tells by
/// its list of members, and without data nothing of a cluster can be there.
fn left_by_an_init<'a>(
    scene: &Scene<'a>,
    planes: &[(&'a Host, &'a HostFacts)],
    only: &Host,
) -> Result<bool, Vec<Problem>> {
    let Some((_, facts)) = planes.iter().find(|(host, _)| host.name == only.name) else {
        return Ok(false);
    };
    if facts.kubernetes.has_etcd_data {
        let members = facts.cluster.as_ref().and_then(|view| view.etcd.known());
        return Ok(members.is_some_and(|members| members.len() <= 1));
    }
    no_stranger(scene, planes)?;
    let is_first = planes.first().is_some_and(|(host, _)| host.name == only.name);
    Ok(is_first && !facts.kubernetes.has_bootstrap_kubelet_conf)
}

fn there<'a>(host: &'a Host, facts: &'a HostFacts, well: bool) -> Result<Cluster<'a>, Vec<Problem>> {
    let unreadable = |cause: String| {
        vec![Problem::Probe {
            host: host.name.clone(),
            what: "the cluster's CA".to_owned(),
            cause,
        }]
    };
    let view = facts
        .cluster
        .as_ref()
        .ok_or_else(|| unreadable("the cluster was not asked".to_owned()))?;
    let ca = facts
        .kubernetes
        .ca
        .as_deref()
        .ok_or_else(|| unreadable("there is no ca.crt".to_owned()))?;
    let ca_hash = ca_hash(ca).map_err(unreadable)?;
    Ok(Cluster::There(There {
        via: host,
        view,
        ca,
        ca_hash,
        well,
    }))
}

/// A control plane whose own API server is well; a whole member before one that has to be mended.
fn speaker<'a>(scene: &Scene, planes: &[(&'a Host, &'a HostFacts)]) -> Option<(&'a Host, &'a HostFacts)> {
    let is_well = |facts: &HostFacts| {
        let view = facts.cluster.as_ref();
        view.is_some_and(|view| view.ready.known() == Some(&true) && view.nodes.known().is_some())
    };
    let is_member = |host: &Host, facts: &HostFacts| {
        let found = control_plane_membership(host, facts, facts::Cluster::of(facts), scene.topology.etcd);
        found == Observed::Known(Membership::Member)
    };
    let mut well = planes.iter().filter(|(_, facts)| is_well(facts)).copied();
    let first = well.clone().next();
    well.find(|(host, facts)| is_member(host, facts)).or(first)
}

/// A control plane that can be brought up as it is: its etcd at least lists its members, or etcd is elsewhere.
fn stands(scene: &Scene, facts: &HostFacts) -> bool {
    if scene.topology.etcd == EtcdTopology::External {
        let found = &facts.kubernetes;
        let has_api_server = found.manifests.iter().any(|name| name == "kube-apiserver.yaml");
        return has_api_server && found.has_admin_conf && found.has_ca_key && found.has_kubelet_identity();
    }
    let members = facts.cluster.as_ref().and_then(|view| view.etcd.known());
    members.is_some_and(|members| !members.is_empty()) && facts.kubernetes.has_ca_key
}

/// Whether init came to its end. With a second node in the cluster it did, whatever is missing now.
fn whole(scene: &Scene, host: &Host, facts: &HostFacts) -> bool {
    let Some(view) = &facts.cluster else { return false };
    let others = view
        .nodes
        .known()
        .is_some_and(|nodes| nodes.iter().any(|node| node.name != host.name));
    let marked = view.nodes.known().is_some_and(|nodes| {
        nodes
            .iter()
            .any(|node| node.name == host.name && node.control_plane)
    });
    let ended = last_addon(scene.topology).is_none_or(|addon| {
        let name = format!("DaemonSet/{addon}");
        let workloads = view.workloads.known();
        workloads.is_none_or(|all| all.iter().any(|workload| workload.name == name))
    });
    others || (marked && ended && view.has_cluster_info.known() != Some(&false))
}

/// The static pods that kubeadm makes; others are the user's own.
const MANIFESTS: [&str; 4] = [
    "etcd.yaml",
    "kube-apiserver.yaml",
    "kube-controller-manager.yaml",
    "kube-scheduler.yaml",
];

fn holds_something(facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.ca.is_some()
        || found.has_ca_key
        || found.has_kubelet_conf
        || found.has_bootstrap_kubelet_conf
        || found.has_admin_conf
        || found.has_etcd_data
        || found
            .manifests
            .iter()
            .any(|name| MANIFESTS.contains(&name.as_str()))
}

/// Nothing is anywhere, and nothing speaks TLS at the endpoint.
fn absent<'a>(scene: &Scene<'a>, planes: &[(&'a Host, &'a HostFacts)]) -> Result<Cluster<'a>, Vec<Problem>> {
    no_stranger(scene, planes)?;
    match planes.first() {
        Some((host, _)) => Ok(Cluster::Absent(host)),
        None => Err(vec![Problem::MissingHosts {
            hosts: scene
                .topology
                .with_role(Role::ControlPlane)
                .map(|host| (host.name.clone(), "did not answer".to_owned()))
                .collect(),
            needed_for: "a cluster".to_owned(),
        }]),
    }
}

/// Refuses where something speaks TLS at the endpoint, while no API server of the inventory's is well.
fn no_stranger(scene: &Scene, planes: &[(&Host, &HostFacts)]) -> Result<(), Vec<Problem>> {
    let endpoint = &scene.topology.endpoint;
    if let Some((host, _)) = planes
        .iter()
        .find(|(_, facts)| facts.endpoint_speaks_tls.known() == Some(&true))
    {
        return Err(vec![Problem::Unsafe {
            what: format!(
                "a TLS server already answers at {}, and no host of the inventory belongs to it",
                endpoint.authority()
            ),
            because: vec![format!(
                "asked from {}; another cluster may have this endpoint",
                host.name
            )],
            way_out: vec![
                "is this the right inventory? name every control plane of that cluster in it to work with it"
                    .to_owned(),
                "or give the new cluster an endpoint of its own under [endpoint]".to_owned(),
            ],
        }]);
    }
    Ok(())
}

fn same_ca(planes: &[(&Host, &HostFacts)]) -> Result<(), Vec<Problem>> {
    let hashes: Vec<(&Host, String)> = planes
        .iter()
        .filter_map(|(host, facts)| Some((*host, ca_hash(facts.kubernetes.ca.as_deref()?).ok()?)))
        .collect();
    let differs = hashes
        .first()
        .is_some_and(|(_, first)| hashes.iter().any(|(_, hash)| hash != first));
    if !differs {
        return Ok(());
    }
    Err(vec![Problem::Unsafe {
        what: "the control planes hold certificates of different clusters".to_owned(),
        because: hashes
            .iter()
            .map(|(host, hash)| format!("{}: CA {hash}", host.name))
            .collect(),
        way_out: vec![
            "correct the inventory, so that it names the hosts of one cluster".to_owned(),
            "or clear the host that is to change clusters: `kubeadm reset` on it".to_owned(),
        ],
    }])
}

fn silent(scene: &Scene, holders: &[&Host]) -> Problem {
    let starts = |host: &&Host| {
        let facts = scene.facts(&host.name).filter(|_| host.is(Role::ControlPlane));
        let kubelet = facts.and_then(|facts| facts.units.get("kubelet"));
        kubelet.is_some_and(|unit| unit.active && unit.active_for_s < STARTING_S)
    };
    let control_planes = holders.iter().filter(|host| host.is(Role::ControlPlane));
    Problem::Silent {
        control_planes: control_planes.map(|host| host.name.clone()).collect(),
        starting: holders.iter().any(starts),
        holders: holders.iter().map(|host| host.name.clone()).collect(),
    }
}

/// kubelet starts static pods within a minute, and an etcd that found no quorum again after 80 s more.
const STARTING_S: u64 = 180;
