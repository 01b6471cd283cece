//! Half-joined hosts: brought up as they are, or finished.

use super::commands;
use crate::plan::Step;
use crate::remote::control_plane::commands::control_plane_is_healthy;
use crate::remote::diagnostics::commands::failure_diagnostics;
use crate::remote::timeouts::{HEALTHY, QUICK};
use crate::topology::{HostName, Version};
use crate::versions::kubernetes::finishing_phases;

/// Starts the kubelet of a half-joined control plane, so that the etcd member that is listed runs and quorum is whole.
pub fn bring_up(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "restart-control-plane",
        "start the kubelet, which starts the existing control plane",
    )
    .change(commands::start_kubelet(), QUICK)
    .until(control_plane_is_healthy(server), HEALTHY)
    .diagnostics(failure_diagnostics())
}

/// Gives a kubelet without a client certificate the run's token to ask for one.
pub fn write_bootstrap_identity(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "write-bootstrap-identity",
        "write a bootstrap identity for the kubelet, which has no client certificate",
    )
    .change(commands::write_bootstrap_identity(server), QUICK)
    .run_once()
}

/// Waits until the kubelet has its client certificate; started again, it asks at once, and not when it next would.
pub fn await_certificate(on: &HostName) -> Step {
    Step::on(
        on,
        "await-certificate",
        "restart the kubelet, and wait until it has its client certificate",
    )
    .change(commands::start_kubelet(), QUICK)
    .until(commands::kubelet_has_certificate(), HEALTHY)
    .diagnostics(failure_diagnostics())
}

pub fn start_worker(on: &HostName) -> Step {
    Step::on(
        on,
        "start-kubelet",
        "restart the kubelet, which registers the node",
    )
    .change(commands::start_kubelet(), QUICK)
    .run_once()
}

pub fn await_registered(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("await-registered-{node}"),
        format!("wait for node {node} to be registered"),
    )
    .wait(commands::node_is_there(server, node), HEALTHY)
}

/// Does what kubeadm join does after the etcd member has started.
pub fn finish_control_plane(on: &HostName, server: &str, kubeadm: Version) -> Step {
    let phases = finishing_phases(kubeadm);
    Step::on(
        on,
        "finish-join",
        "finish the join: mark the node as a control plane",
    )
    .change(commands::finish_control_plane(server, phases), HEALTHY)
    .run_once()
    .diagnostics(failure_diagnostics())
}

/// Removes the identity with which a kubelet asked for its own: kubeadm does so at the end of a join.
pub fn remove_bootstrap_identity(on: &HostName) -> Step {
    Step::on(
        on,
        "remove-bootstrap-identity",
        "remove the bootstrap identity that the kubelet no longer needs",
    )
    .change(commands::remove_bootstrap_identity(), QUICK)
    .run_once()
}

/// Writes on the node what ends a join: the container runtime's socket.
pub fn annotate(via: &HostName, server: &str, node: &HostName, socket: &str) -> Step {
    Step::on(
        via,
        &format!("finish-{node}"),
        format!("finish the join of node {node}"),
    )
    .change(commands::annotate_cri_socket(server, node, socket), QUICK)
    .run_once()
}
