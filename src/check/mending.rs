//! What to do about a way that is not as it should be, as commands to type.

use std::net::IpAddr;

use super::Grade;
use super::cause::Cause;
use super::cell::{Purpose, Target};
use super::remedy::{Remedy, list};
use super::stage::Scene;
use crate::topology::{HostName, Preparation, Role};

/// What to do about ways that share a cause, line by line.
pub(super) fn steps(scene: &Scene, remedy: &Remedy) -> Vec<String> {
    let (from, ports) = (list(&remedy.from), list(&remedy.ports));
    let address = remedy.addresses.first().map_or("", String::as_str);
    if matches!(remedy.cause, Cause::NotTested(_)) {
        return Vec::new();
    }
    if remedy.is_vrrp() {
        return vrrp(scene, remedy);
    }
    if remedy.is_to(&Target::Registry) {
        return registry(scene, &from);
    }
    if remedy.is_to(&Target::Repository) {
        return repository(scene, &from, address, &ports);
    }
    let ends = ends(scene, remedy);
    match &remedy.cause {
        Cause::Unasked(_) if remedy.grade == Grade::Unknown => {
            vec![format!("to have it asked: install openssl or python3 on {from}")]
        }
        Cause::Unnamed(_) => vec![show_who(remedy, address)],
        Cause::Open | Cause::Unasked(_) | Cause::RightPeer => taken(&list(&ends), &ports),
        Cause::Closed => closed(scene, remedy),
        Cause::Refused if remedy.listened => rejected(&ends, &ports, &from),
        Cause::Refused => refused(remedy, &ends, &ports),
        Cause::TimedOut => {
            let look = |host: &&HostName| {
                format!(
                    "on {host}: `iptables -S; nft list ruleset` shows its rules; let TCP {ports} in from {from}"
                )
            };
            let steps = ends.iter().map(look);
            steps.chain(nobody_holds_it(scene, remedy)).collect()
        }
        Cause::NoRoute => {
            let look =
                format!("on {from}: `ip neigh show to {address}` says FAILED where nobody has the address");
            let firewall = forbidden(&ends, &ports, &from);
            let steps = std::iter::once(look).chain(firewall);
            steps.chain(nobody_holds_it(scene, remedy)).collect()
        }
        Cause::Unreachable => vec![format!(
            "on {from}: `ip route get {address}` tells which route is missing or forbids it"
        )],
        Cause::NameUnknown | Cause::WrongAddress(_) => name(scene, &from, address),
        Cause::WrongPeer(_) => stranger(scene, remedy, address),
        Cause::NotTested(_) => Vec::new(),
    }
}

fn registry(scene: &Scene, from: &str) -> Vec<String> {
    let preparation = scene.topology.preparation.as_ref();
    let mend = if preparation.is_some_and(Preparation::leads_to_registries) {
        "correct `mirrors` and `proxy` in [preparation], or bring the images beforehand"
    } else {
        "where its container runtime has a mirror or a proxy, this does not matter; else bring the images beforehand"
    };
    vec![format!("images are missing on {from}"), mend.to_owned()]
}

fn repository(scene: &Scene, from: &str, address: &str, ports: &str) -> Vec<String> {
    let preparation = scene.topology.preparation.as_ref();
    let leads_there = preparation.is_some_and(|preparation| preparation.proxy.is_set());
    let mend = if leads_there {
        "correct the `proxy` in [preparation]"
    } else {
        "name a `proxy` in [preparation] that leads there"
    };
    vec![
        format!("kubeadm, kubelet or kubectl is missing on {from}, and comes from there"),
        format!("let {from} out to {address}, TCP {ports}; or {mend}; or bring `packages` in a folder"),
    ]
}

/// Hosts at which ways end: the balancers, where it is the endpoint.
fn ends<'a>(scene: &Scene<'a>, remedy: &'a Remedy) -> Vec<&'a HostName> {
    let ends = remedy.to.iter().flat_map(|target| match target {
        Target::Host(name) => vec![name],
        Target::Endpoint => balancers(scene),
        Target::Registry | Target::Repository => Vec::new(),
    });
    ends.collect()
}

fn balancers<'a>(scene: &Scene<'a>) -> Vec<&'a HostName> {
    let balancers = scene.topology.with_role(Role::Balancer);
    balancers.map(|host| &host.name).collect()
}

fn taken(ends: &str, ports: &str) -> Vec<String> {
    vec![
        "nothing of this cluster is to listen there yet".to_owned(),
        format!("on {ends}: `ss -ltnp 'sport = :{ports}'` names the process"),
    ]
}

fn closed(scene: &Scene, remedy: &Remedy) -> Vec<String> {
    if !remedy.is_to(&Target::Endpoint) {
        return vec!["a proxy may stand in between, or a server without a backend of its own".to_owned()];
    }
    let ask = |host: &HostName| {
        format!(
            "on {host}: `echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f2,18` tells which servers are UP"
        )
    };
    balancers(scene).into_iter().map(ask).collect()
}

fn refused(remedy: &Remedy, ends: &[&HostName], ports: &str) -> Vec<String> {
    if ends.is_empty() {
        return vec!["the balancer is yours: see that it listens there".to_owned()];
    }
    let unit = match remedy.purposes.first() {
        Some(Purpose::Ssh) => "`systemctl status ssh`",
        Some(Purpose::Kubelet) => "`systemctl status kubelet`",
        Some(Purpose::Endpoint | Purpose::EndpointName | Purpose::Hairpin) => "`systemctl status haproxy`",
        Some(Purpose::EtcdClients | Purpose::EtcdPeers) => {
            "`crictl ps -a --name etcd` or `systemctl status etcd`"
        }
        _ => "`journalctl -u kubelet -n 30`, which starts it",
    };
    vec![format!(
        "on {}: `ss -ltnp 'sport = :{ports}'`, and {unit}",
        list(ends)
    )]
}

/// A firewall that answers `prohibited` looks as if nobody had the address.
fn forbidden(ends: &[&HostName], ports: &str, from: &str) -> Option<String> {
    let ends = Some(ends).filter(|ends| !ends.is_empty()).map(list)?;
    Some(format!(
        "where it says REACHABLE a firewall forbids it: on {ends} `iptables -S; nft list ruleset` shows its rules; let TCP {ports} in from {from}"
    ))
}

/// Where hawser listened, only a firewall can have refused.
fn rejected(ends: &[&HostName], ports: &str, from: &str) -> Vec<String> {
    let look = |host: &&HostName| {
        format!(
            "on {host}: `iptables -S; nft list ruleset` shows what rejects; let TCP {ports} in from {from}"
        )
    };
    let listened = "hawser listened there at that moment: a firewall rejects it".to_owned();
    std::iter::once(listened).chain(ends.iter().map(look)).collect()
}

/// Where the endpoint is a VIP.
fn nobody_holds_it(scene: &Scene, remedy: &Remedy) -> Vec<String> {
    let vip = scene.topology.endpoint.vip;
    let Some(vip) = vip.filter(|_| remedy.is_to(&Target::Endpoint)) else {
        return Vec::new();
    };
    let balancers = balancers(scene);
    let is_held = |name: &&HostName| {
        let facts = scene.facts(name);
        let balancer = facts.and_then(|facts| facts.balancer.as_ref());
        balancer.is_some_and(|found| found.holds_vip)
    };
    if balancers.iter().any(is_held) {
        return Vec::new();
    }
    let mut steps = vec![format!("no balancer holds the VIP {vip}")];
    steps.extend(balancers.iter().map(|host| {
        format!("on {host}: `systemctl status keepalived`, and `journalctl -u keepalived -n 30`")
    }));
    steps
}

fn name(scene: &Scene, from: &str, name: &str) -> Vec<String> {
    let Some(address) = scene.topology.endpoint_address() else {
        return vec![format!(
            "on {from}: `getent ahosts {name}` must say an address: name it in DNS or in /etc/hosts"
        )];
    };
    let mend = if scene.topology.endpoint.hosts_file {
        "`hawser apply` writes it into /etc/hosts; a line above its block or a name service says otherwise"
    } else {
        "correct it in DNS or /etc/hosts, or set `hosts_file = true` under [endpoint]"
    };
    vec![format!(
        "on {from}: `getent ahosts {name}` must say {address}: {mend}"
    )]
}

fn stranger(scene: &Scene, remedy: &Remedy, address: &str) -> Vec<String> {
    if let Some(vip) = scene.vip_of_nobody().filter(|_| remedy.is_to(&Target::Endpoint)) {
        return vip_in_use(scene, vip);
    }
    let show = show_who(remedy, address);
    let is_vip = remedy.is_to(&Target::Endpoint) && scene.topology.endpoint.vip.is_some();
    let move_away =
        format!("if {address} belongs to another cluster, give this one a `vip` of its own under [endpoint]");
    is_vip.then_some(move_away).into_iter().chain([show]).collect()
}

fn show_who(remedy: &Remedy, address: &str) -> String {
    format!(
        "on {}: `openssl s_client -connect {address}:{} </dev/null` shows who it is",
        list(&remedy.from),
        list(&remedy.ports)
    )
}

/// By a machine that is none of this cluster's.
fn vip_in_use(scene: &Scene, vip: IpAddr) -> Vec<String> {
    let look = balancers(scene)
        .first()
        .map(|host| format!("on {host}: `ip neigh show {vip}` shows the other machine's hardware address"));
    let change = "give the cluster a free address: `vip` under [endpoint]".to_owned();
    look.into_iter().chain([change]).collect()
}

/// Of two balancers that both hold the VIP.
fn vrrp(scene: &Scene, remedy: &Remedy) -> Vec<String> {
    let id = scene.topology.endpoint.virtual_router_id;
    vec![
        format!("both hold the VIP: they do not hear each other's VRRP (group {id}, unicast)"),
        format!(
            "on {}: let IP protocol 112 in from the other: `iptables -I INPUT -p vrrp -s ADDRESS -j ACCEPT`",
            list(&remedy.from)
        ),
    ]
}
