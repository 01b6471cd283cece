//! The cause of the state of a connection, in the words of network operators.

use std::net::IpAddr;

use serde::Serialize;

use crate::facts::{Peer, Reached, Trial};
use crate::pki::{Certificate, is_signed_by};

/// Why a connection is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "cause", content = "detail", rename_all = "kebab-case")]
pub enum Cause {
    /// Something accepts connections there.
    Open,
    /// Something accepts connections; its certificate could not be read: why.
    #[serde(rename = "open")]
    PeerNotAsked(String),
    /// Something accepts connections, and did not show a certificate: why.
    #[serde(rename = "open")]
    PeerUnknown(String),
    /// Something accepts connections, and shows a certificate of this cluster.
    Verified,
    /// Accepted, then closed: a balancer without a backend.
    Reset,
    /// The host is up, and nothing listens; a firewall that answers with a reset or *port unreachable* looks the same.
    Refused,
    /// No answer: a firewall drops packets, or the address is wrong.
    TimedOut,
    /// No host of this address answers on its network, or a firewall says *prohibited*.
    NoRoute,
    /// There is no route to its network.
    NoNetwork,
    /// The name resolves to nothing.
    NameNotFound,
    /// The name resolves to these addresses, and not to the right one.
    WrongAddress(Vec<IpAddr>),
    /// A foreign host answers: which.
    WrongPeer(String),
    /// It could not be tested: why.
    NotTested(String),
}

/// Which peers may answer, as far as that is known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peers<'a> {
    /// Any with a certificate of this CA, PEM.
    SignedBy(&'a str),
    /// None with TLS: there is no cluster yet whose certificate it could show.
    NoTls,
    /// Any.
    Any,
}

impl Cause {
    /// What a trial of a connection comes to.
    pub(super) fn of(trial: &Trial, expected: Option<IpAddr>, peers: Peers) -> Self {
        let is_elsewhere = |found: &&Vec<IpAddr>| {
            !found.is_empty() && expected.is_some_and(|address| !found.contains(&address))
        };
        if let Some(found) = trial.resolved.as_ref().filter(is_elsewhere) {
            return Cause::WrongAddress(found.clone());
        }
        match &trial.reached {
            Reached::Open => of_peer(&trial.peer, peers),
            Reached::Closed => Cause::Reset,
            Reached::Refused => Cause::Refused,
            Reached::TimedOut => Cause::TimedOut,
            Reached::NoRoute => Cause::NoRoute,
            Reached::Unreachable => Cause::NoNetwork,
            Reached::NameUnknown => Cause::NameNotFound,
            Reached::Failed(words) | Reached::Untested(words) => Cause::NotTested(words.clone()),
        }
    }

    /// Whether something unknown accepts connections there.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Cause::Open | Cause::PeerNotAsked(_) | Cause::PeerUnknown(_))
    }

    /// One word, for the matrix.
    pub fn word(&self) -> &'static str {
        match self {
            Cause::Open | Cause::PeerNotAsked(_) | Cause::PeerUnknown(_) => "open",
            Cause::Verified => "verified",
            Cause::Reset => "reset",
            Cause::Refused => "refused",
            Cause::TimedOut => "timed out",
            Cause::NoRoute => "no route",
            Cause::NoNetwork => "no network",
            Cause::NameNotFound => "name not found",
            Cause::WrongAddress(_) => "wrong address",
            Cause::WrongPeer(_) => "wrong peer",
            Cause::NotTested(_) => "not tested",
        }
    }

    /// What else is known: an address, the name of a peer, why it could not be tested.
    pub fn detail(&self) -> Option<String> {
        match self {
            Cause::WrongAddress(found) => {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                Some(found.join(", "))
            }
            Cause::WrongPeer(words) | Cause::NotTested(words) => Some(words.clone()),
            Cause::PeerNotAsked(why) => Some(format!("its certificate could not be read: {why}")),
            Cause::PeerUnknown(why) => Some(format!("it did not show a certificate: {why}")),
            _ => None,
        }
    }

    /// What the word means.
    pub fn meaning(&self) -> &'static str {
        match self {
            Cause::Open | Cause::PeerNotAsked(_) | Cause::PeerUnknown(_) => "something accepts connections",
            Cause::Verified => "open, and the peer has a certificate of this cluster",
            Cause::Reset => "accepted, then closed: a balancer without a healthy backend",
            Cause::Refused => "the host is up and nothing listens, or a firewall rejects the connection",
            Cause::TimedOut => "no answer: a firewall drops packets, or the address is wrong",
            Cause::NoRoute => "no host has this address, or a firewall answers `prohibited`",
            Cause::NoNetwork => "there is no route to the network of this address",
            Cause::NameNotFound => "the name does not resolve",
            Cause::WrongAddress(_) => "the name resolves to another address",
            Cause::WrongPeer(_) => "a foreign host answers: not of this cluster",
            Cause::NotTested(_) => "could not be tested",
        }
    }
}

fn of_peer(peer: &Peer, peers: Peers) -> Cause {
    match (peer, peers) {
        (Peer::Certificate(pem), Peers::SignedBy(authority)) => {
            if is_signed_by(pem, authority) == Ok(true) {
                Cause::Verified
            } else {
                Cause::WrongPeer(format!("{}, signed by another CA", who(pem)))
            }
        }
        (Peer::Certificate(pem), Peers::NoTls) => {
            Cause::WrongPeer(format!("{}, before this cluster has a certificate", who(pem)))
        }
        (Peer::NoTls, Peers::SignedBy(_)) => Cause::WrongPeer("a server without TLS".to_owned()),
        (Peer::Unasked(why), _) => Cause::PeerNotAsked(why.clone()),
        (Peer::Unknown(why), _) => Cause::PeerUnknown(why.clone()),
        _ => Cause::Open,
    }
}

/// Whose certificate it says it is.
fn who(pem: &str) -> String {
    match Certificate::read(pem) {
        Ok(certificate) if certificate.common_name.is_empty() => "a certificate without a name".to_owned(),
        Ok(certificate) => format!("a certificate of {}", certificate.common_name),
        Err(why) => format!("a certificate that cannot be read ({why})"),
    }
}
