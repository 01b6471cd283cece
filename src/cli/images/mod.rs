//! `hawser images`: what hosts will run, and bringing it to them.

mod list;
mod push;

pub(super) use list::run as list;
pub(super) use push::run as push;

use crate::topology::{Role, Topology};

/// The hosts on which images are run.
fn with_a_runtime(topology: &Topology) -> Topology {
    let mut asked = topology.clone();
    asked.hosts.retain(|host| host.is_node() || host.is(Role::Etcd));
    asked
}
