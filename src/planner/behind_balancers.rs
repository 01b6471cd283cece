//! Which control planes are behind the balancers.

use super::inputs::Inputs;
use super::survey::Survey;
use crate::facts::{BalancerFacts, ServerFact};
use crate::topology::{Host, HostName, Role};

/// The control planes behind the balancers now, in the inventory's order; `members` are those that are members now.
pub(super) fn behind_balancers(survey: &Survey, members: &[&Host]) -> Vec<HostName> {
    let enabled = members.iter().filter(|host| !is_disabled(survey, host));
    let behind: Vec<HostName> = enabled.map(|host| host.name.clone()).collect();
    if behind.is_empty() {
        // The endpoint must lead somewhere while the one that is asked is repaired; at first it is the one where init
        // runs.
        return vec![survey.cluster.reference_node().name.clone()];
    }
    behind
}

/// A member that some balancer has not enabled yet is enabled by its own steps, checked first.
pub(super) fn is_disabled(inputs: &Inputs, host: &Host) -> bool {
    let is_its = |server: &ServerFact| server.name == host.name.0 && server.is_disabled();
    let disables = |balancer: &BalancerFacts| {
        let servers = balancer.servers.known();
        servers.is_some_and(|servers| servers.iter().any(is_its))
    };
    let mut balancers = inputs.answered(Role::Balancer);
    balancers.any(|(_, facts)| facts.balancer.as_ref().is_some_and(disables))
}
