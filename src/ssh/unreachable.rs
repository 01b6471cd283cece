//! Who is connected to, and why a connection was not possible.

use crate::error::Problem;
use crate::topology::{Host, HostName, SshTarget};

/// A host of the inventory, or a jump host on the way to one.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) name: &'a HostName,
    pub(super) ssh: &'a SshTarget,
}

impl<'a> From<&'a Host> for Peer<'a> {
    fn from(host: &'a Host) -> Self {
        Self {
            name: &host.name,
            ssh: &host.ssh,
        }
    }
}

impl Peer<'_> {
    pub(super) fn unreachable(self, cause: String) -> Problem {
        Problem::Unreachable {
            host: self.name.clone(),
            address: address(self.ssh),
            cause,
        }
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
