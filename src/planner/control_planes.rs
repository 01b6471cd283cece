//! The first control plane, and what makes it a cluster: init, the pod network, Ready.

use super::init::{last_addon, last_kubeadm_phases};
use super::inputs::Inputs;
use super::kubeadm_files;
use super::situation::Situation;
use super::survey::Cluster;
use crate::error::Problem;
use crate::manifests;
use crate::plan::{Chain, Milestone};
use crate::remote::init::Initialised;
use crate::remote::{control_plane, files, node};
use crate::topology::{EtcdTopology, Host, Topology};

/// What preflight finds of an init that did not end; kubeadm keeps what is there and finishes it.
const LEFT_BY_AN_INIT: &str = "--ignore-preflight-errors=DirAvailable--var-lib-etcd,\
    FileAvailable--etc-kubernetes-manifests-etcd.yaml,FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml,\
    FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml,\
    FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml,\
    Port-6443,Port-10250,Port-10257,Port-10259,Port-2379,Port-2380";

/// `kubeadm init` where nothing is of a cluster; its last phases where it made an API server and did not end.
pub(super) fn initialise(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    if !situation.cluster.is_to_be_initialised() {
        return Ok(Vec::new());
    }
    let topology = situation.topology;
    let host = situation.cluster.reference_node();
    let mut steps = kubeadm_files::for_init(situation, host)?;
    let server = situation.api_url(host);
    let at = Initialised {
        host,
        server: &server,
        addon: last_addon(topology),
    };
    let change = match situation.cluster {
        Cluster::HalfInitialised(_) => {
            let flags = init_flags(situation, host)?;
            at.init_again(topology, &flags, evidence_of_no_cluster(situation, host))
        }
        Cluster::Absent(_) => at.init(topology, &init_flags(situation, host)?),
        Cluster::Unfinished(_) | Cluster::Existing(_) => at.finish(&last_kubeadm_phases(topology)),
    };
    steps.extend(at.steps(change));
    let milestone = situation
        .cluster
        .runs_init()
        .then_some(Milestone::ClusterInitialised);
    Ok(vec![Chain::required(&host.name, steps).reaching(milestone)])
}

fn init_flags(situation: &Situation, host: &Host) -> Result<Vec<String>, Problem> {
    let mut flags = files::init_flags(situation.topology);
    flags.extend(kubeadm_files::patch_flags(situation, host)?);
    let ignored = &situation.topology.kubeadm.ignore_preflight_errors;
    let is_again = matches!(situation.cluster, Cluster::HalfInitialised(_));
    if is_again && !ignored.iter().any(|name| name == "all") {
        flags.push(LEFT_BY_AN_INIT.replace("Port-6443", &format!("Port-{}", situation.topology.api_port)));
    }
    Ok(flags)
}

/// By what it is told that no cluster is lost.
fn evidence_of_no_cluster(inputs: &Inputs, host: &Host) -> &'static str {
    let facts = inputs.facts(&host.name);
    let has_data = inputs.topology.etcd == EtcdTopology::External
        || facts.is_some_and(|facts| facts.kubernetes.has_etcd_data);
    if has_data {
        "etcd holds nothing but what an init writes"
    } else {
        "there is no data of etcd"
    }
}

pub(super) fn install_pod_network(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let via = situation.cluster.reference_node();
    let documents = documents(situation.topology);
    if documents.is_empty() || is_applied(&situation.cluster, &documents) {
        return Ok(Vec::new());
    }
    let step = control_plane::apply_pod_network(&via.name, &situation.api_url(via), &documents);
    Ok(vec![Chain::required(&via.name, vec![step])])
}

/// kube-system well, with the pod network.
pub(super) fn await_first(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    if !situation.cluster.is_to_be_initialised() {
        return Ok(Vec::new());
    }
    let via = situation.cluster.reference_node();
    let server = situation.api_url(via);
    let steps = vec![
        control_plane::await_healthy(&via.name, &server),
        control_plane::await_daemon_sets(&via.name, &server),
    ];
    Ok(vec![Chain::required(&via.name, steps)])
}

/// The first node Ready, which its kubelet tells up to ten seconds after it is so (its `nodeStatusUpdateFrequency`). A
/// second control plane that joins alone needs no pod network and is not kept waiting for that. Without a pod network
/// from the inventory the node never is.
pub(super) fn await_first_node(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    if !situation.cluster.is_to_be_initialised() || situation.topology.manifests.is_empty() {
        return Ok(Vec::new());
    }
    let via = situation.cluster.reference_node();
    let step = node::await_ready(&via.name, &situation.api_url(via), &via.name);
    Ok(vec![Chain::required(&via.name, vec![step])])
}

fn documents(topology: &Topology) -> String {
    let texts: Vec<&str> = topology
        .manifests
        .iter()
        .map(|manifest| manifest.content.trim_end())
        .collect();
    if texts.is_empty() {
        String::new()
    } else {
        format!("{}\n", texts.join("\n---\n"))
    }
}

/// Whether the cluster holds what the manifests say, by the annotation that `kubectl apply` leaves.
fn is_applied(cluster: &Cluster, documents: &str) -> bool {
    let Some(existing) = cluster.existing() else {
        return false;
    };
    let Ok(objects) = manifests::objects(documents) else {
        return false;
    };
    let Some(applied) = existing.view.applied.known() else {
        return true;
    };
    objects.iter().all(|object| {
        applied
            .get(&object.path)
            .is_some_and(|found| found.as_ref() == Some(&object.document))
    })
}
