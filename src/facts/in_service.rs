//! Whether a member of etcd on a host of its own does its work, or may do it; and the cluster
//! that members which do tell of.

use std::collections::BTreeSet;

use super::health::peer_url;
use super::{EtcdFacts, MemberFact, Observed, Unit};
use crate::topology::{EtcdManager, Host};

impl EtcdFacts {
    /// Whether the host's own member answers and is healthy.
    pub fn is_well(&self, host: &Host) -> bool {
        self.is_there(host, MemberFact::is_healthy)
    }

    /// Whether the host's own member runs with a quorum behind it: it is healthy, or tells of an alarm.
    pub fn answers(&self, host: &Host) -> bool {
        self.is_there(host, |member| member.is_healthy() || member.alarm().is_some())
    }

    fn is_there(&self, host: &Host, is_so: impl Fn(&MemberFact) -> bool) -> bool {
        let members = self.members.known();
        let mut own = members.into_iter().flatten().filter(|member| member.is_of(host));
        own.any(is_so) && matches!(self.leader, Observed::Known(Some(_)))
    }

    /// Whether a member that does not answer may do its work all the same: what runs it says that it was ready
    /// once, and has not ended since. Under systemd that is the unit; a kubelet's pod listens, and is not
    /// known never to have had a quorum.
    pub fn may_be_in_service(&self, host: &Host, manager: EtcdManager, unit: Option<&Unit>) -> bool {
        match manager {
            EtcdManager::Systemd => unit.is_some_and(|unit| unit.active),
            EtcdManager::Kubelet => {
                let url = peer_url(host);
                let have_run = self.data.as_ref().map(|data| &data.have_run);
                let never = have_run
                    .and_then(Observed::known)
                    .is_some_and(|urls| !urls.contains(&url));
                self.listens && !never
            }
        }
    }
}

/// The cluster that at least one member with a quorum behind it tells of.
#[derive(Debug, Clone, Copy)]
pub struct ClusterOfEtcd<'a> {
    pub via: &'a Host,
    /// Its identity, hexadecimal.
    pub id: &'a str,
    pub members: &'a [MemberFact],
    /// The ids of members that have never started.
    pub unpublished: &'a BTreeSet<String>,
}

impl<'a> ClusterOfEtcd<'a> {
    /// The first that is told of.
    pub fn running(hosts: impl IntoIterator<Item = (&'a Host, &'a EtcdFacts)>) -> Option<Self> {
        let mut well = hosts.into_iter().filter(|(host, facts)| facts.answers(host));
        well.find_map(|(via, facts)| {
            Some(Self {
                via,
                id: facts.cluster_id.known()?,
                members: facts.members.known()?,
                unpublished: &facts.unpublished,
            })
        })
    }
}
