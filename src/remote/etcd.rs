//! etcd on hosts of its own: written, started, asked.

use super::RemoteCommand;
use crate::topology::EtcdManager;

/// Writes the static pod's manifest from `/run/hawser/kubeadm-etcd.yaml`.
pub fn write_manifest(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes(
        "kubeadm init phase etcd local",
        include_str!("scripts/etcd_manifest.sh"),
    )
    .args(flags)
}

/// Whether the manifest is there, and of a member of this name, data directory and initial cluster.
pub fn manifest_is(name: &str, data_directory: &str, initial_cluster: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "look at etcd's manifest",
        include_str!("scripts/etcd_manifest_is.sh"),
    )
    .args([name, data_directory, initial_cluster])
}

/// Makes the kubelet, or systemd, start etcd, without waiting for it.
pub fn start(manager: EtcdManager, data_directory: &str) -> RemoteCommand {
    match manager {
        EtcdManager::Kubelet => RemoteCommand::changes(
            "start the kubelet for etcd",
            include_str!("scripts/start_etcd_pod.sh"),
        ),
        EtcdManager::Systemd => {
            RemoteCommand::changes("start etcd", include_str!("scripts/start_etcd_unit.sh"))
                .arg(data_directory)
        }
    }
}

/// Whether the host's own member answers, with a quorum behind it.
pub fn is_well(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads("ask the etcd member", etcd_script!("etcd_is_well.sh")).arg(cri_socket)
}

/// Whether so many members are healthy and follow one leader.
pub fn has_one_leader(cri_socket: &str, members: usize) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for its leader", etcd_script!("etcd_has_one_leader.sh"))
        .args([cri_socket, &members.to_string()])
}

/// Whether no Kubernetes cluster keeps its objects there.
pub fn is_empty(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for objects", etcd_script!("etcd_is_empty.sh")).arg(cri_socket)
}

/// The last lines of etcd, and of what runs it.
pub fn story(manager: EtcdManager) -> RemoteCommand {
    let name = match manager {
        EtcdManager::Kubelet => "kubelet",
        EtcdManager::Systemd => "systemd",
    };
    RemoteCommand::reads("look at etcd", include_str!("scripts/etcd_story.sh")).arg(name)
}
