//! etcd's authority: one, of which everybody knows, and with its key.

use super::hosts::is_initialised;
use super::state::EtcdState;
use crate::error::Problem;
use crate::planner::inputs::Inputs;
use crate::topology::Role;

/// Why the authority keeps anything from being done.
pub(super) fn refuse(state: &EtcdState) -> Vec<Problem> {
    let problems = [differ(state), without_key(state), lone_key(state)];
    problems.into_iter().flatten().collect()
}

fn same_pem(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// Every certificate of etcd is of one authority, and so is what API servers trust.
fn differ(state: &EtcdState) -> Option<Problem> {
    let mut found: Vec<(String, &str)> = Vec::new();
    if let Some(own) = &state.inputs.topology.external_etcd.authority {
        found.push(("the inventory".to_owned(), &own.certificate));
    }
    let of_hosts = state.hosts.iter().filter_map(|etcd| {
        let authority = etcd.facts.authority.as_deref()?;
        Some((etcd.host.name.to_string(), authority))
    });
    found.extend(of_hosts);
    let is_theirs = found.len();
    found.extend(of_control_planes(&state.inputs));
    let (_, first) = found.first()?;
    if found.iter().all(|(_, pem)| same_pem(pem, first)) {
        return None;
    }
    let is_only_of_planes = found.iter().take(is_theirs).all(|(_, pem)| same_pem(pem, first));
    let hash = |pem: &str| crate::ca::ca_hash(pem).unwrap_or_else(|why| why);
    Some(Problem::Unsafe {
        what: "the etcd certificates are of different CAs".to_owned(),
        because: found.iter().map(|(who, pem)| format!("{who}: {}", hash(pem))).collect(),
        recovery: vec![
            "correct the inventory, so that it names the hosts of one etcd cluster".to_owned(),
            if is_only_of_planes {
                "or put the CA that the control planes trust back on the etcd hosts (ca.crt and ca.key in /etc/kubernetes/pki/etcd, root:root 0600 the key)"
            } else {
                "or remove the certificates on the host that should move to this cluster: `rm -r /etc/kubernetes/pki/etcd` on it, then rerun this command"
            }.to_owned(),
        ],
    })
}

/// Without its key nothing can be signed, for a member or for an API server.
fn without_key(state: &EtcdState) -> Option<Problem> {
    let settings = &state.inputs.topology.external_etcd;
    let hosts = || state.hosts.iter().map(|etcd| etcd.facts);
    let is_there = hosts().any(|facts| facts.authority.is_some());
    let has_key = hosts().any(|facts| facts.authority.is_some() && facts.has_authority_key);
    (settings.authority.is_none() && is_there && !has_key).then(|| Problem::Unsafe {
        what: "the CA of etcd has no key".to_owned(),
        because: vec![
            "no etcd host has /etc/kubernetes/pki/etcd/ca.key, and nothing can be signed without it"
                .to_owned(),
        ],
        recovery: vec![
            "put the key back on one etcd host, root:root 0600".to_owned(),
            "or, if it is yours, name it and its certificate: `ca_certificate` and `ca_key` under [etcd]"
                .to_owned(),
        ],
    })
}

/// A key without its certificate is not known to be good for nothing: a new authority does not take its place.
fn lone_key(state: &EtcdState) -> Option<Problem> {
    let is_known = state.inputs.topology.external_etcd.authority.is_some()
        || state.hosts.iter().any(|etcd| etcd.facts.authority.is_some());
    let holder = state.hosts.iter().find(|etcd| etcd.facts.has_authority_key);
    let name = &holder.filter(|_| !is_known)?.host.name;
    Some(Problem::Unsafe {
        what: format!(
            "{name} has a key of an etcd CA without its certificate, and a new CA would replace it"
        ),
        because: vec!["/etc/kubernetes/pki/etcd/ca.key is there, and ca.crt is not".to_owned()],
        recovery: vec![
            format!("put its certificate back on {name}: /etc/kubernetes/pki/etcd/ca.crt"),
            format!(
                "only if nothing was signed with it: `rm /etc/kubernetes/pki/etcd/ca.key` on {name}, then rerun this command"
            ),
        ],
    })
}

/// What control planes trust. One that is not initialised yet gets it anew.
fn of_control_planes<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = (String, &'a str)> {
    let planes = inputs
        .answered(Role::ControlPlane)
        .filter(|(_, facts)| is_initialised(facts));
    planes.filter_map(|(host, facts)| Some((host.name.to_string(), facts.kubernetes.etcd_ca.as_deref()?)))
}
