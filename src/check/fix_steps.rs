//! How to fix a connection, as commands to type.

use std::net::IpAddr;

use super::Grade;
use super::cause::Cause;
use super::cell::{Purpose, Target};
use super::fix::{Fix, list};
use super::stage::Scene;
use crate::topology::{HostName, Preparation, Role};

/// What to do about connections that share a cause, line by line.
pub(super) fn steps(scene: &Scene, fix: &Fix) -> Vec<String> {
    let (from, ports) = (list(&fix.from), list(&fix.ports));
    let address = fix.addresses.first().map_or("", String::as_str);
    if matches!(fix.cause, Cause::NotTested(_)) {
        return Vec::new();
    }
    if fix.is_vrrp() {
        return vrrp(scene, fix);
    }
    if fix.is_to(&Target::Registry) {
        return registry(scene, &from);
    }
    if fix.is_to(&Target::Repository) {
        return repository(scene, &from, address, &ports);
    }
    let ends = ends(scene, fix);
    match &fix.cause {
        Cause::PeerNotAsked(_) if fix.grade == Grade::Unknown => {
            vec![format!(
                "to check the certificate of the peer: install openssl or python3 on {from}"
            )]
        }
        Cause::PeerUnknown(_) => vec![show_who(fix, address)],
        Cause::Open | Cause::PeerNotAsked(_) | Cause::Verified => taken(&list(&ends), &ports),
        Cause::Reset => closed(scene, fix),
        Cause::Refused if fix.listened => rejected(&ends, &ports, &from),
        Cause::Refused => refused(fix, &ends, &ports),
        Cause::TimedOut => {
            let look = |host: &&HostName| {
                format!(
                    "on {host}: `iptables -S; nft list ruleset` shows its rules; allow TCP {ports} from {from}"
                )
            };
            let steps = ends.iter().map(look);
            steps.chain(unheld_vip_steps(scene, fix)).collect()
        }
        Cause::NoRoute => {
            let look =
                format!("on {from}: `ip neigh show to {address}` shows FAILED if no host has the address");
            let firewall = forbidden(&ends, &ports, &from);
            let steps = std::iter::once(look).chain(firewall);
            steps.chain(unheld_vip_steps(scene, fix)).collect()
        }
        Cause::NoNetwork => vec![format!(
            "on {from}: `ip route get {address}` shows which route is missing or prohibits it"
        )],
        Cause::NameNotFound | Cause::WrongAddress(_) => name(scene, &from, address),
        Cause::WrongPeer(_) => foreign_host(scene, fix, address),
        Cause::NotTested(_) => Vec::new(),
    }
}

fn registry(scene: &Scene, from: &str) -> Vec<String> {
    let preparation = scene.topology.preparation.as_ref();
    let fix = if preparation.is_some_and(Preparation::leads_to_registries) {
        "correct `mirrors` and `proxy` in [preparation], or send the images first: `hawser images push FILE`"
    } else {
        "if its container runtime uses a mirror or a proxy, ignore this; otherwise send the images first: `hawser images push FILE`"
    };
    vec![format!("images are missing on {from}"), fix.to_owned()]
}

fn repository(scene: &Scene, from: &str, address: &str, ports: &str) -> Vec<String> {
    let preparation = scene.topology.preparation.as_ref();
    let leads_there = preparation.is_some_and(|preparation| preparation.proxy.is_set());
    let fix = if leads_there {
        "correct the `proxy` in [preparation]"
    } else {
        "set a `proxy` in [preparation] that leads there"
    };
    vec![
        format!("kubeadm, kubelet or kubectl is missing on {from}, and is installed from there"),
        format!(
            "allow {from} to connect to {address}, TCP {ports}; or {fix}; or set `packages` in [preparation] to a folder with them"
        ),
    ]
}

/// Hosts at which connections end: the balancers, where it is the endpoint.
fn ends<'a>(scene: &Scene<'a>, fix: &'a Fix) -> Vec<&'a HostName> {
    let ends = fix.to.iter().flat_map(|target| match target {
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
        "nothing of this cluster should listen there yet".to_owned(),
        format!("on {ends}: `ss -ltnp 'sport = :{ports}'` shows the process"),
    ]
}

fn closed(scene: &Scene, fix: &Fix) -> Vec<String> {
    if !fix.is_to(&Target::Endpoint) {
        return vec![
            "check whether a proxy is in between, and whether the server there has a backend".to_owned(),
        ];
    }
    let ask = |host: &HostName| {
        format!(
            "on {host}: `echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f2,18` shows which servers are UP"
        )
    };
    balancers(scene).into_iter().map(ask).collect()
}

fn refused(fix: &Fix, ends: &[&HostName], ports: &str) -> Vec<String> {
    if ends.is_empty() {
        return vec!["hawser does not manage this balancer: make sure that it listens there".to_owned()];
    }
    let unit = match fix.purposes.first() {
        Some(Purpose::Ssh) => "`systemctl status ssh`",
        Some(Purpose::Kubelet) => "`systemctl status kubelet`",
        Some(Purpose::Endpoint | Purpose::EndpointName | Purpose::Hairpin) => "`systemctl status haproxy`",
        Some(Purpose::EtcdClients | Purpose::EtcdPeers) => {
            "`crictl ps -a --name etcd` or `systemctl status etcd`"
        }
        _ => "`journalctl -u kubelet -n 30`, as kubelet starts it",
    };
    vec![format!(
        "on {}: `ss -ltnp 'sport = :{ports}'`, and {unit}",
        list(ends)
    )]
}

/// A firewall that answers `prohibited` looks as if no host had the address.
fn forbidden(ends: &[&HostName], ports: &str, from: &str) -> Option<String> {
    let ends = Some(ends).filter(|ends| !ends.is_empty()).map(list)?;
    Some(format!(
        "if it shows REACHABLE, a firewall rejects the connection: on {ends} `iptables -S; nft list ruleset` shows its rules; allow TCP {ports} from {from}"
    ))
}

/// Where hawser listened, only a firewall can have refused.
fn rejected(ends: &[&HostName], ports: &str, from: &str) -> Vec<String> {
    let look = |host: &&HostName| {
        format!(
            "on {host}: `iptables -S; nft list ruleset` shows the rule that rejects it; allow TCP {ports} from {from}"
        )
    };
    let listened = "hawser listened there during the check: a firewall rejects it".to_owned();
    std::iter::once(listened).chain(ends.iter().map(look)).collect()
}

/// Where the endpoint is a VIP.
fn unheld_vip_steps(scene: &Scene, fix: &Fix) -> Vec<String> {
    let vip = scene.topology.endpoint.vip;
    let Some(vip) = vip.filter(|_| fix.is_to(&Target::Endpoint)) else {
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
            "on {from}: `getent ahosts {name}` must show an address: add the name to DNS or /etc/hosts"
        )];
    };
    let fix = if scene.topology.endpoint.hosts_file {
        "`hawser apply` writes it into /etc/hosts; an earlier line there or a name service overrides it"
    } else {
        "correct it in DNS or /etc/hosts, or set `hosts_file = true` under [endpoint]"
    };
    vec![format!(
        "on {from}: `getent ahosts {name}` must show {address}: {fix}"
    )]
}

fn foreign_host(scene: &Scene, fix: &Fix, address: &str) -> Vec<String> {
    if let Some(vip) = scene.unheld_vip().filter(|_| fix.is_to(&Target::Endpoint)) {
        return vip_in_use(scene, vip);
    }
    let show = show_who(fix, address);
    let is_vip = fix.is_to(&Target::Endpoint) && scene.topology.endpoint.vip.is_some();
    let move_away = format!("if {address} belongs to another cluster, set another `vip` under [endpoint]");
    is_vip.then_some(move_away).into_iter().chain([show]).collect()
}

fn show_who(fix: &Fix, address: &str) -> String {
    format!(
        "on {}: `openssl s_client -connect {address}:{} </dev/null` shows the certificate of the peer",
        list(&fix.from),
        list(&fix.ports)
    )
}

/// By a machine that is none of this cluster's.
fn vip_in_use(scene: &Scene, vip: IpAddr) -> Vec<String> {
    let look = balancers(scene)
        .first()
        .map(|host| format!("on {host}: `ip neigh show {vip}` shows the MAC address of the other machine"));
    let change = "set `vip` under [endpoint] to a free address".to_owned();
    look.into_iter().chain([change]).collect()
}

/// Of two balancers that both hold the VIP.
fn vrrp(scene: &Scene, fix: &Fix) -> Vec<String> {
    let id = scene.topology.endpoint.virtual_router_id;
    vec![
        format!("both hold the VIP: they do not receive each other's VRRP packets (group {id}, unicast)"),
        format!(
            "on {}: allow IP protocol 112 from the other: `iptables -I INPUT -p vrrp -s ADDRESS -j ACCEPT`",
            list(&fix.from)
        ),
    ]
}
