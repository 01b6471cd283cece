//! Hosts that have just started: what they run may come up by itself.

use crate::facts::HostFacts;

pub(super) fn kubelet_has_just_started(facts: &HostFacts) -> bool {
    let kubelet = facts.units.get("kubelet");
    kubelet.is_some_and(|unit| unit.active && unit.active_for_s < STARTING_S)
}

/// kubelet starts static pods within a minute, and an etcd that found no quorum again after 80 s more.
pub(super) const STARTING_S: u64 = 180;
