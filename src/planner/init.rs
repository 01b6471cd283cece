//! How far an init came that is on a host, by evidence alone: `kubeadm init` runs where nothing is of a cluster. One
//! that died later is finished, and everything else is a cluster, which may be down. What is not known is never taken
//! for absent.

use super::endpoint_owner::refuse_other_server;
use super::etcd_contents::EtcdContents;
use super::inputs::Inputs;
use super::{etcd, hidden_clusters};
use crate::error::Problem;
use crate::facts::{ClusterView, HostFacts, Observed, StaticPod};
use crate::topology::{CertificateRoute, EtcdTopology, Host, Role, Topology};

/// What is left of an init, if it is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InitState {
    /// An init that came to no API server, and etcd holds nothing of a cluster: it may be done again.
    Unbegun,
    /// An init whose API server answers, and whose last phases are missing.
    Unfinished,
    Cluster,
}

/// Whether the init of a host whose API server answers has ended; `Err` where that cannot be told. A cluster that lives
/// has ended it, whatever is missing now: another node, or a pod that is neither a static one nor of init's addons.
pub(super) fn has_ended(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Result<bool, Problem> {
    let Some(view) = &facts.cluster else {
        return Ok(false);
    };
    if is_in_use(host, view) {
        return Ok(true);
    }
    let has_cluster_info = *known(host, &view.has_cluster_info)?;
    let nodes = view.nodes.known();
    let is_marked = nodes.is_some_and(|nodes| {
        nodes
            .iter()
            .any(|node| node.name == host.name && node.control_plane)
    });
    if has_cluster_info && is_marked && !lacks_addon(inputs.topology, view) {
        return Ok(true);
    }
    known(host, &view.has_other_pods)?;
    Ok(false)
}

fn is_in_use(host: &Host, view: &ClusterView) -> bool {
    let nodes = view.nodes.known();
    let has_others = nodes.is_some_and(|nodes| nodes.iter().any(|node| node.name != host.name));
    let applied = view.applied.known();
    let has_network = applied.is_some_and(|objects| objects.values().any(Option::is_some));
    has_others || has_network || view.has_other_pods.known() == Some(&true)
}

fn known<'a, T>(host: &Host, fact: &'a Observed<T>) -> Result<&'a T, Problem> {
    match fact {
        Observed::Known(value) => Ok(value),
        Observed::Unknown(cause) => Err(Problem::Probe {
            host: host.name.clone(),
            what: "whether `kubeadm init` finished there".to_owned(),
            cause: cause.clone(),
        }),
    }
}

/// Whether the `DaemonSet` that init makes last is known not to be there, and the inventory lets init make it.
pub(super) fn lacks_addon(topology: &Topology, view: &ClusterView) -> bool {
    last_addon(topology).is_some_and(|addon| {
        let name = format!("DaemonSet/{addon}");
        let workloads = view.workloads.known();
        workloads.is_some_and(|all| all.iter().all(|workload| workload.name != name))
    })
}

/// The `DaemonSet` that init makes last, where the inventory lets it make one: without it init did not end.
pub(super) fn last_addon(topology: &Topology) -> Option<&'static str> {
    creates_addon(topology, "kube-proxy").then_some("kube-proxy")
}

fn creates_addon(topology: &Topology, addon: &str) -> bool {
    let skipped = &topology.kubeadm.skip_phases;
    !skipped
        .iter()
        .any(|phase| phase == "addon" || phase.strip_prefix("addon/") == Some(addon))
}

/// The phases that are done where an init did not end, in kubeadm's order. None of them writes a manifest or a
/// certificate.
pub(super) fn last_kubeadm_phases(topology: &Topology) -> Vec<String> {
    let skipped = &topology.kubeadm.skip_phases;
    let is_skipped = |phase: &str| {
        let (group, _) = phase.split_once(' ').unwrap_or((phase, ""));
        skipped
            .iter()
            .any(|skipped| *skipped == group || *skipped == phase.replace(' ', "/"))
    };
    let all = [
        "upload-config kubeadm",
        "upload-config kubelet",
        "upload-certs",
        "mark-control-plane",
        "bootstrap-token",
        "kubelet-finalize all",
        "addon coredns",
        "addon kube-proxy",
    ];
    let uploads = topology.certificates == CertificateRoute::Upload;
    let is_wanted = |phase: &&str| !is_skipped(phase) && (uploads || *phase != "upload-certs");
    let phases = all.into_iter().filter(is_wanted);
    phases.map(str::to_owned).collect()
}

/// What the only host that holds anything has, while no API server tells of its nodes. etcd's keys tell an init from a
/// cluster; and without data nothing of a cluster can be there.
pub(super) fn evaluate_init(inputs: &Inputs, only: &Host) -> Result<InitState, Vec<Problem>> {
    let mut planes = inputs.answered(Role::ControlPlane);
    let Some((_, facts)) = planes.find(|(host, _)| host.name == only.name) else {
        return Ok(InitState::Cluster);
    };
    let view = facts.cluster.as_ref();
    let answers = view.is_some_and(|view| view.ready.known() == Some(&true));
    match etcd_contents(inputs, only, facts) {
        EtcdContents::Init if answers => Ok(InitState::Unfinished),
        EtcdContents::Init if is_joined(facts) => Ok(InitState::Cluster),
        EtcdContents::Init => Ok(InitState::Unbegun),
        EtcdContents::Nothing => {
            refuse_other_server(inputs)?;
            if let Some(gone) = hidden_clusters::refuse_lost_data(inputs, only, facts) {
                return Err(gone.into());
            }
            let first = inputs.control_planes().next();
            let is_first = first.is_some_and(|host| host.name == only.name);
            let is_init = is_first && !is_joined(facts);
            Ok(if is_init {
                InitState::Unbegun
            } else {
                InitState::Cluster
            })
        }
        EtcdContents::Cluster(_) | EtcdContents::Unknown => Ok(InitState::Cluster),
    }
}

/// Whether the kubelet was given its identity by a join: init writes admin.conf before it, and no bootstrap identity. A
/// node of another cluster looks so.
fn is_joined(facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.has_bootstrap_kubelet_conf || (found.has_kubelet_conf && !found.has_admin_conf)
}

fn etcd_contents(inputs: &Inputs, only: &Host, facts: &HostFacts) -> EtcdContents {
    match inputs.topology.etcd {
        EtcdTopology::External => etcd::external_contents(inputs),
        EtcdTopology::Stacked => stacked_contents(inputs, only, facts),
    }
}

fn stacked_contents(inputs: &Inputs, host: &Host, facts: &HostFacts) -> EtcdContents {
    let view = facts.cluster.as_ref();
    let members = view.and_then(|view| view.etcd.known());
    match (view, members) {
        _ if !hidden_clusters::data_elsewhere(inputs, host, facts).is_empty() => EtcdContents::Unknown,
        _ if !facts.kubernetes.has_etcd_data && members.is_none() => EtcdContents::Nothing,
        (Some(view), Some(members)) if members.len() <= 1 => EtcdContents::from_keys(&view.beyond_init),
        _ => EtcdContents::Unknown,
    }
}

/// The refusal where a cluster is down whose API server nothing can start: kubelet has no manifest of it.
pub(super) fn refuse_missing_manifest(inputs: &Inputs, only: &Host) -> Option<Problem> {
    let facts = inputs.facts(&only.name).filter(|_| only.is(Role::ControlPlane))?;
    let has_manifest = facts.kubernetes.has_manifest(StaticPod::ApiServer);
    let EtcdContents::Cluster(keys) = etcd_contents(inputs, only, facts) else {
        return None;
    };
    (!has_manifest).then(|| Problem::Unsafe {
        what: format!("the cluster of {} is down, and nothing there can start its API server", only.name),
        because: vec![
            format!("etcd holds objects of a cluster, such as {}", keys.join(", ")),
            "/etc/kubernetes/manifests/kube-apiserver.yaml is not there; hawser never runs `kubeadm init` again on a cluster"
                .to_owned(),
        ],
        recovery: vec![
            format!(
                "on {}: bring kube-apiserver.yaml back to /etc/kubernetes/manifests, then rerun this command",
                only.name
            ),
            "or let kubeadm write it from a file with the settings of the cluster: `kubeadm init phase control-plane apiserver --config FILE`"
                .to_owned(),
            format!(
                "only if you need nothing of the cluster any more: `kubeadm reset` on {}, then rerun this command",
                only.name
            ),
        ],
    })
}
