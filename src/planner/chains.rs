//! Chains about hosts: which of them the run can do without.

use crate::plan::{Chain, Necessity, Step};
use crate::topology::{Host, Role};

/// A chain about what a host itself is or has: the run can do without a host that is a worker and nothing else.
pub(super) fn chain_of(host: &Host, steps: Vec<Step>) -> Chain {
    Chain::required(&host.name, steps).with_necessity(necessity(host))
}

pub(super) fn necessity(host: &Host) -> Necessity {
    if host.roles.iter().all(|role| *role == Role::Worker) {
        Necessity::Tolerated
    } else {
        Necessity::Required
    }
}
