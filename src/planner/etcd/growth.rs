//! Hosts that become members of a cluster that runs: one after the other, each with the quorum's sum.

use std::collections::BTreeSet;

use super::beginning::{There, listed};
use super::voters::Voters;
use super::{Scene, is_within};
use crate::error::Problem;
use crate::facts::{ClusterOfEtcd, EtcdFacts, MemberFact};
use crate::plan::{Chain, Note, Step};
use crate::remote::files::etcd::{Beginning, peer_url};
use crate::steps::etcd as steps;
use crate::steps::growth::Addition;
use crate::topology::{Host, HostName};

/// A host that is to be a member, and is none with a vote yet.
#[derive(Debug, Clone, Copy)]
struct Newcomer<'a> {
    host: &'a Host,
    /// Whether it is a member already, without a vote.
    is_listed: bool,
}

/// A cluster that grows.
pub(super) struct Growth<'a> {
    cluster: ClusterOfEtcd<'a>,
    /// In the order in which they come; one that is listed comes first.
    newcomers: Vec<Newcomer<'a>>,
}

impl<'a> Growth<'a> {
    /// Which hosts are added to the cluster that runs, if any.
    pub(super) fn new(
        hosts: &[(&'a Host, &'a EtcdFacts)],
        there: &There<'a>,
        limit: &BTreeSet<HostName>,
    ) -> Option<Self> {
        let cluster = there.running?;
        let newcomer = |(host, facts): &(&'a Host, &EtcdFacts)| {
            let is_one = !there.has_vote(host, facts) && is_within(limit, &host.name);
            is_one.then(|| Newcomer {
                host,
                is_listed: cluster.members.iter().any(|member| member.is_of(host)),
            })
        };
        let mut newcomers: Vec<Newcomer> = hosts.iter().filter_map(newcomer).collect();
        newcomers.sort_by_key(|newcomer| !newcomer.is_listed);
        (!newcomers.is_empty()).then_some(Self { cluster, newcomers })
    }

    /// Whether a host is added.
    pub(super) fn adds(&self, host: &Host) -> bool {
        self.newcomers
            .iter()
            .any(|newcomer| newcomer.host.name == host.name)
    }

    fn voters(&self) -> Voters<'a> {
        let is_ours = |member: &MemberFact| self.newcomers.iter().any(|newcomer| member.is_of(newcomer.host));
        let (learning, members): (Vec<&MemberFact>, Vec<_>) =
            self.cluster.members.iter().partition(|member| member.learner);
        Voters {
            via: &self.cluster.via.name,
            down: members
                .iter()
                .copied()
                .filter(|member| !member.is_healthy())
                .collect(),
            learning: learning.into_iter().filter(|member| !is_ours(member)).collect(),
            members,
        }
    }

    /// What keeps a member from being added, with the sum; nothing where only one is finished that was added before.
    pub(super) fn refused(&self) -> Option<Problem> {
        let added: Vec<&str> = self
            .newcomers
            .iter()
            .filter(|newcomer| !newcomer.is_listed)
            .map(|newcomer| newcomer.host.name.0.as_str())
            .collect();
        let remark = ": without that this starts members that have only stopped";
        self.voters().refused(&added, remark)
    }

    /// The sum as a person reads it before anything is done.
    pub(super) fn note(&self) -> Note {
        let newcomers = self.newcomers.iter();
        let names: Vec<&str> = newcomers.map(|newcomer| newcomer.host.name.0.as_str()).collect();
        self.voters().note(&names)
    }

    /// A chain for each newcomer; `member` makes what starts it.
    pub(super) fn chains(
        &self,
        scene: &Scene,
        member: impl Fn(&Host, &Beginning, bool) -> Result<Vec<Step>, Problem>,
    ) -> Result<Vec<Chain>, Problem> {
        let is_new = |(_, url): &(String, String)| {
            self.newcomers
                .iter()
                .any(|newcomer| peer_url(newcomer.host) == *url)
        };
        let mut members = listed(scene, self.cluster);
        members.retain(|member| !is_new(member));
        let mut voters = self.voters().members.len();
        let mut chains = Vec::new();
        for newcomer in &self.newcomers {
            let host = newcomer.host;
            members.push((host.name.to_string(), peer_url(host)));
            let addition = Addition {
                via: &self.cluster.via.name,
                newcomer: host,
                cri_socket: &scene.topology.kubeadm.cri_socket,
            };
            let mut steps = Vec::new();
            if !newcomer.is_listed {
                steps.push(addition.see_whole(voters));
                steps.push(addition.save_snapshot(&scene.topology.external_etcd.data_directory));
                steps.push(addition.add());
            }
            steps.extend(member(host, &Beginning::after(members.clone()), true)?);
            steps.push(addition.await_in_step(voters));
            steps.push(addition.promote());
            voters += 1;
            steps.push(steps::await_leader(&host.name, addition.cri_socket, voters));
            chains.push(super::chain(&host.name, steps));
        }
        Ok(chains)
    }
}

/// Why nothing can be added, where not even all hosts can be looked at.
pub(in crate::planner) fn refused(scene: &Scene, limit: &BTreeSet<HostName>) -> Option<Problem> {
    let hosts: Vec<(&Host, &EtcdFacts)> = super::hosts(scene).collect();
    let there = There::new(scene, &hosts);
    Growth::new(&hosts, &there, limit)?.refused()
}
