//! What a run wants of the leases of hosts.

use std::time::Duration;

use crate::remote::lease::{Claim, PATH};

/// What to do if another run has a host's lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfHeld {
    Refuse,
    Wait,
}

#[derive(Debug, Clone)]
pub struct Wants {
    pub claim: Claim,
    pub if_held: IfHeld,
    /// Where hosts keep theirs.
    pub path: String,
    /// A host to which nothing was sent for so long is sent a renewal.
    pub idle: Duration,
}

impl Wants {
    /// The leases of hosts, where hosts keep them.
    pub fn new(claim: Claim, if_held: IfHeld) -> Self {
        Self {
            claim,
            if_held,
            path: PATH.to_owned(),
            idle: IDLE,
        }
    }
}

/// A third of the time that a lease lasts.
const IDLE: Duration = Duration::from_secs(20);
