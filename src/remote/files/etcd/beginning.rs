//! With whom a member of etcd begins.

use super::peer_url;
use crate::topology::Host;

/// With whom a member begins: all at once, which makes a new cluster, or as one more of a cluster that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    pub(super) state: &'static str,
    members: Vec<(String, String)>,
}

impl Beginning {
    /// These hosts make a new cluster.
    pub fn together<'a>(hosts: impl IntoIterator<Item = &'a Host>) -> Self {
        let member = |host: &Host| (host.name.to_string(), peer_url(host));
        Self {
            state: "new",
            members: hosts.into_iter().map(member).collect(),
        }
    }

    /// One more, after these: name and peer URL of each, its own last. etcd wants exactly those that are listed.
    pub fn after(members: Vec<(String, String)>) -> Self {
        Self {
            state: "existing",
            members,
        }
    }

    /// `name=url` of every member.
    pub fn initial_cluster(&self) -> String {
        let members = self.members.iter().map(|(name, url)| format!("{name}={url}"));
        members.collect::<Vec<_>>().join(",")
    }
}
