//! What goes before a host joins again, as it was found.

use crate::facts::EtcdDirectory;

/// What has to go before a host can join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Removal {
    /// The etcd member that is listed.
    pub(super) member: Option<ListedMember>,
    /// The node object.
    pub(super) node: Option<NodeObject>,
    /// What kubeadm left on the host.
    pub(super) host: Option<Leftovers>,
}

impl Removal {
    /// Whether the host is reset before it joins.
    pub(super) fn resets(&self) -> bool {
        self.host.is_some()
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

/// A node object that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeObject {
    /// Its uid, where the cluster could be asked.
    pub(super) uid: Option<String>,
    /// Whether it is known to be `NotReady` already.
    pub(super) is_gone: bool,
}

/// What a reset takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftovers {
    /// The data of the member that goes.
    pub(super) data: Option<EtcdDirectory>,
}
