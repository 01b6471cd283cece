//! `kubeadm join`: what it reads, and whether it came to its end; each a `wire::command`.

use crate::remote::wire::RemoteCommand;
use crate::topology::Role;

/// Whether a host's kubeadm knows every field of a configuration file.
pub fn reads_configuration(path: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "have kubeadm read its configuration",
        script!("reads_configuration.sh", [apart], (path)),
    )
    .arg(path)
}

/// `kubeadm join` from `/run/hawser/kubeadm-join.yaml`.
pub(in crate::remote) fn join(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes(
        "kubeadm join",
        script!("kubeadm_join.sh", [run_folder outlive], (; flags)),
    )
    .args(flags)
}

/// Whether the host has joined in its role; `server` is its own API server, if it is a control plane.
pub(in crate::remote) fn has_joined(role: Role, server: &str) -> RemoteCommand {
    let script = script!("joined.sh", [kubelet_identity apart kubectl], (role server));
    RemoteCommand::reads("ask whether the join is done", script)
        .arg(role.to_string())
        .arg(server)
}
