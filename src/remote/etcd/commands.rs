//! etcd on hosts of its own: written, started, asked.

use crate::remote::wire::RemoteCommand;
use crate::topology::{EtcdManager, HostName, Version};

/// Writes the static pod's manifest from `/run/hawser/kubeadm-etcd.yaml`.
pub(in crate::remote) fn write_manifest(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes(
        "kubeadm init phase etcd local",
        script!("etcd_manifest.sh", [run_folder], (; flags)),
    )
    .args(flags)
}

/// Whether the manifest is there, and of a member of this name, data directory and initial cluster.
pub(in crate::remote) fn manifest_is(
    name: &str,
    data_directory: &str,
    initial_cluster: &str,
) -> RemoteCommand {
    RemoteCommand::reads(
        "check etcd's manifest",
        script!("etcd_manifest_is.sh", [], (name data_directory initial_cluster)),
    )
    .args([name, data_directory, initial_cluster])
}

/// Whether the host's own etcd is of a version or newer; `kubeadm` is the one that wants it.
pub(in crate::remote) fn is_new_enough(version: Version, kubeadm: Version) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for its version",
        script!("etcd_is_new_enough.sh", [apart], (version kubeadm)),
    )
    .args([version, kubeadm].map(|version| version.to_string().trim_start_matches('v').to_owned()))
}

/// Makes the kubelet, or systemd, start etcd, without waiting for it. A member that runs by now is not started again.
pub(in crate::remote) fn start(manager: EtcdManager, data_directory: &str) -> RemoteCommand {
    match manager {
        EtcdManager::Kubelet => RemoteCommand::changes(
            "start the kubelet for etcd",
            script!("start_etcd_pod.sh", [listens], ()),
        ),
        EtcdManager::Systemd => {
            RemoteCommand::changes("start etcd", script!("start_etcd_unit.sh", [], (data_directory)))
                .arg(data_directory)
        }
    }
}

/// Whether the host's own member answers, with a quorum behind it.
pub(in crate::remote) fn is_well(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask the etcd member",
        script!("etcd_is_well.sh", [apart dial json etcdctl etcd_members], (cri_socket)),
    )
    .arg(cri_socket)
}

/// Whether the host's own member answers and follows a leader, with or without a vote.
pub(in crate::remote) fn runs(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask the etcd member",
        script!("etcd_runs.sh", [apart dial json etcdctl etcd_members], (cri_socket)),
    )
    .arg(cri_socket)
}

/// Whether so many members with a vote are healthy and follow one leader.
pub(in crate::remote) fn has_one_leader(cri_socket: &str, members: usize) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for its leader",
        script!("etcd_has_one_leader.sh", [apart dial json etcdctl etcd_members], (cri_socket wanted)),
    )
    .args([cri_socket, &members.to_string()])
}

/// Whether so many members are listed, each with a vote, started and healthy.
pub(in crate::remote) fn may_grow(cri_socket: &str, members: usize) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for its members",
        script!("etcd_may_grow.sh", [apart dial json etcdctl etcd_members], (cri_socket wanted)),
    )
    .args([cri_socket, &members.to_string()])
}

/// Where snapshots are saved.
pub const SNAPSHOTS: &str = "/var/backups/hawser";

/// Saves a snapshot of the host's own member on the host; the file's name tells before `what`.
pub(in crate::remote) fn save_snapshot(cri_socket: &str, data_directory: &str, what: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "save a snapshot of etcd",
        script!(
            "save_etcd_snapshot.sh",
            [apart dial json etcdctl etcd_members],
            (cri_socket data_directory folder occasion)
        ),
    )
    .args([cri_socket, data_directory, SNAPSHOTS, what])
}

/// Adds a member without a vote.
pub(in crate::remote) fn add_learner(cri_socket: &str, name: &HostName, peer_url: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "add the etcd member",
        script!("add_etcd_member.sh", [apart dial json etcdctl etcd_members], (cri_socket name peer_url)),
    )
    .args([cri_socket, &name.0, peer_url])
}

/// Whether a member is listed, with or without a vote.
pub(in crate::remote) fn is_listed(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    member_is(cri_socket, peer_url, "listed")
}

/// Whether a learner answers and has the leader's log, while so many members with a vote answer.
pub(in crate::remote) fn is_in_step(cri_socket: &str, peer_url: &str, voters: usize) -> RemoteCommand {
    RemoteCommand::reads(
        "compare the members' logs",
        script!("etcd_in_step.sh", [apart dial json etcdctl etcd_members], (cri_socket peer_url voters)),
    )
    .args([cri_socket, peer_url, &voters.to_string()])
}

/// Gives a learner its vote.
pub(in crate::remote) fn promote(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    RemoteCommand::changes(
        "promote the etcd member",
        script!("promote_etcd_member.sh", [apart dial json etcdctl etcd_members], (cri_socket peer_url)),
    )
    .args([cri_socket, peer_url])
}

/// Whether a member is listed and has a vote.
pub(in crate::remote) fn is_voting(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    member_is(cri_socket, peer_url, "voting")
}

fn member_is(cri_socket: &str, peer_url: &str, what: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for the member",
        script!("etcd_member_is.sh", [apart dial json etcdctl etcd_members], (cri_socket peer_url wanted)),
    )
    .args([cri_socket, peer_url, what])
}

/// Whether no Kubernetes cluster keeps its objects there.
pub(in crate::remote) fn is_empty(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for objects",
        script!("etcd_is_empty.sh", [apart dial json etcdctl etcd_members], (cri_socket)),
    )
    .arg(cri_socket)
}

/// Whether nothing is kept there but what `kubeadm init` writes up to its last phases.
pub(in crate::remote) fn holds_no_cluster(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "ask etcd for objects",
        script!("etcd_holds_no_cluster.sh", [apart json etcdctl etcd_beyond_init], (cri_socket)),
    )
    .arg(cri_socket)
}
