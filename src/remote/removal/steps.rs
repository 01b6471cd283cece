//! A host that does not come back as it is: what goes before it joins again, and what is asked and saved before that.

use super::commands::{self as clearing, Expected};
use crate::plan::Step;
use crate::remote::etcd::commands::{self as etcd, SNAPSHOTS};
use crate::remote::timeouts::{HEALTHY, KUBEADM, QUICK};
use crate::topology::HostName;

/// A listed etcd member that goes.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// Its id, hexadecimal.
    pub id: &'a str,
    pub of: &'a HostName,
    /// The quorum check that allows its removal.
    pub sum: &'a str,
}

/// Sees that etcd can do without a member, before anything of its host is touched.
pub fn check_quorum(via: &HostName, member: Member<'_>, cri_socket: &str) -> Step {
    let Member { id, of, .. } = member;
    Step::on(
        via,
        &format!("check-etcd-without-{of}"),
        format!("check that etcd keeps its quorum without member {id} of {of}"),
    )
    .wait(clearing::may_lose(id, cri_socket), QUICK)
}

/// Saves what etcd holds before one of its members goes; `cri_socket` and `data_directory` are those of the host that
/// is asked.
pub fn save_snapshot(via: &HostName, member: Member<'_>, (cri_socket, data_directory): (&str, &str)) -> Step {
    let Member { id, of, .. } = member;
    let command = etcd::save_snapshot(cri_socket, data_directory, &format!("removal-of-{of}"));
    Step::on(
        via,
        &format!("save-etcd-snapshot-before-removal-of-{of}"),
        format!("save a snapshot of etcd in {SNAPSHOTS}, before member {id} of {of} is removed"),
    )
    .change(command, KUBEADM)
    .run_once()
}

/// Removes an etcd member that will not come back.
pub fn remove_member(via: &HostName, member: Member<'_>, cri_socket: &str) -> Step {
    let Member { id, of, sum } = member;
    Step::on(
        via,
        &format!("remove-member-{of}"),
        format!("remove the etcd member {id} of {of} ({sum})"),
    )
    .change(clearing::remove_member(id, cri_socket), QUICK)
    .destroys([format!("etcd member {id} of {of}: {sum}")])
    .run_once()
}

pub fn check_pods(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("check-no-pods-on-{node}"),
        format!("check that node {node} runs no pods except those of DaemonSets, static pods and CoreDNS"),
    )
    .wait(clearing::node_has_no_pods(server, node), QUICK)
}

/// Waits until the cluster has noticed that a kubelet is gone.
pub fn await_not_ready(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("await-not-ready-{node}"),
        format!("wait for node {node} to be NotReady"),
    )
    .wait(clearing::node_is_not_ready(server, node), HEALTHY)
}

/// Deletes the node object of a host that joins again; `uid` is the one that the plan saw.
pub fn delete_node(via: &HostName, server: &str, node: &HostName, uid: Option<&str>) -> Step {
    Step::on(
        via,
        &format!("delete-node-{node}"),
        format!("delete the node object {node}"),
    )
    .change(clearing::delete_node(server, node, uid), QUICK)
    .destroys([format!("the node object {node}, with its labels and taints")])
    .run_once()
}

/// Clears what a join that did not finish has left, and of etcd's data exactly what `expected` names.
pub fn reset(on: &HostName, expected: &Expected<'_>, manifests: &[String]) -> Step {
    let manifests = match manifests {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    let data = match expected.data {
        Some((directory, _)) => format!("the data of this cluster's etcd in {directory}/member"),
        None => "etcd data: none is removed".to_owned(),
    };
    Step::on(on, "reset", "kubeadm reset: remove what the unfinished join left")
        .change(clearing::reset(expected), KUBEADM)
        .destroys([
            format!("/etc/kubernetes: pki, manifests{manifests}, kubeadm's kubeconfig files"),
            "/var/lib/kubelet, /etc/cni/net.d, /var/lib/cni, and all pods of the container runtime"
                .to_owned(),
            data,
        ])
        .run_once()
}
