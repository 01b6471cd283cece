//! How long etcd's certificates last, how members differ from the inventory, and who is one beside it.

use super::differences;
use super::scale_up::ScaleUp;
use super::state::EtcdState;
use crate::facts::{EtcdFacts, MemberFact, client_ending, ending};
use crate::plan::Note;
use crate::planner::situation::Situation;
use crate::topology::Role;

pub(in crate::planner) fn gather(situation: &Situation) -> Vec<Note> {
    let state = &situation.etcd;
    let warnings = state.hosts.iter().flat_map(|etcd| {
        let soon = ending(etcd.facts).into_iter();
        soon.map(|what| Note::warning(format!("{}: {what}", etcd.host.name)))
    });
    let now = state.hosts.first().map(|etcd| etcd.facts.now_s);
    let clients = situation
        .answered(Role::ControlPlane)
        .filter_map(|(host, facts)| {
            let what = client_ending(facts, now?)?;
            Some(Note::warning(format!("{}: {what}", host.name)))
        });
    let mut notes: Vec<Note> = warnings.chain(clients).collect();
    if notes.is_empty() {
        notes.extend(lasting(state).map(Note::info));
    }
    let scale_up = situation.etcd_actions.scale_up.as_ref();
    notes.extend(scale_up.map(ScaleUp::note));
    notes.extend(later(situation).map(Note::warning));
    notes.extend(differences::note(state).map(Note::warning));
    notes.extend(other_members(state).into_iter().map(Note::info));
    notes
}

fn lasting(state: &EtcdState) -> Option<String> {
    let leaves = |facts: &EtcdFacts| {
        facts
            .certificates
            .values()
            .filter_map(|leaf| leaf.left_s.known().copied())
            .min()
    };
    let hosts = || state.hosts.iter().map(|etcd| etcd.facts);
    let first = hosts().filter_map(leaves).min()?;
    let authority = hosts()
        .filter_map(|facts| facts.authority_left.as_ref()?.known().copied())
        .min()?;
    Some(format!(
        "the etcd certificates expire in {} days, the etcd CA in {} days",
        first / DAY,
        authority / DAY
    ))
}

/// Nothing runs yet to which a host could be added.
fn later(situation: &Situation) -> Option<String> {
    let left_out = &situation.etcd_actions.left_out;
    let names: Vec<&str> = left_out.iter().map(|host| host.name.0.as_str()).collect();
    let is_later = !names.is_empty() && situation.etcd.running.is_none();
    is_later.then(|| {
        format!(
            "etcd does not run, so this run only starts the existing members. Rerun this command afterwards to add {}",
            names.join(" and ")
        )
    })
}

fn other_members(state: &EtcdState) -> Vec<String> {
    let Some(running) = state.running else {
        return Vec::new();
    };
    let is_known = |member: &&MemberFact| {
        let mut hosts = state.inputs.topology.with_role(Role::Etcd);
        hosts.any(|host| member.is_of(host))
    };
    let unknown = running.members.iter().filter(|member| !is_known(member));
    unknown
        .map(|member| {
            format!(
                "etcd's member {} ({}) is not in the inventory: left alone",
                member.name,
                member.peer_urls.join(", ")
            )
        })
        .collect()
}

const DAY: i64 = 24 * 60 * 60;
