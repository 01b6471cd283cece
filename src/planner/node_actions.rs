//! What is done with each host that is to be a node.

use std::collections::BTreeSet;

use super::behind_balancers::{behind_balancers, is_disabled};
use super::candidate::Candidate;
use super::clearing::{Clearing, ListedMember};
use super::etcd_data;
use super::inputs::Inputs;
use super::survey::Survey;
use crate::error::Problem;
use crate::facts::HostFacts;
use crate::topology::{Host, HostName, Role};

/// What is done with a host that is no complete member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeAction {
    /// It joins; what an earlier one of that name left in the cluster goes first.
    Join(Clearing),
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

    pub(super) fn clearing(&self) -> Option<&Clearing> {
        match &self.action {
            NodeAction::Join(clearing) => Some(clearing),
            _ => None,
        }
    }

    pub(super) fn is_reset(&self) -> bool {
        self.clearing().is_some_and(Clearing::resets)
    }

    /// The etcd member that goes before any host can join.
    pub(super) fn removed_member(&self) -> Option<&ListedMember> {
        self.clearing()?.listed_member.as_ref()
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

/// Decides for every host that is to be a node, or refuses with every reason. Only hosts that the limit allows are
/// changed.
pub(super) fn decide_nodes<'a>(survey: &Survey<'a>) -> Result<NodeActions<'a>, Vec<Problem>> {
    let mut nodes = NodeActions::default();
    let mut problems = Vec::new();
    for candidate in Candidate::all(survey) {
        if is_initialised_here(&candidate) {
            // Beside etcd on hosts of its own init would pass over it, and no later run could tell whose it is.
            if candidate.has_external_etcd() {
                problems.extend(etcd_data::of_member(&candidate, None).err());
            }
            continue;
        }
        let list = if candidate.is_control_plane() {
            &mut nodes.control_planes
        } else {
            &mut nodes.workers
        };
        let host = candidate.host;
        // In `actions`.
        match candidate.action() {
            Ok(action) => list.extend(action.map(|action| Planned { host, action })),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(keep_a_key(survey, &nodes.control_planes).err());
    problems.extend(keep_a_key(survey, &nodes.workers).err());
    if !problems.is_empty() {
        return Err(problems);
    }
    let members = members(survey);
    restart_stalled(survey, &members, &mut nodes.control_planes);
    nodes.behind_balancers = behind_balancers(survey, &members);
    nodes.to_enable = to_enable(survey, &members);
    keep_to_limit(survey, &mut nodes);
    nodes.control_planes.sort_by_key(Planned::joins);
    Ok(nodes)
}

fn is_initialised_here(candidate: &Candidate) -> bool {
    let cluster = candidate.cluster();
    cluster.is_to_be_initialised() && candidate.host.name == cluster.reference_node().name
}

/// The control planes that are complete members now, in the inventory's order. Of one that does not answer its node
/// tells.
fn members<'a>(survey: &Survey<'a>) -> Vec<&'a Host> {
    if survey.cluster.is_to_be_initialised() {
        return Vec::new();
    }
    let is_member = |host: &&'a Host| match survey.facts(&host.name) {
        Some(facts) => Candidate { survey, host, facts }.is_member(),
        None => survey.cluster.node(host).is_some_and(|node| node.control_plane),
    };
    survey
        .topology
        .with_role(Role::ControlPlane)
        .filter(is_member)
        .collect()
}

/// No API server is well, and no etcd member is there that could be restarted: what is there is started once more, but
/// for a host that is reset.
fn restart_stalled<'a>(survey: &Survey<'a>, members: &[&'a Host], planned: &mut Vec<Planned<'a>>) {
    if !survey.cluster.is_stalled() || planned.iter().any(Planned::is_restarted) {
        return;
    }
    let has_action = |host: &Host| planned.iter().any(|planned| planned.host.name == host.name);
    let answered = |host: &Host| survey.facts(&host.name).is_some();
    let idle = members.iter().filter(|host| answered(host) && !has_action(host));
    let restarted: Vec<Planned> = idle
        .map(|host| Planned {
            host,
            action: NodeAction::Restart(JoinState::Finished),
        })
        .collect();
    planned.extend(restarted);
}

/// Members that run and that the balancers have not enabled yet.
fn to_enable<'a>(survey: &Survey<'a>, members: &[&'a Host]) -> Vec<&'a Host> {
    if !survey
        .cluster
        .existing()
        .is_some_and(|existing| existing.api_answers)
    {
        return Vec::new();
    }
    let answered = |host: &Host| survey.facts(&host.name).is_some();
    let disabled = members
        .iter()
        .filter(|host| answered(host) && is_disabled(survey, host));
    disabled.copied().collect()
}

fn keep_to_limit(survey: &Survey, nodes: &mut NodeActions) {
    let left_out = &mut nodes.left_out;
    let mut keep = |host: &Host| {
        let may_change = survey.may_change(&host.name);
        if !may_change {
            left_out.insert(host.name.clone());
        }
        may_change
    };
    nodes.control_planes.retain(|planned| keep(planned.host));
    nodes.workers.retain(|planned| keep(planned.host));
    nodes.to_enable.retain(|host| keep(host));
}

/// Refuses resets after which no control plane has the key of the cluster's CA any more.
fn keep_a_key(inputs: &Inputs, planned: &[Planned]) -> Result<(), Problem> {
    let is_reset = |host: &Host| {
        let mut all = planned.iter();
        all.any(|planned| planned.host.name == host.name && planned.is_reset())
    };
    let has_key = |facts: &HostFacts| facts.kubernetes.has_ca_key;
    let mut keepers = inputs.answered(Role::ControlPlane);
    if keepers.any(|(host, facts)| has_key(facts) && !is_reset(host)) {
        return Ok(());
    }
    let mut holders = inputs.all_answered();
    let Some((host, _)) = holders.find(|(host, facts)| has_key(facts) && is_reset(host)) else {
        return Ok(());
    };
    let name = &host.name;
    Err(Problem::Unsafe {
        what: format!("{name} must be reset, but no other control plane has the key of the cluster's CA"),
        because: vec![format!(
            "/etc/kubernetes/pki/ca.key is on {name}; no control plane that is not reset has it"
        )],
        recovery: vec![
            format!(
                "copy /etc/kubernetes/pki/ca.key of {name} to a control plane that is not reset, then rerun this command"
            ),
            format!(
                "or, to keep the key outside the cluster: on {name} `mv /etc/kubernetes/pki/ca.key /root/`, copy it to a safe place, then rerun this command"
            ),
        ],
    })
}
