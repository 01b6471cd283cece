//! The phases of etcd itself, and of what the first control plane gets before `kubeadm init`.

use super::member::start_member;
use super::replaced_files;
use super::vote::Vote;
use crate::error::Problem;
use crate::pki::Order;
use crate::plan::{Chain, Milestone, Step};
use crate::planner::inputs::Inputs;
use crate::planner::situation::Situation;
use crate::planner::survey::Cluster;
use crate::remote::etcd as steps;
use crate::topology::{EtcdTopology, Host, Role};

/// The key goes from an etcd host into memory where something has to be signed: not where it is made, or the user's.
/// It is read for a host that may be changed, as the limit leaves out what is for another.
pub(in crate::planner) fn read_authority(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let actions = &situation.etcd_actions;
    let lacking = actions.lacking.iter().chain(&actions.clients).copied();
    let in_need: Vec<&Host> = lacking.chain(initialised(situation)).collect();
    let within = in_need.iter().find(|host| situation.may_change(&host.name));
    let needed_by = within.or(in_need.first()).copied();
    let is_users = situation.topology.external_etcd.authority.is_some();
    let (Some(from), Some(host), false) = (actions.authority, needed_by, is_users) else {
        return Ok(Vec::new());
    };
    Ok(vec![Chain::required(
        &host.name,
        vec![steps::read_authority(&from.name)],
    )])
}

/// Each member's certificates, on its host.
pub(in crate::planner) fn issue_certificates(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let actions = &situation.etcd_actions;
    let manager = situation.topology.external_etcd.manager;
    let is_lacking = |host: &Host| actions.lacking.iter().any(|lacking| lacking.name == host.name);
    let orders = Order::for_members(situation.topology).filter(|(host, _)| is_lacking(host));
    let chains = orders.map(|(host, order)| {
        let facts = situation.facts(&host.name).and_then(|facts| facts.etcd.as_ref());
        let gone = replaced_files::of_member(&order, facts);
        let step = steps::write_certificates(&host.name, actions.order(order), manager, &gone);
        Chain::required(&host.name, vec![step])
    });
    Ok(chains.collect())
}

/// Every member that does not run.
pub(in crate::planner) fn start_members(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let down = situation.etcd_actions.down.iter();
    let chains = down.map(|down| {
        let steps = start_member(situation, down.host, &down.beginning, down.vote)?;
        Ok(Chain::required(&down.host.name, steps).reaching(created(situation, down.host)))
    });
    chains.collect()
}

/// A member without data has never run.
pub(super) fn created(inputs: &Inputs, host: &Host) -> Option<Milestone> {
    let facts = inputs.facts(&host.name);
    let has_data = facts.is_some_and(|facts| facts.kubernetes.has_etcd_data);
    (!has_data).then_some(Milestone::EtcdMemberCreated)
}

/// Once all that were started are healthy.
pub(in crate::planner) fn await_leader(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let actions = &situation.etcd_actions;
    let Some(first) = actions.down.first() else {
        return Ok(Vec::new());
    };
    let members = actions.members(situation).filter(|host| !actions.adds(host));
    let learners = actions.down.iter().filter(|down| down.vote == Vote::Learner);
    let voters = members.count() - learners.count();
    let socket = &situation.topology.kubeadm.cri_socket;
    let step = steps::await_leader(&first.host.name, socket, voters);
    Ok(vec![Chain::required(&first.host.name, vec![step])])
}

/// Of control planes that are there, where they come to their end.
pub(in crate::planner) fn renew_client_certificates(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let initialised = initialised(situation).map(|host| &host.name);
    let clients = situation.etcd_actions.clients.iter();
    let renewed = clients.filter(|host| Some(&host.name) != initialised);
    let chains =
        renewed.map(|host| Chain::required(&host.name, vec![issue_client_certificate(situation, host)]));
    Ok(chains.collect())
}

/// The first control plane asks with a certificate of its own; and nobody else's objects may be there.
pub(in crate::planner) fn issue_first_client_certificate(
    situation: &Situation,
) -> Result<Vec<Chain>, Problem> {
    let Some(host) = initialised(situation) else {
        return Ok(Vec::new());
    };
    let first = situation.topology.with_role(Role::Etcd).next();
    let socket = &situation.topology.kubeadm.cri_socket;
    let check = first.map(|etcd| match situation.cluster {
        Cluster::Absent(_) => steps::see_empty(&etcd.name, socket),
        _ => steps::see_no_cluster(&etcd.name, socket),
    });
    let issue = issue_client_certificate(situation, host);
    let steps = check.into_iter().chain([issue]).collect();
    Ok(vec![Chain::required(&host.name, steps)])
}

/// The control plane on which init runs, beside etcd on hosts of its own.
fn initialised<'a>(situation: &Situation<'a>) -> Option<&'a Host> {
    let is_external = situation.topology.etcd == EtcdTopology::External;
    (is_external && situation.cluster.runs_init()).then(|| situation.cluster.reference_node())
}

fn issue_client_certificate(situation: &Situation, host: &Host) -> Step {
    let settings = &situation.topology.external_etcd;
    let order = situation.etcd_actions.order(Order::for_clients(settings));
    let gone = replaced_files::of_client(situation, host);
    steps::write_client_certificate(&host.name, order, settings.manager, &gone)
}
