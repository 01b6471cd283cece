//! Hosts that become members of a cluster that runs: one after the other, each with the quorum's sum.

use super::hosts::EtcdHost;
use super::state::EtcdState;
use super::voters::Voters;
use crate::error::Problem;
use crate::facts::{ClusterOfEtcd, MemberFact};
use crate::plan::Note;
use crate::planner::inputs::Inputs;
use crate::topology::Host;

/// A host that is to be a member, and is none with a vote yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddedHost<'a> {
    pub(super) host: &'a Host,
    /// Whether it is a member already, without a vote.
    pub(super) is_listed: bool,
}

/// A cluster that gets members.
pub(super) struct ScaleUp<'a> {
    pub(super) cluster: ClusterOfEtcd<'a>,
    /// In the order in which they come; one that is listed comes first.
    pub(super) added: Vec<AddedHost<'a>>,
}

impl<'a> ScaleUp<'a> {
    /// Which hosts are added to the cluster that runs, if any.
    pub(super) fn of(state: &EtcdState<'a>) -> Option<Self> {
        let cluster = state.running?;
        let is_added = |etcd: &&EtcdHost| !state.has_vote(**etcd) && state.inputs.may_change(&etcd.host.name);
        let added = state.hosts.iter().filter(is_added).map(|etcd| AddedHost {
            host: etcd.host,
            is_listed: cluster.members.iter().any(|member| member.is_of(etcd.host)),
        });
        let mut added: Vec<AddedHost> = added.collect();
        added.sort_by_key(|added| !added.is_listed);
        (!added.is_empty()).then_some(Self { cluster, added })
    }

    pub(super) fn adds(&self, host: &Host) -> bool {
        self.added.iter().any(|added| added.host.name == host.name)
    }

    pub(super) fn voters(&self) -> Voters<'a> {
        let is_ours = |member: &MemberFact| self.added.iter().any(|added| member.is_of(added.host));
        let (learning, members): (Vec<&MemberFact>, Vec<_>) =
            self.cluster.members.iter().partition(|member| member.learner);
        Voters {
            reference_node: &self.cluster.via.name,
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
    pub(super) fn refuse(&self) -> Option<Problem> {
        let added: Vec<&str> = self
            .added
            .iter()
            .filter(|added| !added.is_listed)
            .map(|added| added.host.name.0.as_str())
            .collect();
        let remark = ": then this command starts members that are stopped on reachable hosts";
        self.voters().refuse(&added, remark)
    }

    /// The sum as a person reads it before anything is done.
    pub(super) fn note(&self) -> Note {
        let added = self.added.iter();
        let names: Vec<&str> = added.map(|added| added.host.name.0.as_str()).collect();
        self.voters().note(&names)
    }
}

/// Why nothing can be added, where not even all hosts can be observed.
pub(in crate::planner) fn refuse_scale_up(inputs: &Inputs) -> Option<Problem> {
    ScaleUp::of(&EtcdState::of(inputs))?.refuse()
}
