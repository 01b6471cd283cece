//! Where the API is reached, and the cluster's own networks.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

/// The address under which every client reaches the API: kubeadm's `controlPlaneEndpoint`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// A DNS name (or, with a warning, an IP address).
    pub name: String,
    /// The balancers' port, 6443 unless told otherwise.
    pub port: u16,
    /// The virtual IP that keepalived moves between the balancers.
    pub vip: Option<IpAddr>,
    /// VRRP's group number, 1-255, unique in the subnet.
    pub virtual_router_id: u8,
    /// The interface that carries the VIP; found by the balancer's own address when not given.
    pub interface: Option<String>,
    /// Whether hawser keeps a marked block with the endpoint's name in every host's /etc/hosts.
    pub hosts_file: bool,
}

impl Endpoint {
    /// `name:port`, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        match self.name.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            _ => format!("{}:{}", self.name, self.port),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Networks {
    /// One CIDR, or two for dual stack.
    pub pods: Vec<IpNet>,
    /// One CIDR, or two for dual stack.
    pub services: Vec<IpNet>,
    /// `cluster.local` unless told otherwise.
    pub dns_domain: String,
}
