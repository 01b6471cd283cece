//! On which network interface of a balancer the VIP goes.

use super::inputs::Inputs;
use crate::facts::HostFacts;
use crate::topology::Host;

/// As the inventory says, or the one that carries the host's own address. `refusals` has seen to it that there is one.
pub(super) fn network_interface(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Option<String> {
    let named = inputs.topology.endpoint.interface.clone();
    let mut interfaces = facts.system.interfaces.iter();
    let carries = interfaces.find(|(_, address)| *address == host.address);
    named.or_else(|| carries.map(|(name, _)| name.clone()))
}
