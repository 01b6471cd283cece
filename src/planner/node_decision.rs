//! Which hosts join, which are repaired, and which the balancers enable; `actions` says it for one host.

use super::behind_balancers::{behind_balancers, is_disabled};
use super::candidate::Candidate;
use super::node_actions::{JoinState, NodeAction, NodeActions, Planned};
use super::survey::Survey;
use super::{etcd_data, resets};
use crate::error::Problem;
use crate::topology::{Host, Role};

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
        match candidate.action() {
            Ok(action) => list.extend(action.map(|action| Planned { host, action })),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(resets::keep_a_key(survey, &nodes.control_planes).err());
    problems.extend(resets::keep_a_key(survey, &nodes.workers).err());
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
    cluster.is_to_be_initialised() && candidate.host.name == cluster.via().name
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
    if !survey.cluster.there().is_some_and(|there| there.well) {
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
