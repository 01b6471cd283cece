//! What a host or a member leaves in the cluster, and kubeadm on the host, is taken away: each script asks first
//! whether what the plan was made by still holds.

use crate::ca::sum_of_pem;
use crate::remote::wire::RemoteCommand;
use crate::topology::{HostName, Role};

/// Removes a member from etcd that does not run, and without which the others hold the quorum.
pub(in crate::remote) fn remove_member(id: &str, cri_socket: &str) -> RemoteCommand {
    RemoteCommand::destroys(
        "remove the etcd member",
        script!("remove_member.sh", [apart dial json etcdctl etcd_members etcd_quorum], (id cri_socket)),
    )
    .args([id, cri_socket])
}

/// Whether a member of etcd does not run, and the others hold the quorum without it.
pub(in crate::remote) fn may_lose(id: &str, cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "check etcd's quorum without the member",
        script!("etcd_may_lose.sh", [apart dial json etcdctl etcd_members etcd_quorum], (id cri_socket)),
    )
    .args([id, cri_socket])
}

/// Deletes a node object that is not Ready; `uid` is the one that the plan saw. Without one nothing is deleted.
pub(in crate::remote) fn delete_node(server: &str, node: &HostName, uid: Option<&str>) -> RemoteCommand {
    RemoteCommand::destroys(
        "delete the node",
        script!("delete_node.sh", [apart kubectl], (server node uid)),
    )
    .args([server, &node.0, uid.unwrap_or("-")])
}

/// Whether a node is not Ready, or not there.
pub(in crate::remote) fn node_is_not_ready(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the node",
        script!("node_is_not_ready.sh", [apart kubectl], (server node)),
    )
    .args([server, &node.0])
}

/// Whether a node runs no pods but those that go with it.
pub(in crate::remote) fn node_has_no_pods(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the node's pods",
        script!("node_has_no_pods.sh", [apart kubectl], (server node)),
    )
    .args([server, &node.0])
}

/// What a reset expects of the host, and asks again right before.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub cri_socket: &'a str,
    /// Where the inventory has a member of etcd keep its data; that this cluster's member has some there, only `data`
    /// says.
    pub etcd_directory: &'a str,
    pub role: Role,
    /// The cluster CA on the host, PEM.
    pub ca: Option<&'a str>,
    pub server: &'a str,
    /// Whether its etcd member may run, since it has no vote.
    pub learns: bool,
    /// Whether etcd has hosts of its own: an API server that is not ready may be so for want of it.
    pub has_etcd_elsewhere: bool,
    /// Whether the key of the cluster's CA is on the host, and on another control plane that stays.
    pub has_ca_key: bool,
    /// The directory with data of this cluster's etcd that goes, and the SHA-256 of the beginning of its log.
    pub data: Option<(&'a str, &'a str)>,
}

/// Clears what a join that did not finish has left on the host. kubeadm leaves etcd's data alone.
pub(in crate::remote) fn reset(expected: &Expected<'_>) -> RemoteCommand {
    let ca = expected.ca.map_or_else(|| "-".to_owned(), sum_of_pem);
    let etcd = match (expected.has_etcd_elsewhere, expected.learns) {
        (true, _) => "elsewhere",
        (false, true) => "learner",
        (false, false) => "stopped",
    };
    let key = if expected.has_ca_key { "key" } else { "-" };
    let (directory, sum) = expected.data.unwrap_or(("-", "-"));
    let (script, arguments) = call!(
        "reset_host.sh",
        [processes run_folder apart outlive kubeadm_at_work listens etcd_data],
        {
            cri_socket: expected.cri_socket,
            role: expected.role.to_string(),
            ca: ca,
            server: expected.server,
            etcd: etcd,
            wanted_directory: expected.etcd_directory,
            directory: directory,
            sum: sum,
            key: key,
        }
    );
    RemoteCommand::destroys("kubeadm reset", script).args(arguments)
}
