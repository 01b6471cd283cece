//! Images that the workstation has for hosts.

use super::Topology;
use crate::archive::Archive;

/// Images for hosts that may not pull them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSettings {
    /// Archives on the workstation, whose indexes have been read.
    pub archives: Vec<Archive>,
    /// Whether hosts hand images to each other, so that each goes out from the workstation once.
    pub relay: bool,
    /// On which port a host takes an image from another.
    pub relay_port: u16,
}

impl Topology {
    /// Whether the hosts' runtime is one that takes archives.
    pub fn takes_archives(&self) -> bool {
        self.kubeadm.cri_socket.contains("containerd")
    }
}

/// No number that IANA has given away.
pub const RELAY_PORT: u16 = 7791;

impl Default for ImageSettings {
    fn default() -> Self {
        Self {
            archives: Vec::new(),
            relay: false,
            relay_port: RELAY_PORT,
        }
    }
}
