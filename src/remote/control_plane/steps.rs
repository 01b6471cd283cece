//! What control planes run, and what is written into the cluster for those that come later.

use super::commands;
use crate::plan::Step;
use crate::remote::diagnostics::commands::failure_diagnostics;
use crate::remote::files::etcd_servers_flag;
use crate::remote::timeouts::{HEALTHY, QUICK};
use crate::topology::HostName;

/// Applies the pod network, as a user would.
pub fn apply_pod_network(via: &HostName, server: &str, documents: &str) -> Step {
    Step::on(via, "apply-pod-network", "kubectl apply the pod network")
        .change(commands::apply_manifests(server, documents), QUICK)
        .run_once()
}

/// Waits until kube-system's `DaemonSet`s (kube-proxy, the pod network) have their pods.
pub fn await_daemon_sets(via: &HostName, server: &str) -> Step {
    Step::on(
        via,
        "await-daemon-sets",
        "wait for the DaemonSets of kube-system to be available",
    )
    .wait(commands::daemon_sets_are_available(server), HEALTHY)
}

/// Waits until a control plane's own components are well, each asked by its health endpoint.
pub fn await_healthy(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "await-healthy",
        "wait for API server, controller manager and scheduler to be healthy",
    )
    .wait(commands::control_plane_is_healthy(server), HEALTHY)
}

/// Tells kubeadm of etcd's members: what later joins are told.
pub fn follow_etcd_in_kubeadm(via: &HostName, server: &str, (old, new): (&str, &str)) -> Step {
    Step::on(
        via,
        "follow-etcd-in-kubeadm-config",
        "write etcd's endpoints into the ConfigMap kubeadm-config",
    )
    .change(commands::replace_cluster_configuration(server, old, new), QUICK)
    .until(commands::cluster_configuration_is(server, new), QUICK)
}

/// Waits until the API server of a control plane runs with these endpoints of etcd and is well; the kubelet starts it.
pub fn await_etcd_servers(on: &HostName, server: &str, endpoints: &[String]) -> Step {
    let flag = etcd_servers_flag(endpoints);
    Step::on(
        on,
        "await-etcd-servers",
        format!(
            "wait for its API server to be healthy, with {} etcd members",
            endpoints.len()
        ),
    )
    .wait(commands::api_server_runs_with(server, &flag), HEALTHY)
    .diagnostics(failure_diagnostics())
}
