//! What brings up a host whose join did not come to its end, or finishes the join.

use crate::remote::wire::RemoteCommand;
use crate::topology::HostName;
use crate::values::{Content, Slot};

/// Starts the kubelet, and with it the static pods whose manifests are there.
pub(in crate::remote) fn start_kubelet() -> RemoteCommand {
    RemoteCommand::changes("start the kubelet", script!("start_kubelet.sh", [], ()))
}

/// Gives a kubelet the run's token to ask for its certificate with; at `server` where no file on the host names
/// another.
pub(in crate::remote) fn write_bootstrap_identity(server: &str) -> RemoteCommand {
    let token = format!("{}\n", Slot::BootstrapToken.placeholder());
    RemoteCommand::changes(
        "write the bootstrap identity",
        script!("write_bootstrap_identity.sh", [], (default_server)),
    )
    .arg(server)
    .input(Content::parse(&token))
}

/// Whether the kubelet has its client certificate.
pub(in crate::remote) fn kubelet_has_certificate() -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the kubelet's client certificate",
        script!("kubelet_has_certificate.sh", [kubelet_identity], ()),
    )
}

/// Removes the bootstrap identity of a kubelet that has its own.
pub(in crate::remote) fn remove_bootstrap_identity() -> RemoteCommand {
    RemoteCommand::changes(
        "remove the bootstrap identity",
        script!("remove_bootstrap_identity.sh", [kubelet_identity], ()),
    )
}

/// Runs the phases of `kubeadm join phase control-plane-join` that follow the start of the etcd member, where the API
/// at `server` answers.
pub(in crate::remote) fn finish_control_plane(server: &str, phases: &[&str]) -> RemoteCommand {
    RemoteCommand::changes(
        "finish the join",
        script!("finish_control_plane.sh", [run_folder apart kubectl], (server; phases)),
    )
    .arg(server)
    .args(phases.iter().copied())
}

/// Whether there is a node of this name.
pub(in crate::remote) fn node_is_there(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the node",
        script!("node_is_there.sh", [apart kubectl], (server node)),
    )
    .args([server, &node.0])
}

/// Writes the container runtime's socket on the node, which ends a join.
pub(in crate::remote) fn annotate_cri_socket(server: &str, node: &HostName, socket: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "finish the node's join",
        script!("annotate_cri_socket.sh", [apart kubectl], (server node socket)),
    )
    .args([server, &node.0, socket])
}
