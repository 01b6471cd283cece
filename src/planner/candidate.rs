//! A host that is to be a node, beside the cluster.

use super::survey::Cluster;
use super::survey::Survey;
use crate::facts::{HostFacts, MemberFact, NodeFact};
use crate::topology::{EtcdTopology, Host, Role};

/// A host that answered, and all that is known besides.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'s, 'a> {
    pub(super) survey: &'s Survey<'a>,
    pub(super) host: &'a Host,
    pub(super) facts: &'a HostFacts,
}

impl<'s, 'a> Candidate<'s, 'a> {
    /// Every host that is to be a node and answered.
    pub(super) fn all(survey: &'s Survey<'a>) -> impl Iterator<Item = Self> {
        let hosts = survey.all_answered().filter(|(host, _)| host.is_node());
        hosts.map(move |(host, facts)| Self { survey, host, facts })
    }

    pub(super) fn cluster(&self) -> &'s Cluster<'a> {
        &self.survey.cluster
    }

    pub(super) fn node(&self) -> Option<&'a NodeFact> {
        self.cluster().node(self.host)
    }

    pub(super) fn member(&self) -> Option<&'a MemberFact> {
        let mut members = self.cluster().members().iter();
        members.find(|member| member.is_of(self.host))
    }

    pub(super) fn is_control_plane(&self) -> bool {
        self.host.is(Role::ControlPlane)
    }

    pub(super) fn has_external_etcd(&self) -> bool {
        self.survey.topology.etcd == EtcdTopology::External
    }

    pub(super) fn api_answers(&self) -> bool {
        let view = self.facts.cluster.as_ref();
        view.is_some_and(|view| view.ready.known() == Some(&true))
    }

    pub(super) fn etcd_answers(&self) -> bool {
        etcd_answers(self.facts)
    }
}

pub(super) fn etcd_answers(facts: &HostFacts) -> bool {
    let view = facts.cluster.as_ref();
    view.is_some_and(|view| view.etcd.known().is_some())
}
