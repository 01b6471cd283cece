//! `kubeadm init` and the joins of control planes.
//!
//! One host at a time: etcd must have all its members before its list changes again (kubeadm up to 1.28 adds a voter,
//! so that from one to two there is no quorum until the newcomer runs).

use super::{KUBEADM, QUICK, WELL};
use crate::plan::Step;
use crate::remote::files::etcd_servers_flag;
use crate::remote::kubernetes;
use crate::topology::{Host, HostName, Role};
use crate::values::Slot;

/// Initialises the cluster on its first control plane, and reads the CA that kubeadm made. `addon` is the `DaemonSet`
/// that init makes last; `prepared` puts in place what it reads.
pub fn init(
    host: &Host,
    (server, addon): (&str, Option<&str>),
    prepared: Vec<Step>,
    flags: &[String],
) -> Vec<Step> {
    let name = &host.name;
    let mut steps = prepared;
    steps.extend([
        Step::on(name, "init", "kubeadm init")
            .change(kubernetes::init(flags), KUBEADM)
            .done_when(kubernetes::is_initialised(server, addon), WELL)
            .on_failure(kubernetes::failure_story()),
        Step::on(name, "read-ca", "read the cluster's CA certificate")
            .done_when(kubernetes::read_ca(), QUICK)
            .captures(Slot::CaHash),
    ]);
    steps
}

/// Applies the pod network, as a user would.
pub fn apply_pod_network(via: &HostName, server: &str, documents: &str) -> Step {
    Step::on(via, "apply-pod-network", "kubectl apply the pod network")
        .change(kubernetes::apply_manifests(server, documents), QUICK)
}

/// Waits until a node is Ready, asked at `server`.
pub fn await_ready(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("await-ready-{node}"),
        format!("see node {node} Ready"),
    )
    .done_when(kubernetes::node_is_ready(server, node), WELL)
}

/// Waits until kube-system's `DaemonSet`s (kube-proxy, the pod network) have their pods.
pub fn await_daemon_sets(via: &HostName, server: &str) -> Step {
    Step::on(via, "await-daemon-sets", "see kube-system's DaemonSets available")
        .done_when(kubernetes::daemon_sets_are_available(server), WELL)
}

/// Waits until a control plane's own components are well, each asked by its health endpoint.
pub fn await_well(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "await-well",
        "see API server, controller manager and scheduler well",
    )
    .done_when(kubernetes::control_plane_is_well(server), WELL)
}

/// Tells kubeadm of etcd's members: what later joins are told.
pub fn follow_etcd_in_kubeadm(via: &HostName, server: &str, (old, new): (&str, &str)) -> Step {
    Step::on(
        via,
        "follow-etcd-in-kubeadm-config",
        "write etcd's endpoints into the ConfigMap kubeadm-config",
    )
    .change(kubernetes::replace_cluster_configuration(server, old, new), QUICK)
    .done_when(kubernetes::cluster_configuration_is(server, new), QUICK)
}

/// Waits until the API server of a control plane runs with these endpoints of etcd and is well; the kubelet starts it.
pub fn await_etcd_servers(on: &HostName, server: &str, endpoints: &[String]) -> Step {
    let flag = etcd_servers_flag(endpoints);
    Step::on(
        on,
        "await-etcd-servers",
        format!(
            "see its API server well, with {} members of etcd",
            endpoints.len()
        ),
    )
    .done_when(kubernetes::api_server_runs_with(server, &flag), WELL)
    .on_failure(kubernetes::failure_story())
}

/// Joins a host to the control plane.
pub fn join(host: &Host, server: &str, flags: &[String]) -> Step {
    Step::on(&host.name, "join", "kubeadm join as a control plane")
        .change(kubernetes::join(flags), KUBEADM)
        .done_when(kubernetes::has_joined(Role::ControlPlane, server), WELL)
        .on_failure(kubernetes::failure_story())
}
