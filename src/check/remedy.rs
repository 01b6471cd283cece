//! What to do about ways that are not as they should be, as commands to type; what has one cause is told once.

use serde::Serialize;

use super::Grade;
use super::cause::Cause;
use super::cell::{Port, Purpose, Source, Target};
use super::judgement::Examined;
use super::stage::Scene;
use crate::topology::{HostName, Role};

/// Ways that share a cause and an end, and what to do about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// Where they begin.
    pub from: Vec<Source>,
    /// Where they lead.
    pub to: Vec<Target>,
    /// To which ports.
    pub ports: Vec<Port>,
    /// What they are for.
    pub purposes: Vec<Purpose>,
    /// What is connected to.
    pub addresses: Vec<String>,
    /// Why they are as they are.
    #[serde(flatten)]
    pub cause: Cause,
    /// How bad the worst of them is.
    pub grade: Grade,
    /// What to do, line by line.
    pub steps: Vec<String>,
    /// Whether hawser itself listened there at that moment.
    pub listened: bool,
}

impl Remedy {
    fn of(way: &Examined) -> Self {
        let cell = &way.cell;
        Self {
            from: vec![cell.from.clone()],
            to: vec![cell.to.clone()],
            ports: vec![cell.port],
            purposes: vec![cell.purpose],
            addresses: vec![cell.address.clone()],
            cause: way.verdict.cause.clone(),
            grade: way.verdict.grade,
            steps: Vec::new(),
            listened: way.listened,
        }
    }

    /// Whether a way is as it is for the same reason. What a firewall or a route does is the same for every port; what a
    /// program does is the same on every host.
    fn fits(&self, way: &Examined) -> bool {
        let cell = &way.cell;
        if self.cause != way.verdict.cause
            || self.listened != way.listened
            || self.is_vrrp() != (cell.port == Port::Vrrp)
        {
            return false;
        }
        let is_same_end = self.to.contains(&cell.to);
        let is_same_purpose = self.purposes.contains(&cell.purpose);
        match self.cause {
            Cause::NotTested(_) => true,
            Cause::TimedOut | Cause::NoRoute | Cause::Unreachable => is_same_end,
            Cause::WrongPeer(_) => is_same_end && is_same_purpose,
            _ => is_same_purpose,
        }
    }

    fn is_vrrp(&self) -> bool {
        self.ports.contains(&Port::Vrrp)
    }

    fn is_to(&self, target: &Target) -> bool {
        self.to.contains(target)
    }

    fn add(&mut self, way: &Examined) {
        add_once(&mut self.from, way.cell.from.clone());
        add_once(&mut self.to, way.cell.to.clone());
        add_once(&mut self.addresses, way.cell.address.clone());
        add_once(&mut self.ports, way.cell.port);
        add_once(&mut self.purposes, way.cell.purpose);
        self.grade = self.grade.max(way.verdict.grade);
    }
}

/// What to do about everything that is not fine, the gravest first.
pub fn remedies(scene: &Scene, ways: &[Examined]) -> Vec<Remedy> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for way in ways.iter().filter(|way| way.verdict.grade > Grade::Fine) {
        match remedies.iter_mut().find(|remedy| remedy.fits(way)) {
            Some(remedy) => remedy.add(way),
            None => remedies.push(Remedy::of(way)),
        }
    }
    // Names in the inventory's order; what is no host keeps its place before them.
    let place = |name: String| scene.topology.hosts.iter().position(|host| host.name.0 == name);
    for remedy in &mut remedies {
        remedy.from.sort_by_key(|from| place(from.to_string()));
        remedy.to.sort_by_key(|to| place(to.to_string()));
        remedy.steps = steps(scene, remedy);
    }
    remedies.sort_by_key(|remedy| std::cmp::Reverse(remedy.grade));
    remedies
}

fn steps(scene: &Scene, remedy: &Remedy) -> Vec<String> {
    let (from, ports) = (list(&remedy.from), list(&remedy.ports));
    let address = remedy.addresses.first().map_or("", String::as_str);
    if matches!(remedy.cause, Cause::NotTested(_)) {
        return Vec::new();
    }
    if remedy.is_vrrp() {
        return vrrp(scene, remedy);
    }
    if remedy.is_to(&Target::Registry) {
        return registry(&from);
    }
    let ends = ends(scene, remedy);
    match &remedy.cause {
        Cause::Open | Cause::RightPeer => taken(&list(&ends), &ports),
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
            std::iter::once(look)
                .chain(nobody_holds_it(scene, remedy))
                .collect()
        }
        Cause::Unreachable => vec![format!(
            "on {from}: `ip route get {address}` tells which route is missing or forbids it"
        )],
        Cause::NameUnknown | Cause::WrongAddress(_) => name(scene, &from, address),
        Cause::WrongPeer(_) => stranger(scene, remedy, address),
        Cause::NotTested(_) => Vec::new(),
    }
}

fn registry(from: &str) -> Vec<String> {
    vec![
        format!("images are missing on {from}"),
        "where its container runtime has a mirror or a proxy, this does not matter; else bring the images beforehand"
            .to_owned(),
    ]
}

/// Hosts at which ways end: the balancers, where it is the endpoint.
fn ends<'a>(scene: &Scene<'a>, remedy: &'a Remedy) -> Vec<&'a HostName> {
    let ends = remedy.to.iter().flat_map(|target| match target {
        Target::Host(name) => vec![name],
        Target::Endpoint => balancers(scene),
        Target::Registry => Vec::new(),
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
    let show = format!(
        "on {}: `openssl s_client -connect {address}:{} </dev/null` shows who it is",
        list(&remedy.from),
        list(&remedy.ports)
    );
    let is_vip = remedy.is_to(&Target::Endpoint) && scene.topology.endpoint.vip.is_some();
    let move_away =
        format!("if {address} belongs to another cluster, give this one a `vip` of its own under [endpoint]");
    is_vip.then_some(move_away).into_iter().chain([show]).collect()
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

fn add_once<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

fn list<T: ToString>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}
