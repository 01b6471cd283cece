//! What goes before a host joins again, as it was found.

use crate::facts::EtcdDirectory;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Removal {
    pub(super) member: Option<ListedMember>,
    pub(super) node: Option<NodeObject>,
    pub(super) host: Option<Leftovers>,
}

impl Removal {
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeObject {
    /// Its uid, where the cluster could be asked.
    pub(super) uid: Option<String>,
    /// Whether it is known to be `NotReady` already.
    pub(super) is_gone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftovers {
    /// The data of the member that goes.
    pub(super) data: Option<EtcdDirectory>,
}
