//! The cluster as its control planes tell of it.

use crate::facts::{ClusterView, MemberFact, NodeFact, Observed};
use crate::topology::Host;

/// What the control planes say about the cluster, taken together.
#[derive(Debug)]
pub(super) enum Cluster<'a> {
    /// Nothing is anywhere: it will be initialised on this host.
    Absent(&'a Host),
    /// An init that came to no API server left its traces on this one host and nowhere else: init is done again.
    HalfInitialised(&'a Host),
    /// An init has made the API server of this host, which answers, and did not end: its last phases are done.
    Unfinished(&'a Host),
    There(There<'a>),
}

#[derive(Debug)]
pub(super) struct There<'a> {
    /// The control plane through which it is asked, wherever it stands in the list.
    pub(super) via: &'a Host,
    pub(super) view: &'a ClusterView,
    /// The cluster CA's certificate, PEM.
    pub(super) ca: &'a str,
    /// `sha256:…` of its public key.
    pub(super) ca_hash: String,
    /// Whether an API server is well; if not, etcd has no quorum and the half-joined member is brought up first.
    pub(super) well: bool,
}

impl<'a> Cluster<'a> {
    /// Whether it is to be initialised, or its init to be finished.
    pub(super) fn is_to_be_initialised(&self) -> bool {
        !matches!(self, Cluster::There(_))
    }

    /// Whether `kubeadm init` itself will run.
    pub(super) fn runs_init(&self) -> bool {
        matches!(self, Cluster::Absent(_) | Cluster::HalfInitialised(_))
    }

    /// The host through which the cluster is asked, now or after init.
    pub(super) fn via(&self) -> &'a Host {
        match self {
            Cluster::Absent(host) | Cluster::HalfInitialised(host) | Cluster::Unfinished(host) => host,
            Cluster::There(there) => there.via,
        }
    }

    pub(super) fn there(&self) -> Option<&There<'a>> {
        match self {
            Cluster::There(there) => Some(there),
            _ => None,
        }
    }

    /// Whether it is there and none of its API servers is well: then only what is on the hosts is known of it.
    pub(super) fn is_stalled(&self) -> bool {
        self.there().is_some_and(|there| !there.well)
    }

    pub(super) fn nodes(&self) -> &'a [NodeFact] {
        self.there()
            .and_then(|there| there.view.nodes.known())
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn node(&self, host: &Host) -> Option<&'a NodeFact> {
        self.nodes().iter().find(|node| node.name == host.name)
    }

    /// The id of etcd's cluster, where its members are on control planes.
    pub(super) fn etcd_id(&self) -> &'a Observed<String> {
        const NONE: &Observed<String> = &Observed::Unknown(String::new());
        self.there().map_or(NONE, |there| &there.view.etcd_id)
    }

    pub(super) fn members(&self) -> &'a [MemberFact] {
        self.there()
            .and_then(|there| there.view.etcd.known())
            .map_or(&[], Vec::as_slice)
    }
}
