//! What came of trying the ways from a host.

use std::net::IpAddr;

use serde::Serialize;

/// What came of trying one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// How far it led.
    pub reached: Reached,
    /// What the name resolved to, where a name was tried; empty when to nothing.
    pub resolved: Option<Vec<IpAddr>>,
    /// Who answered there, where TLS was asked for.
    pub peer: Peer,
}

/// How far a way led.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Something accepts connections, and keeps them.
    Open,
    /// Something accepts connections, and closes them at once.
    Closed,
    /// The host is up, and says that nothing listens.
    Refused,
    /// Nobody answers.
    TimedOut,
    /// `EHOSTUNREACH`: no host of this address answers on its network, or a router or a firewall says so.
    NoRoute,
    /// `ENETUNREACH`: there is no way to its network.
    Unreachable,
    /// The name resolves to nothing.
    NameUnknown,
    /// Anything else, in the host's words.
    Failed(String),
    /// It could not be tried, and why.
    Untested(String),
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Nobody was asked.
    NotAsked,
    /// It could not be asked, and why.
    Unknown(String),
    /// Something that speaks no TLS.
    NoTls,
    /// The one with this certificate, PEM.
    Certificate(String),
}
