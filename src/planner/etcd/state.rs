//! etcd on hosts of its own as it is: the cluster that runs, or whose data hosts have, and with whom it began.

use super::hosts::{EtcdHost, etcd_hosts};
use crate::facts::{ClusterOfEtcd, MemberFact, cluster_id};
use crate::planner::inputs::Inputs;
use crate::remote::files::etcd::{Beginning, cluster_token, peer_url};
use crate::topology::{Host, Role};

/// Of more hosts not every choice is tried.
const MOST: usize = 12;

/// The hosts that make a cluster of this identity when they begin together: all of the inventory's, or, where it has
/// grown since, some of them.
pub(super) fn founders<'a>(inputs: &Inputs<'a>, id: &str) -> Option<Vec<&'a Host>> {
    let hosts: Vec<&Host> = inputs.topology.with_role(Role::Etcd).collect();
    let is_it = |chosen: &[&Host]| {
        let urls: Vec<String> = chosen.iter().map(|host| peer_url(host)).collect();
        cluster_id(urls.iter().map(String::as_str), cluster_token(inputs.topology)) == id
    };
    let tried = hosts.len().min(MOST);
    let mut choices = (1..1_u32 << tried).rev().map(|choice| {
        let places = hosts.iter().enumerate();
        let chosen = places.filter(|(place, _)| *place >= tried || choice >> place & 1 == 1);
        chosen.map(|(_, host)| *host).collect::<Vec<_>>()
    });
    choices.find(|chosen| is_it(chosen))
}

/// The etcd hosts, and the cluster that is there: one that runs, or one whose data hosts have.
pub(in crate::planner) struct EtcdState<'a> {
    pub(super) inputs: Inputs<'a>,
    pub(super) hosts: Vec<EtcdHost<'a>>,
    pub(super) running: Option<ClusterOfEtcd<'a>>,
    /// With whom it began; `None` where none is there, or where one of them has left the inventory.
    founders: Option<Vec<&'a Host>>,
}

impl<'a> EtcdState<'a> {
    pub(in crate::planner) fn of(inputs: &Inputs<'a>) -> Self {
        let hosts: Vec<EtcdHost> = etcd_hosts(inputs).collect();
        let running = ClusterOfEtcd::running(hosts.iter().map(|etcd| (etcd.host, etcd.facts)));
        let data = |etcd: &EtcdHost<'a>| etcd.facts.data.as_ref()?.cluster_id.known();
        let id = match running {
            Some(running) => Some(running.id),
            None => hosts.iter().find_map(data).map(String::as_str),
        };
        Self {
            inputs: *inputs,
            running,
            founders: id.and_then(|id| founders(inputs, id)),
            hosts,
        }
    }

    /// Whether a host is, or was meant to be from the beginning, a member with a vote.
    pub(super) fn has_vote(&self, etcd: EtcdHost) -> bool {
        let Some(running) = self.running else {
            return etcd.facts.data.is_some() || !self.began_without(etcd.host);
        };
        let mut members = running.members.iter();
        etcd.answers() || members.any(|member| member.is_of(etcd.host) && !member.learner)
    }

    /// Whether it began, and without this host.
    pub(super) fn began_without(&self, host: &Host) -> bool {
        let founders = self.founders.as_ref();
        founders.is_some_and(|founders| founders.iter().all(|founder| founder.name != host.name))
    }

    /// With whom a host's member begins that is listed, or that makes a cluster with the others. One that has data
    /// keeps to that, whatever it is told: it is told what it was told at first.
    pub(super) fn beginning(&self, etcd: EtcdHost) -> Beginning {
        let EtcdHost { host, facts } = etcd;
        let inputs = &self.inputs;
        match (&self.founders, self.running) {
            (Some(founders), _) if !self.began_without(host) => Beginning::together(founders.iter().copied()),
            _ if facts.data.is_some() => Beginning::after(until(inputs, host)),
            (_, Some(running)) => Beginning::after(listed_members(inputs, running)),
            (_, None) => Beginning::together(inputs.topology.with_role(Role::Etcd)),
        }
    }
}

/// Name and peer URL of each member as it is listed. One that has not started yet has its name from the inventory.
pub(super) fn listed_members(inputs: &Inputs, running: ClusterOfEtcd<'_>) -> Vec<(String, String)> {
    let name = |member: &MemberFact| {
        let mut hosts = inputs.topology.with_role(Role::Etcd);
        let host = hosts.find(|host| member.is_of(host));
        host.map_or_else(|| member.name.clone(), |host| host.name.to_string())
    };
    let urls = |member: &MemberFact| {
        let name = name(member);
        member
            .peer_urls
            .clone()
            .into_iter()
            .map(move |url| (name.clone(), url))
    };
    running.members.iter().flat_map(urls).collect()
}

/// The inventory's etcd hosts up to this one: as it was when it was added, since hosts are added in that order.
fn until(inputs: &Inputs, host: &Host) -> Vec<(String, String)> {
    let mut is_past = false;
    let hosts = inputs.topology.with_role(Role::Etcd);
    let until = hosts.take_while(|member| !std::mem::replace(&mut is_past, member.name == host.name));
    until
        .map(|member| (member.name.to_string(), peer_url(member)))
        .collect()
}
