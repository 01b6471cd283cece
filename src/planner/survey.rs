//! What the hosts are found to be, taken together: the cluster, and etcd where it has hosts of its own.

use std::ops::Deref;

use super::etcd::EtcdState;
use super::inputs::Inputs;
use crate::facts::{ClusterView, MemberFact, NodeFact, Observed};
use crate::topology::Host;

/// All that is known before it is decided what is done with each host. What the inputs tell can be asked of it too.
pub(super) struct Survey<'a> {
    pub(super) inputs: Inputs<'a>,
    pub(super) cluster: Cluster<'a>,
    pub(super) etcd: EtcdState<'a>,
}

impl<'a> Deref for Survey<'a> {
    type Target = Inputs<'a>;

    fn deref(&self) -> &Inputs<'a> {
        &self.inputs
    }
}

/// What the control planes say about the cluster, taken together.
#[derive(Debug)]
pub(super) enum Cluster<'a> {
    /// Nothing is anywhere: it will be initialised on this host.
    Absent(&'a Host),
    /// An init that came to no API server left its traces on this one host and nowhere else: init is done again.
    HalfInitialised(&'a Host),
    /// An init has made the API server of this host, which answers, and did not end: its last phases are done.
    Unfinished(&'a Host),
    Existing(Existing<'a>),
}

#[derive(Debug)]
pub(super) struct Existing<'a> {
    /// The control plane through which it is asked, wherever it stands in the list.
    pub(super) reference_node: &'a Host,
    pub(super) view: &'a ClusterView,
    /// The cluster CA's certificate, PEM.
    pub(super) ca: &'a str,
    /// `sha256:…` of its public key.
    pub(super) ca_hash: String,
    /// Whether an API server is well; if not, etcd has no quorum and the half-joined member is brought up first.
    pub(super) api_answers: bool,
}

impl<'a> Cluster<'a> {
    /// Whether it is to be initialised, or its init to be finished.
    pub(super) fn is_to_be_initialised(&self) -> bool {
        !matches!(self, Cluster::Existing(_))
    }

    /// Whether `kubeadm init` itself will run.
    pub(super) fn runs_init(&self) -> bool {
        matches!(self, Cluster::Absent(_) | Cluster::HalfInitialised(_))
    }

    /// The host through which the cluster is asked, now or after init.
    pub(super) fn reference_node(&self) -> &'a Host {
        match self {
            Cluster::Absent(host) | Cluster::HalfInitialised(host) | Cluster::Unfinished(host) => host,
            Cluster::Existing(existing) => existing.reference_node,
        }
    }

    pub(super) fn existing(&self) -> Option<&Existing<'a>> {
        match self {
            Cluster::Existing(existing) => Some(existing),
            _ => None,
        }
    }

    /// Whether it is there and none of its API servers is well: then only what is on the hosts is known of it.
    pub(super) fn is_stalled(&self) -> bool {
        self.existing().is_some_and(|existing| !existing.api_answers)
    }

    pub(super) fn nodes(&self) -> &'a [NodeFact] {
        self.existing()
            .and_then(|existing| existing.view.nodes.known())
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn node(&self, host: &Host) -> Option<&'a NodeFact> {
        self.nodes().iter().find(|node| node.name == host.name)
    }

    /// The id of etcd's cluster, where its members are on control planes.
    pub(super) fn etcd_id(&self) -> &'a Observed<String> {
        const NONE: &Observed<String> = &Observed::Unknown(String::new());
        self.existing().map_or(NONE, |existing| &existing.view.etcd_id)
    }

    pub(super) fn members(&self) -> &'a [MemberFact] {
        self.existing()
            .and_then(|existing| existing.view.etcd.known())
            .map_or(&[], Vec::as_slice)
    }
}
