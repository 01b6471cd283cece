//! The phase in which hosts become members of a cluster that runs.

use super::chains::created;
use super::member::start_member;
use super::scale_up::AddedHost;
use super::state::listed_members;
use super::vote::Vote;
use crate::error::Problem;
use crate::plan::Chain;
use crate::planner::situation::Situation;
use crate::remote::etcd as steps;
use crate::remote::etcd::Addition;
use crate::remote::files::etcd::{Beginning, peer_url};

/// A chain for each host that is added, one after the other.
pub(in crate::planner) fn add_members(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let Some(scale_up) = &situation.etcd_actions.scale_up else {
        return Ok(Vec::new());
    };
    let is_new = |url: &String| {
        let mut added = scale_up.added.iter();
        added.any(|added| peer_url(added.host) == *url)
    };
    let mut members = listed_members(situation, scale_up.cluster);
    members.retain(|(_, url)| !is_new(url));
    let voters = scale_up.voters().members.len();
    let mut chains = Vec::new();
    for (voters, added) in (voters..).zip(&scale_up.added) {
        members.push((added.host.name.to_string(), peer_url(added.host)));
        let addition = Addition {
            via: &scale_up.cluster.via.name,
            joining_host: added.host,
            cri_socket: &situation.topology.kubeadm.cri_socket,
        };
        let beginning = Beginning::after(members.clone());
        chains.push(add_member(situation, added, addition, &beginning, voters)?);
    }
    Ok(chains)
}

/// Adds one while there are so many voters.
fn add_member(
    situation: &Situation,
    added: &AddedHost,
    addition: Addition<'_>,
    beginning: &Beginning,
    voters: usize,
) -> Result<Chain, Problem> {
    let host = added.host;
    let mut all = Vec::new();
    if !added.is_listed {
        all.push(addition.see_complete(voters));
        all.push(addition.save_snapshot(&situation.topology.external_etcd.data_directory));
        all.push(addition.add());
    }
    all.extend(start_member(situation, host, beginning, Vote::Learner)?);
    all.push(addition.await_in_step(voters));
    all.push(addition.promote());
    all.push(steps::await_leader(&host.name, addition.cri_socket, voters + 1));
    Ok(Chain::required(&host.name, all).reaching(created(situation, host)))
}
