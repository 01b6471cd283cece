//! `kubeadm join`: what it reads, and whether it came to its end.

use crate::remote::wire::RemoteCommand;
use crate::topology::Role;

/// Whether a host's kubeadm knows every field of a configuration file.
pub fn reads_configuration(path: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "have kubeadm read its configuration",
        concat!(
            include_str!("../shell/apart.sh"),
            include_str!("reads_configuration.sh"),
        ),
    )
    .arg(path)
}

/// `kubeadm join` from `/run/hawser/kubeadm-join.yaml`.
pub(in crate::remote) fn join(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes("kubeadm join", outliving_script!("kubeadm_join.sh")).args(flags)
}

/// Whether the host has joined in its role; `server` is its own API server, if it is a control plane.
pub(in crate::remote) fn has_joined(role: Role, server: &str) -> RemoteCommand {
    let script = concat!(
        include_str!("../shell/kubelet_identity.sh"),
        cluster_script!("joined.sh")
    );
    RemoteCommand::reads("ask whether the join is done", script)
        .arg(role.to_string())
        .arg(server)
}
