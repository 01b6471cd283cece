//! Which roles there must be, and which may share a host.
//!
//! A control plane that is a worker too is a control plane without its taint. A balancer may share a host with
//! nodes where no port is wanted twice. An etcd member has its host for itself.

use super::hosts::HostDraft;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use crate::topology::{EtcdTopology, Role};

pub(super) struct Ports {
    pub(super) endpoint: u16,
    pub(super) api: u16,
}

/// Whether every host's roles are known, so that a role may be called missing.
pub(super) fn are_reported(mistakes: &Mistakes) -> bool {
    mistakes.broken().iter().all(|place| {
        let steps = place.steps();
        let mut steps = steps.iter().map(String::as_str);
        let is_about_hosts = steps.next() == Some("hosts");
        let about = (steps.next(), steps.next());
        !(is_about_hosts && matches!(about, (_, None | Some("roles"))))
    })
}

pub(super) fn check(hosts: &[HostDraft], etcd: EtcdTopology, ports: &Ports, mistakes: &mut Mistakes) {
    for host in hosts {
        check_etcd_alone(host, mistakes);
        check_ports(host, ports, mistakes);
    }
    if mistakes.is_sound(&Place::root().key("cluster").key("topology")) {
        check_etcd(hosts, etcd, mistakes);
    }
    let place = Place::root().key("hosts");
    let count = |role: Role| hosts.iter().filter(|host| host.is(role)).count();
    if are_reported(mistakes) {
        mistakes.refuse(count(Role::ControlPlane) == 0, &place, || {
            Wrong::new(
                "no host has the role control-plane",
                "these hosts",
                "give at least one host `roles = [\"control-plane\"]`, three for high availability",
            )
        });
        if count(Role::Worker) == 0 {
            let label = "none of them";
            let help = "add hosts with the role \"worker\", or add it to the control planes: they then carry no taint";
            let wrong = Wrong::new(
                "no host has the role worker: pods have nowhere to run",
                label,
                help,
            );
            mistakes.push(Mistake::warning(&place, wrong));
        }
    }
}

fn check_etcd_alone(host: &HostDraft, mistakes: &mut Mistakes) {
    let other = host.roles.iter().find(|role| **role != Role::Etcd);
    if let Some(other) = other.filter(|_| host.is(Role::Etcd)) {
        let reason = match other {
            Role::Balancer => "losing one host would lose a member and the path to the API at once",
            _ => "a host has one kubelet: an etcd member's runs alone, a node's belongs to the cluster",
        };
        let help = format!("{reason}; give the member a dedicated host, or use `topology = \"stacked\"`");
        let message = format!("{}: etcd and {other} cannot share a host", host.title());
        mistakes.push(Mistake::error(
            &host.place.key("roles"),
            Wrong::new(message, "both here", help),
        ));
    }
}

/// Who else listens on a host, by its roles.
fn check_ports(host: &HostDraft, ports: &Ports, mistakes: &mut Mistakes) {
    let Ports { endpoint, api } = *ports;
    let endpoint_place = Place::root().key("endpoint").key("port");
    let api_place = Place::root().key("cluster").key("api_port");
    if host.is(Role::Balancer) && host.is(Role::ControlPlane) && endpoint == api {
        let message = format!("{}: balancer and API server both want port {api}", host.title());
        let help =
            "give them different ports (`port` in [endpoint], `api_port` in [cluster]), or different hosts";
        let mistake = Mistake::error(&host.place.key("roles"), Wrong::new(message, "both here", help));
        mistakes.push(mistake.and(&endpoint_place, "the balancer's port is set here"));
    } else if let Some(owner) = taken(host, endpoint).filter(|_| host.is(Role::Balancer)) {
        let message = format!("{}: port {endpoint} belongs to {owner} there", host.title());
        let help = "choose another `port` in [endpoint]; 6443, 8443 and 443 are usual";
        let mistake = Mistake::error(&endpoint_place, Wrong::new(message, "the balancer's port", help));
        mistakes.push(mistake.and(&host.place, "this host"));
    }
    if let Some(owner) = taken(host, api).filter(|_| host.is(Role::ControlPlane)) {
        let message = format!("{}: port {api} belongs to {owner} there", host.title());
        let help = "choose another `api_port` in [cluster], or leave it out: 6443";
        let mistake = Mistake::error(&api_place, Wrong::new(message, "the API servers' port", help));
        mistakes.push(mistake.and(&host.place, "this host"));
    }
}

/// What listens at a port of a host, besides balancer and API server.
fn taken(host: &HostDraft, port: u16) -> Option<&'static str> {
    match port {
        _ if port == host.ssh_port => Some("sshd"),
        10248 | 10250 if host.is_node() => Some("kubelet"),
        10249 | 10256 if host.is_node() => Some("kube-proxy"),
        30000..=32767 if host.is_node() => Some("Services of type NodePort"),
        10257 if host.is(Role::ControlPlane) => Some("kube-controller-manager"),
        10259 if host.is(Role::ControlPlane) => Some("kube-scheduler"),
        2379..=2381 if host.is(Role::ControlPlane) => Some("etcd"),
        _ => None,
    }
}

fn check_etcd(hosts: &[HostDraft], etcd: EtcdTopology, mistakes: &mut Mistakes) {
    let topology = Place::root().key("cluster").key("topology");
    let dedicated: Vec<&HostDraft> = hosts.iter().filter(|host| host.is(Role::Etcd)).collect();
    let (members, named) = match etcd {
        EtcdTopology::External => (dedicated.len(), "etcd hosts"),
        EtcdTopology::Stacked => (
            hosts.iter().filter(|host| host.is(Role::ControlPlane)).count(),
            "control planes",
        ),
    };
    match etcd {
        EtcdTopology::External => {
            mistakes.refuse(dedicated.is_empty() && are_reported(mistakes), &topology, || {
                Wrong::new(
                    "external etcd, and no host has the role etcd",
                    "members on dedicated hosts",
                    "give three hosts `roles = [\"etcd\"]`, or use `topology = \"stacked\"`",
                )
            });
        }
        EtcdTopology::Stacked => {
            for host in dedicated {
                let message = format!("{} has the role etcd, and the topology is stacked", host.title());
                let help = "set `topology = \"external\"` in [cluster], or remove the role: \
                            stacked members run on the control planes";
                mistakes.push(Mistake::error(
                    &host.place.key("roles"),
                    Wrong::new(message, "etcd here", help),
                ));
            }
        }
    }
    if members > 0 && members.is_multiple_of(2) && are_reported(mistakes) {
        let (supports, fewer) = ((members - 1) / 2, members - 1);
        let wrong = Wrong::new(
            format!("an even number of etcd members: {members} ({named})"),
            "counted here",
            format!(
                "use {} or {fewer} members: {members} tolerate the loss of {supports}, the same as {fewer}",
                members + 1
            ),
        );
        mistakes.push(Mistake::warning(&Place::root().key("hosts"), wrong));
    }
}
