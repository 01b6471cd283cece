//! What goes before a host joins again: decided by what was found.

use super::candidate::Candidate;
use super::{etcd_data, in_service, resets};
use crate::error::Problem;
use crate::facts::{EtcdDirectory, Membership, StaticPod, worker_membership};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clearing {
    pub(super) listed_member: Option<ListedMember>,
    pub(super) node_object: Option<NodeObject>,
    pub(super) leftovers: Option<Leftovers>,
}

impl Clearing {
    pub(super) fn resets(&self) -> bool {
        self.leftovers.is_some()
    }
}

/// An etcd member that has to go: it does not run, and keeps every other host from joining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedMember {
    pub(super) id: String,
    /// The quorum check that allows its removal.
    pub(super) quorum: String,
    /// Whether it is a learner, so that it may run.
    pub(super) is_learner: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeObject {
    /// Its uid, where the cluster could be asked.
    pub(super) uid: Option<String>,
    /// Whether it has to be `NotReady` before it is deleted: not if it is known to be so already.
    pub(super) awaits_not_ready: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftovers {
    /// The data of the member that goes.
    pub(super) data: Option<EtcdDirectory>,
}

/// What goes before a host joins again, a `listed` member included. Refuses where anything of it is not this cluster's,
/// or serves.
pub(super) fn decide(candidate: &Candidate, listed: Option<ListedMember>) -> Result<Clearing, Problem> {
    resets::refuse_other_name(candidate)?;
    let member = listed.as_ref().and_then(|_| candidate.member());
    let data = etcd_data::of_member(candidate, member)?;
    let is_reset = has_traces(candidate) || data.is_some();
    if is_reset {
        in_service::refuse_reset(candidate)?;
        resets::refuse_unknown_kubelet(candidate)?;
        refuse_others_manifests(candidate)?;
    }
    // What nodes there are cannot be told while no API server is well; one that is not there is deleted in vain.
    let may_have_node = candidate.cluster().is_stalled() && (is_reset || listed.is_some());
    let known = candidate.node().map(|node| NodeObject {
        uid: Some(node.uid.clone()).filter(|uid| !uid.is_empty()),
        awaits_not_ready: node.ready || is_reset,
    });
    let unknown = may_have_node.then_some(NodeObject {
        uid: None,
        awaits_not_ready: true,
    });
    Ok(Clearing {
        listed_member: listed,
        node_object: known.or(unknown),
        leftovers: is_reset.then(|| Leftovers { data: data.cloned() }),
    })
}

/// Whether kubeadm has left something on the host, whatever the cluster knows of it.
fn has_traces(candidate: &Candidate) -> bool {
    worker_membership(candidate.host, candidate.facts, None).known() != Some(&Membership::Absent)
}

/// kubeadm empties the folder of manifests, whoever wrote them. On a worker it writes none: there all are somebody's
/// own.
fn refuse_others_manifests(candidate: &Candidate) -> Result<(), Problem> {
    let manifests = candidate.facts.kubernetes.manifests.iter();
    let others: Vec<String> = manifests
        .filter(|name| !candidate.is_control_plane() || StaticPod::of_file(name).is_none())
        .map(|name| format!("/etc/kubernetes/manifests/{name}"))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let name = &candidate.host.name;
    Err(Problem::Unsafe {
        what: format!("{name} must be reset, but has static pods that are not kubeadm's"),
        because: vec![
            others.join(", "),
            "`kubeadm reset` deletes all manifests".to_owned(),
        ],
        recovery: vec![format!(
            "on {name}: `mv {} /root/`, rerun this command, then move what you moved back to /etc/kubernetes/manifests",
            others.join(" ")
        )],
    })
}
