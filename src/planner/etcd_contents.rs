//! What etcd holds, as far as its members tell.

use crate::facts::Observed;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum EtcdContents {
    Nothing,
    Init,
    /// Objects of a cluster, such as these.
    Cluster(Vec<String>),
    Unknown,
}

impl EtcdContents {
    /// By the keys that a member names beside those of an init.
    pub(super) fn from_keys(keys: &Observed<Vec<String>>) -> Self {
        match keys {
            Observed::Known(keys) if keys.is_empty() => EtcdContents::Init,
            Observed::Known(keys) => EtcdContents::Cluster(keys.clone()),
            Observed::Unknown(_) => EtcdContents::Unknown,
        }
    }
}
