//! What is done on etcd's own hosts: who lacks certificates, whose member is started, and who becomes one.

use super::certificates::{ending_clients, lacks_certificates};
use super::hosts::EtcdHost;
use super::scale_up::ScaleUp;
use super::state::EtcdState;
use super::unresponsive::is_unresponsive;
use super::vote::Vote;
use super::{alarms, refusals, unresponsive};
use crate::error::Problem;
use crate::pki::Order;
use crate::planner::host_names::{as_limits, in_a_row};
use crate::planner::inputs::Inputs;
use crate::remote::files::etcd::Beginning;
use crate::topology::{EtcdManager, Host, HostName, Role};

/// What is to be done on the etcd hosts; nothing where etcd is stacked.
pub(in crate::planner) struct EtcdActions<'a> {
    /// Hosts whose certificates are not all there, in use, and signed by the authority.
    pub(super) lacking: Vec<&'a Host>,
    pub(super) down: Vec<Down<'a>>,
    pub(super) scale_up: Option<ScaleUp<'a>>,
    /// Hosts that are no members, and become none in this run.
    pub(super) left_out: Vec<&'a Host>,
    /// Control planes whose certificate for asking etcd comes to its end.
    pub(super) clients: Vec<&'a Host>,
    pub(super) authority: Option<&'a Host>,
}

pub(super) struct Down<'a> {
    pub(super) host: &'a Host,
    pub(super) beginning: Beginning,
    pub(super) vote: Vote,
}

impl<'a> EtcdActions<'a> {
    /// Decides for every etcd host, or refuses with every reason.
    pub(in crate::planner) fn decide(state: &EtcdState<'a>) -> Result<Self, Vec<Problem>> {
        let scale_up = ScaleUp::of(state);
        let mut problems = refusals::check(state);
        problems.extend(scale_up.as_ref().and_then(ScaleUp::refuse));
        if problems.is_empty() {
            problems.extend(unresponsive::refuse(state));
            problems.extend(alarms::refuse_start(state));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let hosts = || state.hosts.iter().copied();
        let is_added = |etcd: &EtcdHost| {
            let scale_up = scale_up.as_ref();
            scale_up.is_some_and(|scale_up| scale_up.adds(etcd.host))
        };
        let members = || hosts().filter(|etcd| state.has_vote(*etcd));
        let (added, left_out): (Vec<_>, Vec<_>) =
            hosts().filter(|etcd| !state.has_vote(*etcd)).partition(is_added);
        let lacking = members()
            .chain(added)
            .filter(|etcd| lacks_certificates(state, *etcd));
        // What may be in service is not started again: that would interrupt it.
        let down = members().filter(|etcd| !etcd.answers() && !is_unresponsive(state, *etcd));
        let has_key = |etcd: &EtcdHost| etcd.facts.authority.is_some() && etcd.facts.has_authority_key;
        Ok(Self {
            lacking: lacking.map(|etcd| etcd.host).collect(),
            down: down.map(|etcd| Down::of(state, etcd)).collect(),
            left_out: left_out.into_iter().map(|etcd| etcd.host).collect(),
            clients: ending_clients(state),
            authority: hosts().find(has_key).map(|etcd| etcd.host),
            scale_up,
        })
    }

    pub(super) fn adds(&self, host: &Host) -> bool {
        let scale_up = self.scale_up.as_ref();
        scale_up.is_some_and(|scale_up| scale_up.adds(host))
    }

    pub(super) fn members<'s>(&self, inputs: &Inputs<'s>) -> impl Iterator<Item = &'s Host> {
        let all = inputs.topology.with_role(Role::Etcd);
        all.filter(|host| self.left_out.iter().all(|out| out.name != host.name))
    }

    /// Whether a kubelet is to run etcd on a host where none does.
    pub(in crate::planner) fn starts_pod(&self, inputs: &Inputs, host: &Host) -> bool {
        let is_pod = inputs.topology.external_etcd.manager == EtcdManager::Kubelet;
        is_pod && (self.adds(host) || self.down.iter().any(|down| down.host.name == host.name))
    }

    /// Members start together, or none does. Certificates of one that runs are its own matter.
    pub(in crate::planner) fn refuse_partial_start(&self, inputs: &Inputs) -> Result<(), Vec<Problem>> {
        let down = self.down.iter().map(|down| &down.host.name);
        let (within, without): (Vec<&HostName>, Vec<&HostName>) =
            down.partition(|host| inputs.may_change(host));
        if within.is_empty() || without.is_empty() {
            return Ok(());
        }
        Err(vec![Problem::Usage {
            message: format!(
                "--limit leaves out {}, and etcd's members are started together",
                in_a_row(without.iter().copied())
            ),
            hint: format!("add `{}`", as_limits(without)),
        }])
    }

    /// Where there is an authority, none is made.
    pub(super) fn order(&self, mut order: Order) -> Order {
        order.may_make_authority &= self.authority.is_none();
        order
    }
}

impl<'a> Down<'a> {
    fn of(state: &EtcdState<'a>, etcd: EtcdHost<'a>) -> Self {
        let may_learn = state.running.is_none() && state.began_without(etcd.host);
        Self {
            host: etcd.host,
            beginning: state.beginning(etcd),
            vote: if may_learn { Vote::Learner } else { Vote::Voter },
        }
    }
}
