//! Whose locks a run takes before it changes anything.

use std::collections::BTreeSet;

use crate::plan::{Cleanup, NeededBy, Plan};
use crate::topology::{HostName, Role, Topology};

/// The hosts that a plan changes; and every control plane where it creates or deletes secrets of the cluster: another
/// run may ask through another one, and the clean-up of either takes away what both have created.
pub fn locked_hosts(topology: &Topology, plan: &Plan) -> BTreeSet<HostName> {
    let mut hosts = plan.changed_hosts();
    if creates_secrets(plan) || plan.cleanup.iter().any(deletes_secrets) {
        hosts.extend(
            topology
                .with_role(Role::ControlPlane)
                .map(|host| host.name.clone()),
        );
    }
    hosts
}

/// Whether a plan creates secrets that the run's end deletes.
pub(super) fn creates_secrets(plan: &Plan) -> bool {
    plan.phases.iter().any(|phase| phase.name.creates_secrets())
}

/// They are what other hosts' commands may still need.
fn deletes_secrets(cleanup: &Cleanup) -> bool {
    cleanup.needed_by == NeededBy::AllHosts
}
