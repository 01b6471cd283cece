//! One cell of the matrix: where a connection begins, where it leads, and what it is for.

use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::remote::connectivity::ConnectionTrial;
use crate::topology::{Host, HostName};

/// Where a connection begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Where hawser runs.
    Workstation,
    /// A host of the inventory.
    Host(HostName),
}

/// Where a connection leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A host of the inventory.
    Host(HostName),
    /// Where every client reaches the API.
    Endpoint,
    /// Where images come from.
    Registry,
    /// Where packages come from.
    Repository,
}

/// What is spoken, and at which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    Tcp(u16),
    /// A UDP port, which need not answer.
    Udp(u16),
    /// keepalived's own protocol, which has no ports.
    Vrrp,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// hawser's own connection to a host.
    Ssh,
    /// The endpoint, by the address that it must have.
    Endpoint,
    /// The endpoint, by its name as the host resolves it.
    EndpointName,
    /// A control plane that reaches itself through the balancer, which sends each connection to another of them.
    Hairpin,
    /// A control plane's own API server.
    ApiServer,
    /// A kubelet: logs, exec, metrics.
    Kubelet,
    /// etcd, as its clients use it.
    EtcdClients,
    /// etcd, between its members.
    EtcdPeers,
    /// Which of two balancers holds the VIP.
    Vrrp,
    Registry,
    /// Kubernetes' packages, for hosts that are prepared.
    Packages,
    /// The pod network, from node to node.
    PodNetwork,
}

/// One connection that the topology needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub from: Source,
    pub to: Target,
    /// What is spoken there.
    pub port: Port,
    pub purpose: Purpose,
    /// What is connected to: an address, or a name.
    pub address: String,
    /// What a name must resolve to, where that is known.
    #[serde(skip)]
    pub expected: Option<IpAddr>,
    /// How many connections are made, one after the other.
    #[serde(skip)]
    pub connections: usize,
}

/// Which part of the matrix is wanted; everything where a field is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only connections that begin here.
    pub from: Option<String>,
    /// Only connections that lead here.
    pub to: Option<String>,
    /// Only connections to this port.
    pub port: Option<u16>,
}

impl Narrowing {
    /// Whether it leaves anything out.
    pub fn is_narrow(&self) -> bool {
        *self != Self::default()
    }

    pub(super) fn lets(&self, cell: &Cell) -> bool {
        let is = |wanted: &Option<String>, found: String| wanted.as_ref().is_none_or(|name| *name == found);
        let port = match cell.port {
            Port::Tcp(port) | Port::Udp(port) => Some(port),
            Port::Vrrp => None,
        };
        is(&self.from, cell.from.to_string())
            && is(&self.to, cell.to.to_string())
            && (self.port.is_none() || self.port == port)
    }
}

impl Cell {
    pub(super) fn new(from: Source, to: Target, port: Port, purpose: Purpose, address: String) -> Self {
        Self {
            from,
            to,
            port,
            purpose,
            address,
            expected: None,
            connections: 1,
        }
    }
}

impl Cell {
    /// How a host tries it; `None` where there is no port to try, or where it does not begin at a host.
    pub fn connection(&self, number: usize) -> Option<ConnectionTrial> {
        let (Source::Host(_), Port::Tcp(port)) = (&self.from, self.port) else {
            return None;
        };
        Some(ConnectionTrial {
            number,
            address: self.address.clone(),
            is_name: self.address.parse::<IpAddr>().is_err(),
            port,
            asks_tls: self.asks_tls(),
            connections: self.connections,
        })
    }

    /// Whether who answers there shows a certificate by which it can be known.
    pub fn asks_tls(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::ApiServer | Purpose::EtcdClients | Purpose::Endpoint | Purpose::EndpointName
        )
    }
}

impl From<&Host> for Source {
    fn from(host: &Host) -> Self {
        Source::Host(host.name.clone())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Workstation => f.pad("workstation"),
            Source::Host(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Host(name) => name.fmt(f),
            Target::Endpoint => f.pad("endpoint"),
            Target::Registry => f.pad("registry"),
            Target::Repository => f.pad("repository"),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Tcp(port) => port.fmt(f),
            Port::Udp(port) => f.pad(&format!("{port}/udp")),
            Port::Vrrp => f.pad("VRRP"),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Purpose::Ssh => "sshd",
            Purpose::Endpoint => "the endpoint",
            Purpose::EndpointName => "the endpoint by its name",
            Purpose::Hairpin => "itself through the endpoint",
            Purpose::ApiServer => "the API server",
            Purpose::Kubelet => "kubelet",
            Purpose::EtcdClients => "etcd, for clients",
            Purpose::EtcdPeers => "etcd, between members",
            Purpose::Vrrp => "keepalived",
            Purpose::Registry => "the image registry",
            Purpose::Packages => "the package repository",
            Purpose::PodNetwork => "the pod network",
        })
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Port::Tcp(port) => serializer.serialize_u16(*port),
            Port::Udp(_) | Port::Vrrp => serializer.collect_str(self),
        }
    }
}
