//! The first control plane, and what makes it a cluster: init, the pod network, Ready.

use super::{Cluster, Scene, chain, phase};
use crate::error::Problem;
use crate::manifests;
use crate::plan::{Chain, Phase};
use crate::remote::files;
use crate::steps::control_plane;
use crate::topology::Topology;

/// What preflight finds of an init that did not end; kubeadm keeps what is there and finishes it.
const LEFT_BY_AN_INIT: &str = "--ignore-preflight-errors=DirAvailable--var-lib-etcd,\
    FileAvailable--etc-kubernetes-manifests-etcd.yaml,FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml,\
    FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml,\
    FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml,\
    Port-6443,Port-10250,Port-10257,Port-10259,Port-2379,Port-2380";

/// `kubeadm init`, where there is no whole cluster.
pub(super) fn init(scene: &Scene, cluster: &Cluster) -> Result<Option<Phase>, Vec<Problem>> {
    let (host, half) = match cluster {
        Cluster::Absent(host) => (*host, false),
        Cluster::HalfInitialised(host) => (*host, true),
        Cluster::There(_) => return Ok(None),
    };
    let mut flags = files::init_flags(scene.topology);
    let ignores_all = scene
        .topology
        .kubeadm
        .ignore_preflight_errors
        .iter()
        .any(|name| name == "all");
    if half && !ignores_all {
        flags.push(LEFT_BY_AN_INIT.replace("Port-6443", &format!("Port-{}", scene.topology.api_port)));
    }
    let file =
        files::init(scene.topology, host, scene.kubeadm(&host.name)).map_err(|problem| vec![problem])?;
    let server = scene.server(host);
    let steps = control_plane::init(host, (&server, last_addon(scene.topology)), &file, &flags);
    Ok(Some(phase("init", 1, vec![chain(&host.name, steps)])))
}

/// The `DaemonSet` that init makes last, where the inventory lets it make one: without it init did not end.
pub(super) fn last_addon(topology: &Topology) -> Option<&'static str> {
    let skipped = |phase: &String| phase == "addon" || phase == "addon/kube-proxy";
    let is_made = !topology.kubeadm.skip_phases.iter().any(skipped);
    is_made.then_some("kube-proxy")
}

/// The pod network, and kube-system well with it.
pub(super) fn pod_network(scene: &Scene, cluster: &Cluster) -> Vec<Phase> {
    let via = cluster.via();
    let server = scene.server(via);
    let documents = documents(scene.topology);
    let mut phases = Vec::new();
    if !documents.is_empty() && !is_applied(cluster, &documents) {
        let step = control_plane::apply_pod_network(&via.name, &server, &documents);
        phases.push(phase("pod network", 1, vec![chain(&via.name, vec![step])]));
    }
    if cluster.is_to_be_initialised() {
        let steps = vec![
            control_plane::await_well(&via.name, &server),
            control_plane::await_daemon_sets(&via.name, &server),
        ];
        phases.push(phase(
            "first control plane well",
            1,
            vec![chain(&via.name, steps)],
        ));
    }
    phases
}

/// The first node Ready, which its kubelet tells up to ten seconds after it is so (its `nodeStatusUpdateFrequency`). A
/// second control plane that joins alone needs no pod network and is not kept waiting for that. Without a pod network
/// from the inventory the node never is.
pub(super) fn first_node_ready(scene: &Scene, cluster: &Cluster) -> Option<Chain> {
    let via = cluster.via();
    let comes = cluster.is_to_be_initialised() && !scene.topology.manifests.is_empty();
    let step = || control_plane::await_ready(&via.name, &scene.server(via), &via.name);
    comes.then(|| chain(&via.name, vec![step()]))
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
    let Some(there) = cluster.there() else {
        return false;
    };
    let Ok(objects) = manifests::objects(documents) else {
        return false;
    };
    let Some(applied) = there.view.applied.known() else {
        return true;
    };
    objects.iter().all(|object| {
        applied
            .get(&object.path)
            .is_some_and(|found| found.as_ref() == Some(&object.document))
    })
}
