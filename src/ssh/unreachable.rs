//! A host that could not be reached, and where.

use crate::error::Problem;
use crate::topology::{Host, SshTarget};

pub(super) fn unreachable(host: &Host, cause: String) -> Problem {
    Problem::Unreachable {
        host: host.name.clone(),
        address: address(&host.ssh),
        cause,
    }
}

/// `address:port`, with brackets around an IPv6 address.
pub(super) fn address(target: &SshTarget) -> String {
    if target.address.contains(':') {
        format!("[{}]:{}", target.address, target.port)
    } else {
        format!("{}:{}", target.address, target.port)
    }
}
