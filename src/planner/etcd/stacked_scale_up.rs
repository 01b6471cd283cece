//! etcd on the control planes: kubeadm adds a member with each that joins, where the quorum supports it.

use super::voters::Voters;
use crate::error::Problem;
use crate::facts::MemberFact;
use crate::plan::{Note, Step};
use crate::planner::inputs::Inputs;
use crate::planner::node_actions::NodeActions;
use crate::planner::recognition::recognise_cluster;
use crate::planner::survey::Survey;
use crate::planner::survey::{Cluster, Existing};
use crate::remote::etcd::Addition;
use crate::topology::{EtcdTopology, Host};

/// A cluster that runs, and the control planes that become members of its etcd.
pub(in crate::planner) struct StackedScaleUp<'a> {
    voters: Voters<'a>,
    joining: Vec<&'a Host>,
}

impl<'a> StackedScaleUp<'a> {
    /// Who is added, if any host is. Members that this run restarts run by then, and those that it removes are gone.
    pub(in crate::planner) fn of(survey: &Survey<'a>, nodes: &NodeActions<'a>) -> Option<Self> {
        let existing = running(survey, &survey.cluster)?;
        let planned = || nodes.control_planes.iter();
        let removed: Vec<&str> = planned()
            .filter_map(|planned| Some(planned.removed_member()?.id.as_str()))
            .collect();
        let is_restarted = |member: &MemberFact| nodes.restarted().any(|planned| member.is_of(planned.host));
        let members = survey.cluster.members().iter();
        let staying = members.filter(|member| !removed.contains(&member.id.as_str()));
        let joining: Vec<&Host> = planned()
            .filter(|planned| planned.joins())
            .map(|planned| planned.host)
            .collect();
        let voters = voters(existing, staying, is_restarted);
        (!joining.is_empty()).then_some(Self { voters, joining })
    }

    fn names(&self) -> Vec<&str> {
        self.joining.iter().map(|host| host.name.0.as_str()).collect()
    }

    /// What keeps them from being added, with the quorum check.
    pub(in crate::planner) fn refuse(&self) -> Option<Problem> {
        self.voters.refuse(&self.names(), "")
    }

    /// The quorum check as a person reads it before anything is done.
    pub(in crate::planner) fn note(&self) -> Note {
        self.voters.note(&self.names())
    }

    /// Checks the quorum once more, right before a host joins: by then those before it are members too.
    pub(in crate::planner) fn check_before(&self, inputs: &Inputs, joining: &Host) -> Option<Step> {
        let place = self.joining.iter().position(|host| host.name == joining.name)?;
        let addition = Addition {
            via: self.voters.reference_node,
            joining_host: joining,
            cri_socket: &inputs.topology.kubeadm.cri_socket,
        };
        Some(addition.see_complete(self.voters.members.len() + place))
    }
}

/// While no API server is well, what is listed is restarted first, and the quorum cannot be determined.
fn running<'c, 'a>(inputs: &Inputs, cluster: &'c Cluster<'a>) -> Option<&'c Existing<'a>> {
    let is_stacked = inputs.topology.etcd == EtcdTopology::Stacked;
    cluster
        .existing()
        .filter(|existing| is_stacked && existing.api_answers)
}

fn voters<'a>(
    existing: &Existing<'a>,
    members: impl Iterator<Item = &'a MemberFact>,
    is_restarted: impl Fn(&MemberFact) -> bool,
) -> Voters<'a> {
    let (learning, members): (Vec<&MemberFact>, Vec<_>) = members.partition(|member| member.learner);
    let is_down = |member: &&MemberFact| !member.is_healthy() && !is_restarted(member);
    Voters {
        reference_node: &existing.reference_node.name,
        down: members.iter().copied().filter(is_down).collect(),
        learning,
        members,
    }
}

/// Why no control plane can be added, where not even all hosts can be observed.
pub(in crate::planner) fn refuse_stacked_scale_up(inputs: &Inputs) -> Option<Problem> {
    let cluster = recognise_cluster(inputs).ok()?;
    let existing = running(inputs, &cluster)?;
    let members = || cluster.members().iter();
    let is_new = |host: &&Host| inputs.may_change(&host.name) && members().all(|member| !member.is_of(host));
    let added = inputs.control_planes().filter(is_new);
    let added: Vec<&str> = added.map(|host| host.name.0.as_str()).collect();
    let is_half_joined = |member: &MemberFact| inputs.control_planes().any(|host| member.is_of(host));
    voters(existing, members(), is_half_joined).refuse(&added, "")
}
