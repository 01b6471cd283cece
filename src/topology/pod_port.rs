//! Where the pod network speaks.

/// A port at which the pod network's programs speak from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodPort {
    /// Such as BGP's 179.
    Tcp(u16),
    /// Such as VXLAN's 8472.
    Udp(u16),
}
