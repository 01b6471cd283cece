//! Is there a cluster, and who speaks for it? Never a second one: `init` is planned only where nothing is.

use super::Scene;
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{ClusterView, HostFacts, MemberFact, NodeFact, quorum};
use crate::topology::{Host, Role};

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
    let speaker = |well: bool| planes.iter().find(|(_, facts)| speaks(facts, well)).copied();
    if let Some((host, facts)) = speaker(true) {
        return if whole(scene, host, facts) {
            there(host, facts, true)
        } else {
            Ok(Cluster::HalfInitialised(host))
        };
    }
    let holders: Vec<&Host> = scene
        .all_answered()
        .filter(|(host, facts)| host.is_node() && holds_something(facts))
        .map(|(host, _)| host)
        .collect();
    match (holders.as_slice(), speaker(false)) {
        ([], _) => absent(scene, &planes),
        (_, Some((host, facts))) if has_grown(facts) => there(host, facts, false),
        ([only], _) if only.is(Role::ControlPlane) => Ok(Cluster::HalfInitialised(only)),
        (_, Some((host, facts))) => there(host, facts, false),
        (holders, None) => Err(vec![silent(holders)]),
    }
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

/// A control plane whose own API server is well, or (`well` false) whose etcd at least lists its members.
fn speaks(facts: &HostFacts, well: bool) -> bool {
    let Some(view) = &facts.cluster else { return false };
    if well {
        return view.ready.known() == Some(&true) && view.nodes.known().is_some();
    }
    view.etcd.known().is_some_and(|members| !members.is_empty()) && facts.kubernetes.has_ca_key
}

/// Whether etcd lists a second member: then init came to its end long ago, whatever the other host holds now.
fn has_grown(facts: &HostFacts) -> bool {
    let members = facts.cluster.as_ref().and_then(|view| view.etcd.known());
    members.is_some_and(|members| members.len() > 1)
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
    let proxied = !scene.wants_proxy()
        || view
            .workloads
            .known()
            .is_none_or(|all| all.iter().any(|workload| workload.name == "DaemonSet/kube-proxy"));
    others || (marked && proxied && view.has_cluster_info.known() != Some(&false))
}

fn holds_something(facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.ca.is_some()
        || found.has_ca_key
        || found.has_kubelet_conf
        || found.has_etcd_data
        || found
            .manifests
            .iter()
            .any(|manifest| manifest.starts_with("kube-") || manifest == "etcd.yaml")
}

/// Nothing is anywhere, and nothing speaks TLS at the endpoint.
fn absent<'a>(scene: &Scene<'a>, planes: &[(&'a Host, &'a HostFacts)]) -> Result<Cluster<'a>, Vec<Problem>> {
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

fn silent(holders: &[&Host]) -> Problem {
    let names: Vec<String> = holders.iter().map(|host| host.name.to_string()).collect();
    let members = holders.iter().filter(|host| host.is(Role::ControlPlane)).count();
    Problem::Unsafe {
        what: "a cluster has been here, and no API server or etcd member of it answers".to_owned(),
        because: vec![
            format!("{} hold its identity or its data", names.join(", ")),
            format!("etcd of {members} members needs {} of them", quorum(members)),
        ],
        way_out: vec![
            "hosts that have just started need a minute: run this again".to_owned(),
            "`journalctl -u kubelet` and /var/log/pods on a control plane tell why it does not start".to_owned(),
            "only if nothing of it is wanted any more: `kubeadm reset` on each of these hosts, then run this again".to_owned(),
        ],
    }
}
