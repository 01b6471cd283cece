//! Whom verification asks, and what is said of what it leaves.

use std::time::Duration;

use crate::error::Problem;
use crate::topology::{Role, Topology};
use crate::verify::Unmet;

/// Verification asks control planes, etcd hosts and balancers: they know of the workers.
pub(super) fn who_speaks_for_the_cluster(topology: &Topology) -> Topology {
    let mut asked = topology.clone();
    asked
        .hosts
        .retain(|host| host.is(Role::ControlPlane) || host.is(Role::Etcd) || host.is(Role::Balancer));
    asked
}

/// Who can tell that what was amiss is no longer so: the one control plane that spoke for the cluster, where all else has
/// been seen to be well.
pub(super) fn who_knows(topology: &Topology, left: &[Unmet]) -> Topology {
    let mut asked = who_speaks_for_the_cluster(topology);
    let speaker = left.first().and_then(|unmet| unmet.told_by.as_ref());
    if speaker.is_some() && left.iter().all(|unmet| unmet.told_by.as_ref() == speaker) {
        asked.hosts.retain(|host| Some(&host.name) == speaker);
    }
    asked
}

pub(super) fn not_verified(left: Vec<Unmet>, took: Duration) -> Option<Problem> {
    let first = left.first()?.host.clone();
    Some(Problem::Step {
        host: first,
        what: "verification".to_owned(),
        how: format!("{} things are not as they should be", left.len()),
        took,
        answer: left
            .into_iter()
            .map(|unmet| format!("{}: {}", unmet.host, unmet.what))
            .collect(),
        hint: None,
    })
}
