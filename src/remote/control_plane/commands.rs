//! What runs on control planes, and what kubeadm keeps in the cluster.

use sha2::{Digest, Sha256};

use crate::remote::wire::RemoteCommand;

/// Whether a control plane's own components are well, each asked itself.
pub(in crate::remote) fn control_plane_is_healthy(server: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask the control plane's components",
        script!("control_plane_is_well.sh", [apart kubectl], (server)),
    )
    .arg(server)
}

/// Whether the host's API server runs with a flag, and is well.
pub(in crate::remote) fn api_server_runs_with(server: &str, flag: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "check the API server",
        script!("api_server_runs_with.sh", [processes apart kubectl], (server flag)),
    )
    .args([server, flag])
}

/// Whether the `DaemonSet`s of kube-system have their pods.
pub(in crate::remote) fn daemon_sets_are_available(server: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the DaemonSets",
        script!("daemon_sets_are_available.sh", [apart kubectl], (server)),
    )
    .arg(server)
}

/// `kubectl apply` of YAML documents.
pub(in crate::remote) fn apply_manifests(server: &str, documents: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "kubectl apply",
        script!("apply_manifests.sh", [apart kubectl], (server)),
    )
    .arg(server)
    .input(documents)
}

/// Puts `new` in the place of the `ClusterConfiguration` that kubeadm keeps in the cluster, if that is still `old`.
pub(in crate::remote) fn replace_cluster_configuration(server: &str, old: &str, new: &str) -> RemoteCommand {
    let place = "/data/ClusterConfiguration";
    let patch = serde_json::json!([
        { "op": "test", "path": place, "value": old },
        { "op": "replace", "path": place, "value": new },
    ]);
    RemoteCommand::changes(
        "patch kubeadm-config",
        script!("patch_kubeadm_config.sh", [apart kubectl], (server)),
    )
    .arg(server)
    .input(patch.to_string())
}

/// Whether kubeadm keeps this `ClusterConfiguration` in the cluster.
pub(in crate::remote) fn cluster_configuration_is(server: &str, text: &str) -> RemoteCommand {
    let sum = hex::encode(Sha256::digest(text.as_bytes()));
    RemoteCommand::reads(
        "check kubeadm-config",
        script!("kubeadm_config_is.sh", [apart kubectl], (server wanted)),
    )
    .args([server, &sum])
}

/// Prints the administrator's kubeconfig, as kubeadm made it: its server is the endpoint.
pub fn read_admin_conf() -> RemoteCommand {
    RemoteCommand::reads("read admin.conf", "cat /etc/kubernetes/admin.conf").printing_secrets()
}
