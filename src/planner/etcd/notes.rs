//! How long etcd's certificates last, how members differ from the inventory, and who is one beside it.

use super::growth::Growth;
use super::{Decision, Scene, hosts, unapplied};
use crate::facts::{ClusterOfEtcd, EtcdFacts, client_ending, ending};
use crate::plan::{Note, NoteLevel};
use crate::topology::Role;

pub(in crate::planner) fn gather(scene: &Scene, decision: &Decision) -> Vec<Note> {
    let warnings = hosts(scene).flat_map(|(host, facts)| {
        let soon = ending(facts).into_iter();
        soon.map(|what| note(NoteLevel::Warning, format!("{}: {what}", host.name)))
    });
    let now = hosts(scene).map(|(_, facts)| facts.now_s).next();
    let clients = scene.answered(Role::ControlPlane).filter_map(|(host, facts)| {
        let what = client_ending(facts, now?)?;
        Some(note(NoteLevel::Warning, format!("{}: {what}", host.name)))
    });
    let mut notes: Vec<Note> = warnings.chain(clients).collect();
    if notes.is_empty() {
        notes.extend(lasting(scene).map(|text| note(NoteLevel::Info, text)));
    }
    notes.extend(decision.growth.as_ref().map(Growth::note));
    notes.extend(later(scene, decision).map(|text| note(NoteLevel::Warning, text)));
    notes.extend(unapplied::told(scene).map(|text| note(NoteLevel::Warning, text)));
    notes.extend(
        strangers(scene)
            .into_iter()
            .map(|text| note(NoteLevel::Info, text)),
    );
    notes
}

fn lasting(scene: &Scene) -> Option<String> {
    let leaves = |facts: &EtcdFacts| {
        facts
            .certificates
            .values()
            .filter_map(|leaf| leaf.left_s.known().copied())
            .min()
    };
    let first = hosts(scene).filter_map(|(_, facts)| leaves(facts)).min()?;
    let authority = hosts(scene)
        .filter_map(|(_, facts)| facts.authority_left.as_ref()?.known().copied())
        .min()?;
    Some(format!(
        "etcd's certificates last {} days more, its authority {}",
        first / DAY,
        authority / DAY
    ))
}

/// Nothing runs yet to which a host could be added.
fn later(scene: &Scene, decision: &Decision) -> Option<String> {
    let names: Vec<&str> = decision
        .left_out
        .iter()
        .map(|host| host.name.0.as_str())
        .collect();
    let is_later = !names.is_empty() && ClusterOfEtcd::running(hosts(scene)).is_none();
    is_later.then(|| {
        format!(
            "etcd does not run, so this run cannot add {}: it starts what is there; run it again then",
            names.join(" and ")
        )
    })
}

fn strangers(scene: &Scene) -> Vec<String> {
    let Some(running) = ClusterOfEtcd::running(hosts(scene)) else {
        return Vec::new();
    };
    let is_known = |member: &&crate::facts::MemberFact| {
        scene
            .topology
            .with_role(Role::Etcd)
            .any(|host| member.is_of(host))
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

fn note(level: NoteLevel, text: String) -> Note {
    Note { level, text }
}

/// In seconds.
const DAY: i64 = 24 * 60 * 60;
