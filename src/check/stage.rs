//! How far a cluster is built where a connection leads: what may be refused today has to be open tomorrow.

use std::net::IpAddr;

use super::cell::{Cell, Purpose, Target};
use crate::ca::ca_hash;
use crate::facts::{ClusterView, HostFacts, Observation, StaticPod};
use crate::topology::{EtcdTopology, Host, HostName, Role, Topology};

/// What there is to be found at a connection's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What is to listen there runs.
    Serving,
    /// Nothing listens there yet; the connection itself has to be open.
    Empty,
    /// Nothing listens behind a balancer that is not hawser's; some pass nothing then.
    EmptyElsewhere,
    /// Something listens there or nothing does; who, is not hawser's to know.
    Any,
    /// Not even the address is there yet.
    Unbuilt,
    /// The host was not probed.
    Unknown,
}

/// Inventory and observation side by side.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub topology: &'a Topology,
    pub observation: &'a Observation,
}

impl<'a> Scene<'a> {
    pub(super) fn facts(&self, name: &HostName) -> Option<&'a HostFacts> {
        self.observation.get(name)?.as_ref().ok()
    }

    fn host_facts(&self, role: Role) -> impl Iterator<Item = (&'a Host, &'a HostFacts)> {
        let scene = *self;
        let hosts = self.topology.with_role(role);
        hosts.filter_map(move |host| Some((host, scene.facts(&host.name)?)))
    }

    /// What control planes report of the cluster.
    pub(super) fn views(&self) -> impl Iterator<Item = &'a ClusterView> {
        let control_planes = self.host_facts(Role::ControlPlane);
        control_planes.filter_map(|(_, facts)| facts.cluster.as_ref())
    }

    /// The cluster's CA, as most control planes have it that have one.
    pub(super) fn authority(&self) -> Option<&'a str> {
        let control_planes = self.host_facts(Role::ControlPlane);
        most_held(control_planes.filter_map(|(_, facts)| facts.kubernetes.ca.as_deref()))
    }

    /// etcd's CA, as most members' hosts have it that have one.
    pub(super) fn authority_of_etcd(&self) -> Option<&'a str> {
        let members = self.host_facts(self.topology.role_of_etcd());
        most_held(members.filter_map(|(_, facts)| facts.kubernetes.etcd_ca.as_deref()))
    }

    /// What is to be found at the end of a connection.
    pub fn stage(&self, cell: &Cell) -> Stage {
        match &cell.to {
            Target::Endpoint => self.endpoint(),
            Target::Registry | Target::Repository => Stage::Serving,
            // This connection is tried to find out whether the host can be probed.
            Target::Host(_) if cell.purpose == Purpose::Ssh => Stage::Serving,
            Target::Host(_) if cell.purpose == Purpose::PodNetwork => Stage::Any,
            Target::Host(name) => self.facts(name).map_or(Stage::Unknown, |facts| {
                if self.is_served(cell.purpose, facts) {
                    Stage::Serving
                } else {
                    Stage::Empty
                }
            }),
        }
    }

    fn is_served(&self, purpose: Purpose, facts: &HostFacts) -> bool {
        let runs = |pod| facts.kubernetes.has_manifest(pod);
        match purpose {
            Purpose::ApiServer => runs(StaticPod::ApiServer),
            Purpose::Kubelet => facts.kubernetes.has_kubelet_conf,
            Purpose::EtcdClients | Purpose::EtcdPeers => match self.topology.etcd {
                EtcdTopology::Stacked => runs(StaticPod::Etcd),
                EtcdTopology::External => facts.kubernetes.has_etcd_data,
            },
            _ => true,
        }
    }

    fn endpoint(&self) -> Stage {
        let mut control_planes = self.host_facts(Role::ControlPlane);
        if control_planes.any(|(_, facts)| self.is_served(Purpose::ApiServer, facts)) {
            return Stage::Serving;
        }
        if self.topology.with_role(Role::Balancer).next().is_none() {
            return Stage::EmptyElsewhere;
        }
        if self.balancers_are_up() {
            Stage::Empty
        } else {
            Stage::Unbuilt
        }
    }

    /// The VIP, where no host of the inventory holds it and no balancer is set up that could.
    pub(super) fn unheld_vip(&self) -> Option<IpAddr> {
        let vip = self.topology.endpoint.vip?;
        let all = || self.topology.hosts.iter();
        let is_held = |facts: &HostFacts| {
            facts.system.addresses.contains(&vip)
                || facts.balancer.as_ref().is_some_and(|found| found.holds_vip)
                || facts.units.get("keepalived").is_some_and(|unit| unit.active)
        };
        // A balancer that was not probed may hold it.
        let may_hold = |host: &Host| match self.facts(&host.name) {
            Some(facts) => is_held(facts),
            None => host.is(Role::Balancer),
        };
        (!all().any(may_hold)).then_some(vip)
    }

    /// Whether a host answers for the VIP, as a balancer sees it that does not hold it itself.
    pub(super) fn vip_answers(&self) -> Option<bool> {
        let result = self.host_facts(Role::Balancer);
        let result = result.filter_map(|(_, facts)| facts.balancer.as_ref()?.vip_answers.known());
        result.copied().max()
    }

    /// Whether a balancer runs what hawser set up, so that the endpoint's address has to be somewhere.
    fn balancers_are_up(&self) -> bool {
        let needed: &[&str] = match self.topology.endpoint.vip {
            Some(_) => &["haproxy", "keepalived"],
            None => &["haproxy"],
        };
        self.host_facts(Role::Balancer).any(|(_, facts)| {
            let is_active = |unit: &&str| facts.units.get(*unit).is_some_and(|unit| unit.active);
            needed.iter().all(is_active)
        })
    }
}

/// Of two equals the first.
fn most_held<'a>(found: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let found: Vec<&str> = found.collect();
    let holders = |pem: &str| {
        found
            .iter()
            .filter(|other| ca_hash(other) == ca_hash(pem))
            .count()
    };
    // The last of equals is the greatest.
    found.iter().rev().copied().max_by_key(|pem| holders(pem))
}
