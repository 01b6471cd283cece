//! What to do about a way that is not as it should be, as commands to type.

use super::cause::Cause;
use super::cell::{Cell, Port, Purpose, Source, Target};
use super::stage::Scene;
use crate::topology::{HostName, Role};

pub(super) fn remedy(scene: &Scene, cell: &Cell, cause: &Cause) -> Vec<String> {
    let (from, address) = (&cell.from, &cell.address);
    let Port::Tcp(port) = cell.port else {
        return vrrp(scene, cell);
    };
    match cause {
        Cause::Open | Cause::RightPeer => taken(cell, port),
        Cause::Closed => closed(scene, cell, port),
        Cause::Refused => refused(scene, cell, port),
        Cause::TimedOut => {
            let mut lines = vec![format!(
                "a firewall drops what {from} sends to {address} port {port}, or the address is wrong"
            )];
            lines.extend(where_it_ends(scene, cell).iter().map(|host| {
                format!("on {host}: `iptables -S; nft list ruleset` shows its rules; allow TCP port {port} from {from}")
            }));
            lines.extend(nobody_holds_it(scene, cell));
            lines
        }
        Cause::NoRoute => {
            let mut lines = vec![format!(
                "nobody answers for {address} on its network, or a firewall rejects with `prohibited`"
            )];
            lines.push(format!("on {from}: `ip route get {address}` and `ip neigh show to {address}`: FAILED means that nobody has the address"));
            lines.extend(nobody_holds_it(scene, cell));
            lines
        }
        Cause::Unreachable => vec![format!(
            "on {from}: `ip route get {address}` tells which route is missing or forbids it"
        )],
        Cause::NameUnknown | Cause::WrongAddress(_) => vec![name(cell, address)],
        Cause::WrongPeer(who) => stranger(scene, cell, port, who),
        Cause::NotTested(_) => Vec::new(),
    }
}

/// Hosts at which a way ends: the balancers, where it is the endpoint.
fn where_it_ends<'a>(scene: &Scene<'a>, cell: &'a Cell) -> Vec<&'a HostName> {
    match &cell.to {
        Target::Host(name) => vec![name],
        Target::Endpoint => scene
            .topology
            .with_role(Role::Balancer)
            .map(|host| &host.name)
            .collect(),
        Target::Registry => Vec::new(),
    }
}

fn taken(cell: &Cell, port: u16) -> Vec<String> {
    let Target::Host(to) = &cell.to else {
        return Vec::new();
    };
    vec![
        "something listens there already, though nothing of this cluster does yet".to_owned(),
        format!("on {to}: `ss -ltnp 'sport = :{port}'` names the process"),
    ]
}

fn closed(scene: &Scene, cell: &Cell, port: u16) -> Vec<String> {
    if !matches!(cell.to, Target::Endpoint) {
        return vec![format!(
            "whoever listens at {} port {port} ends every connection: a proxy in between, or a server without its own backend",
            cell.address
        )];
    }
    let mut lines =
        vec!["the balancer accepts, and has no control plane to pass the connection to".to_owned()];
    lines.extend(scene.topology.with_role(Role::Balancer).map(|host| {
        format!(
            "on {}: `echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f1,2,18` shows which of its servers are UP",
            host.name
        )
    }));
    lines
}

fn refused(scene: &Scene, cell: &Cell, port: u16) -> Vec<String> {
    let address = &cell.address;
    let mut lines = vec![format!(
        "nothing listens at {address} port {port}, or a firewall there rejects with a reset or *port unreachable*"
    )];
    lines.extend(where_it_ends(scene, cell).iter().map(|host| {
        let unit = match cell.purpose {
            Purpose::Ssh => "ssh",
            Purpose::Kubelet => "kubelet",
            Purpose::Endpoint | Purpose::EndpointName | Purpose::Hairpin => "haproxy",
            _ => return format!("on {host}: `ss -ltnp 'sport = :{port}'`, and `journalctl -u kubelet -n 30` tells why it is not started"),
        };
        format!("on {host}: `systemctl status {unit}`, and `ss -ltnp 'sport = :{port}'`")
    }));
    lines
}

/// Where the endpoint is a VIP.
fn nobody_holds_it(scene: &Scene, cell: &Cell) -> Vec<String> {
    let Some(vip) = scene
        .topology
        .endpoint
        .vip
        .filter(|vip| vip.to_string() == cell.address)
    else {
        return Vec::new();
    };
    let balancers: Vec<_> = scene.topology.with_role(Role::Balancer).collect();
    let is_held = |name: &HostName| {
        let facts = scene.facts(name);
        facts
            .and_then(|facts| facts.balancer.as_ref())
            .is_some_and(|found| found.holds_vip)
    };
    if balancers.iter().any(|host| is_held(&host.name)) {
        return Vec::new();
    }
    let look = |name: &HostName| {
        format!("on {name}: `systemctl status keepalived`, and `journalctl -u keepalived -n 30`")
    };
    std::iter::once(format!("no balancer holds the VIP {vip}"))
        .chain(balancers.iter().map(|host| look(&host.name)))
        .collect()
}

fn name(cell: &Cell, name: &str) -> String {
    let from = &cell.from;
    match cell.expected {
        Some(address) => format!(
            "on {from}: `getent ahosts {name}` must say {address}: correct it in DNS or /etc/hosts, or set `hosts_file = true` under [endpoint]"
        ),
        None => {
            format!("on {from}: `getent ahosts {name}` must say an address: name it in DNS or in /etc/hosts")
        }
    }
}

fn stranger(scene: &Scene, cell: &Cell, port: u16, who: &str) -> Vec<String> {
    let address = &cell.address;
    let mut lines = vec![format!("{address} port {port} is answered by {who}")];
    if matches!(cell.to, Target::Endpoint) && scene.topology.endpoint.vip.is_some() {
        lines.push(format!(
            "if {address} belongs to another cluster, give this one a `vip` of its own under [endpoint]"
        ));
    }
    let from = match &cell.from {
        Source::Workstation => "this workstation".to_owned(),
        Source::Host(name) => name.to_string(),
    };
    lines.push(format!(
        "on {from}: `openssl s_client -connect {address}:{port} -showcerts </dev/null` shows who it is"
    ));
    lines
}

fn vrrp(scene: &Scene, cell: &Cell) -> Vec<String> {
    let (from, to) = (&cell.from, &cell.to);
    let id = scene.topology.endpoint.virtual_router_id;
    vec![
        format!("{from} and {to} do not hear each other's VRRP (IP protocol 112, unicast, group {id})"),
        format!(
            "allow it between them: `iptables -A INPUT -p vrrp -s ADDRESS_OF_THE_OTHER -j ACCEPT` on {from} and on {to}"
        ),
    ]
}
