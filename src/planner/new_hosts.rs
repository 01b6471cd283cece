//! Which hosts a plan adds to the cluster, so that they are checked more closely before it begins.

use std::collections::BTreeSet;

use crate::plan::{Milestone, Plan};
use crate::topology::HostName;

/// Hosts that become a part of the cluster: all that a plan changes which initialises one; else those that join, and
/// etcd hosts without data. What is repaired is not among them: it is as it is because something is amiss.
pub fn new_hosts(plan: &Plan) -> BTreeSet<HostName> {
    let milestones = || plan.chains().filter_map(|chain| Some((chain, chain.milestone?)));
    if milestones().any(|(_, milestone)| milestone == Milestone::ClusterInitialised) {
        return plan.changes().map(|step| step.host.clone()).collect();
    }
    milestones().map(|(chain, _)| chain.subject.clone()).collect()
}
