//! Half-joined hosts: brought up as they are, finished, or cleared to join anew.

use super::{KUBEADM, QUICK, WELL};
use crate::plan::Step;
use crate::remote::kubernetes;
use crate::topology::{HostName, Version};
use crate::versions::kubernetes::finishing_phases;

/// Starts the kubelet of a half-joined control plane, so that the etcd member that is listed runs and quorum is whole.
pub fn bring_up(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "bring-up",
        "start the kubelet, and with it the control plane that is already there",
    )
    .change(kubernetes::start_kubelet(), QUICK)
    .done_when(kubernetes::control_plane_is_well(server), WELL)
    .on_failure(kubernetes::failure_story())
}

/// Gives a kubelet without a client certificate the run's token to ask for one.
pub fn write_bootstrap_identity(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "write-bootstrap-identity",
        "write a bootstrap identity for the kubelet, which has no client certificate",
    )
    .change(kubernetes::write_bootstrap_identity(server), QUICK)
}

/// Waits until the kubelet has its client certificate; started again, it asks at once, and not when it next would.
pub fn await_certificate(on: &HostName) -> Step {
    Step::on(
        on,
        "await-certificate",
        "restart the kubelet, and wait until it has its client certificate",
    )
    .change(kubernetes::start_kubelet(), QUICK)
    .done_when(kubernetes::kubelet_has_certificate(), WELL)
    .on_failure(kubernetes::failure_story())
}

/// Does what kubeadm join does after the etcd member has started.
pub fn finish_control_plane(on: &HostName, server: &str, kubeadm: Version) -> Step {
    let phases = finishing_phases(kubeadm);
    Step::on(
        on,
        "finish-join",
        "finish the join: mark the node as a control plane",
    )
    .change(kubernetes::finish_control_plane(server, phases), WELL)
    .on_failure(kubernetes::failure_story())
}

/// Removes the identity with which a kubelet asked for its own: kubeadm does so at the end of a join.
pub fn remove_bootstrap_identity(on: &HostName) -> Step {
    Step::on(
        on,
        "remove-bootstrap-identity",
        "remove the bootstrap identity that the kubelet no longer needs",
    )
    .change(kubernetes::remove_bootstrap_identity(), QUICK)
}

/// Writes on the node what ends a join: the container runtime's socket.
pub fn annotate(via: &HostName, server: &str, node: &HostName, socket: &str) -> Step {
    Step::on(
        via,
        &format!("finish-{node}"),
        format!("finish the join of node {node}"),
    )
    .change(kubernetes::annotate_cri_socket(server, node, socket), QUICK)
}

/// Removes an etcd member that will not come back; `sum` is the quorum's, done by whoever plans it.
pub fn remove_member(via: &HostName, (id, sum): (&str, &str), of: &HostName, cri_socket: &str) -> Step {
    Step::on(
        via,
        &format!("remove-member-{of}"),
        format!("remove the etcd member {id} of {of} ({sum})"),
    )
    .change(kubernetes::remove_member(id, cri_socket), QUICK)
}

/// Deletes the node object of a host that joins anew.
pub fn delete_node(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("delete-node-{node}"),
        format!("delete the node object {node}"),
    )
    .change(kubernetes::delete_node(server, node), QUICK)
}

/// Clears what a join that did not finish has left.
pub fn reset(on: &HostName, cri_socket: &str) -> Step {
    Step::on(
        on,
        "reset",
        "kubeadm reset: clear what the unfinished join has left",
    )
    .change(kubernetes::reset(cri_socket), KUBEADM)
}
