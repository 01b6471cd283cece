//! What is done with each host that is to be a node.

use std::collections::BTreeSet;

use super::inputs::Inputs;
use super::removal::{ListedMember, Removal};
use crate::topology::{Host, HostName};

/// What is done with a host that is no complete member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeAction {
    /// It joins; what an earlier one of that name left in the cluster goes first.
    Join(Removal),
    /// A control plane that is there is started; and its join is finished, where it is known not to be.
    Restart(JoinState),
    /// A worker's kubelet has its identity, or a kubeconfig that lacks its certificate: it is started where it does not
    /// run, and what kubeadm does last is done.
    FinishWorker,
}

/// How far the join of a control plane came that is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinState {
    /// As far as can be told it came to its end.
    Finished,
    /// Its last phases are missing.
    Unfinished,
}

#[derive(Debug, Clone)]
pub(super) struct Planned<'a> {
    pub(super) host: &'a Host,
    pub(super) action: NodeAction,
}

impl Planned<'_> {
    pub(super) fn joins(&self) -> bool {
        matches!(self.action, NodeAction::Join(_))
    }

    pub(super) fn is_restarted(&self) -> bool {
        matches!(self.action, NodeAction::Restart(_))
    }

    /// Whether a join of it is finished that began earlier.
    pub(super) fn finishes(&self) -> bool {
        self.action == NodeAction::Restart(JoinState::Unfinished)
    }

    pub(super) fn removal(&self) -> Option<&Removal> {
        match &self.action {
            NodeAction::Join(removal) => Some(removal),
            _ => None,
        }
    }

    pub(super) fn is_reset(&self) -> bool {
        self.removal().is_some_and(Removal::resets)
    }

    /// The etcd member that goes before any host can join.
    pub(super) fn removed_member(&self) -> Option<&ListedMember> {
        self.removal()?.member.as_ref()
    }
}

#[derive(Debug, Default)]
pub(super) struct NodeActions<'a> {
    /// Those that are restarted first, then those that join; each in the inventory's order.
    pub(super) control_planes: Vec<Planned<'a>>,
    /// In the inventory's order.
    pub(super) workers: Vec<Planned<'a>>,
    /// Members that run and that the balancers have not enabled yet, in the inventory's order.
    pub(super) to_enable: Vec<&'a Host>,
    /// The control planes behind the balancers now, in the inventory's order; never none.
    pub(super) behind_balancers: Vec<HostName>,
    /// Hosts with which something would be done, and that `--limit` leaves out.
    pub(super) left_out: BTreeSet<HostName>,
}

impl<'a> NodeActions<'a> {
    pub(super) fn joining_control_planes(&self) -> impl Iterator<Item = &Planned<'a>> {
        self.control_planes.iter().filter(|planned| planned.joins())
    }

    pub(super) fn restarted(&self) -> impl Iterator<Item = &Planned<'a>> {
        self.control_planes
            .iter()
            .filter(|planned| planned.is_restarted())
    }

    /// Whether a host becomes a node again, or for the first time.
    pub(super) fn joins(&self, host: &Host) -> bool {
        let mut all = self.control_planes.iter().chain(&self.workers);
        all.any(|planned| planned.host.name == host.name && planned.joins())
    }

    /// Whether the balancers check a control plane, and enable it.
    pub(super) fn changes_balancers(&self) -> bool {
        let mut all = self.control_planes.iter();
        !self.to_enable.is_empty() || all.any(|planned| planned.joins() || planned.finishes())
    }

    /// The control planes behind the balancers when all joins are done, in the inventory's order.
    pub(super) fn behind_balancers_at_the_end(&self, inputs: &Inputs) -> Vec<HostName> {
        let planned = self.control_planes.iter().map(|planned| planned.host);
        let added = planned.chain(self.to_enable.iter().copied());
        added.fold(self.behind_balancers.clone(), |members, host| {
            inputs.with_one_more(&members, &host.name)
        })
    }
}
