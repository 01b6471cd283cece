//! Which certificates of etcd are issued again: what is missing, signed by another authority, or near its end.

use super::hosts::EtcdHost;
use super::state::EtcdState;
use crate::facts::{CertificateFact, EtcdFacts, HostFacts, Observed, client_left};
use crate::pki::Leaf;
use crate::topology::{Host, Role};

/// A month before its end a certificate is issued again, in seconds; etcd reads it without a restart.
const RENEWED: i64 = 30 * 24 * 60 * 60;

/// Whether a member's certificates are not all there, in use, and signed by the authority.
pub(super) fn lacks_certificates(state: &EtcdState, etcd: EtcdHost) -> bool {
    let EtcdHost { host, facts } = etcd;
    let is_complete = |leaf: &Leaf| {
        let name = leaf.stem.rsplit('/').next().unwrap_or_default();
        let found = facts.certificates.get(name);
        found
            .filter(|found| lasts(found, facts))
            .is_some_and(|found| found.is_whole(&leaf.names))
    };
    let settings = &state.inputs.topology.external_etcd;
    let lacks_key = settings.authority.is_none() && !facts.has_authority_key;
    facts.authority.is_none() || lacks_key || !Leaf::all_of_member(host).iter().all(is_complete)
}

/// Whether a certificate need not be issued again yet. None lasts longer than its authority.
fn lasts(found: &CertificateFact, facts: &EtcdFacts) -> bool {
    let authority = facts.authority_left.as_ref().and_then(Observed::known);
    let Some(left) = found.left_s.known() else {
        return false;
    };
    let would_last_longer = authority.is_none_or(|authority| authority - left > RENEWED);
    *left > 0 && (*left > RENEWED || !would_last_longer)
}

/// Control planes whose certificate for asking etcd comes to its end. kubeadm does not renew what it has not signed.
/// API servers read it without a restart.
pub(super) fn ending_clients<'a>(state: &EtcdState<'a>) -> Vec<&'a Host> {
    let Some(EtcdHost { facts: etcd, .. }) = state.hosts.first() else {
        return Vec::new();
    };
    let would_end_anyway = |left: i64| {
        let authority = etcd.authority_left.as_ref().and_then(Observed::known);
        authority.is_some_and(|authority| authority - left <= RENEWED) && left > 0
    };
    let ends = |facts: &HostFacts| {
        client_left(facts, etcd.now_s).is_some_and(|left| left <= RENEWED && !would_end_anyway(left))
    };
    let planes = state.inputs.answered(Role::ControlPlane);
    let ending = planes.filter(|(_, facts)| ends(facts));
    ending.map(|(host, _)| host).collect()
}
