//! What the planner decides from: the inventory, the hosts as found, and what the operator allows.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::facts::{FileFact, HostFacts, Observation};
use crate::topology::{Host, HostName, Role, Topology, Version};

/// What the operator allows.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    /// How many workers may be unreachable or fail (`--max-unreachable-workers`).
    pub max_unreachable_workers: usize,
    /// Only these hosts are changed (`--limit`); all are observed and counted.
    pub limit: BTreeSet<HostName>,
    /// Of the plan [`only_prepare`](super::only_prepare) leaves what makes hosts ready (`--prepare-only`): that others
    /// are not does not matter.
    pub prepare_only: bool,
}

/// The inventory, the observation and the operator's word side by side.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) topology: &'a Topology,
    pub(super) observation: &'a Observation,
    pub(super) allowance: &'a Allowance,
}

impl<'a> Inputs<'a> {
    pub(super) fn facts(&self, host: &HostName) -> Option<&'a HostFacts> {
        self.observation.get(host).and_then(|found| found.as_ref().ok())
    }

    /// A file as found; `refusals` has seen to it that every file that was asked for could be read.
    pub(super) fn file(&self, host: &HostName, path: &str) -> Option<&'a FileFact> {
        self.facts(host)?.files.get(path)?.known()
    }

    pub(super) fn answered(&self, role: Role) -> impl Iterator<Item = (&'a Host, &'a HostFacts)> + use<'a> {
        self.all_answered().filter(move |(host, _)| host.is(role))
    }

    pub(super) fn control_planes(&self) -> impl Iterator<Item = &'a Host> + use<'a> {
        self.answered(Role::ControlPlane).map(|(host, _)| host)
    }

    pub(super) fn all_answered(&self) -> impl Iterator<Item = (&'a Host, &'a HostFacts)> + use<'a> {
        let observation = self.observation;
        self.topology.hosts.iter().filter_map(move |host| {
            let found = observation.get(&host.name)?;
            Some((host, found.as_ref().ok()?))
        })
    }

    pub(super) fn may_change(&self, host: &HostName) -> bool {
        let limit = &self.allowance.limit;
        limit.is_empty() || limit.contains(host)
    }

    /// `https://address:port` of a control plane's own API server.
    pub(super) fn api_url(&self, host: &Host) -> String {
        match host.address {
            IpAddr::V4(address) => format!("https://{address}:{}", self.topology.api_port),
            IpAddr::V6(address) => format!("https://[{address}]:{}", self.topology.api_port),
        }
    }

    /// The kubeadm of a host; `versions` has seen to it that nodes have one.
    pub(super) fn kubeadm_version(&self, host: &HostName) -> Version {
        self.facts(host)
            .and_then(|facts| facts.versions.kubeadm)
            .unwrap_or(self.topology.version)
    }

    /// Control planes with one more, in the inventory's order.
    pub(super) fn with_one_more(&self, members: &[HostName], added: &HostName) -> Vec<HostName> {
        let hosts = self.topology.with_role(Role::ControlPlane);
        hosts
            .map(|host| host.name.clone())
            .filter(|name| members.contains(name) || name == added)
            .collect()
    }
}
