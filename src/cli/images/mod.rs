//! `hawser images`: what hosts will run, and bringing it to them.

mod list;
mod push;

pub(super) use list::run as list;
pub(super) use push::run as push;

use crate::topology::Topology;

/// The hosts on which a kubelet runs pods.
fn with_a_runtime(topology: &Topology) -> Topology {
    let mut asked = topology.clone();
    asked.hosts.retain(|host| topology.runs_pods(host));
    asked
}
