//! Whether an etcd member beside a control plane can be started as it is.

use crate::facts::{HostFacts, MemberFact, StaticPod};

/// The kubelet of a half-joined control plane has had this long to start its etcd member, in seconds.
const LONG_ENOUGH_S: u64 = 300;

/// Whether all is there that a member needs to start: a kubelet that lacks its certificate is given what it takes to
/// ask for one, and runs the member meanwhile. Nobody is left to promote a learner; and without its data a member that
/// has once started does not start again.
pub(super) fn is_complete(facts: &HostFacts, member: &MemberFact) -> bool {
    let found = &facts.kubernetes;
    let has_manifest = found.has_manifest(StaticPod::Etcd);
    let has_data = found.has_etcd_data || !member.has_started();
    has_manifest && found.has_kubelet_kubeconfig() && has_data && !member.learner
}

/// Whether a member that does not run has all that it needs, and has not tried for long.
pub(super) fn may_come_up(facts: &HostFacts, member: &MemberFact) -> bool {
    let has_tried = facts
        .units
        .get("kubelet")
        .is_some_and(|kubelet| kubelet.active_for_s > LONG_ENOUGH_S);
    is_complete(facts, member) && !has_tried
}
