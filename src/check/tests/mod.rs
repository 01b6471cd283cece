//! The matrix of each topology, and what becomes of its cells.

mod fixes;
mod gate;
mod hosts;
mod matrix;
mod verdicts;

use super::{Cell, Narrowing, Purpose, Scene, cells};
use crate::facts::{BalancerFacts, HostFacts, Observation, Peer, Reached, Trial, Unit};
use crate::topology::{HostName, Role, Topology};

/// A topology of these hosts, written as `name role [role]`; addresses count from 192.0.2.11.
pub(super) fn topology(head: &str, hosts: &[&str]) -> Topology {
    let entry = |(number, host): (usize, &&str)| {
        let mut words = host.split(' ');
        let (name, roles) = (words.next().unwrap(), words.collect::<Vec<_>>());
        let address = number + 11;
        format!("[[hosts]]\nname = \"{name}\"\naddress = \"192.0.2.{address}\"\nroles = {roles:?}\n")
    };
    let entries: String = hosts.iter().enumerate().map(entry).collect();
    let text = format!("{head}\n{entries}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.toml");
    std::fs::write(&path, text).unwrap();
    match crate::inventory::load(&path, false.into()) {
        Ok(loaded) => loaded.topology,
        Err(problem) => panic!("{problem:?}"),
    }
}

pub(super) const STACKED: &str = "
    cluster = { name = 'demo', kubernetes = 'v1.34.2' }
    endpoint = { name = 'api.demo.example', vip = '192.0.2.10', hosts_file = true }
";

pub(super) fn stacked() -> Topology {
    let hosts = [
        "lb1 balancer",
        "lb2 balancer",
        "cp1 control-plane",
        "cp2 control-plane",
        "w1 worker",
    ];
    topology(STACKED, &hosts)
}

/// Hosts that are prepared from a repository.
pub(super) fn prepared(more: &str) -> Topology {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/repository.asc");
    let head = format!(
        "prepare = true\n{STACKED}\n[preparation]\nrepository = 'http://packages.example:8080/v1.34/deb'\nkey = '{key}'\n{more}"
    );
    topology(
        &head,
        &["lb1 balancer", "lb2 balancer", "cp1 control-plane", "w1 worker"],
    )
}

/// Every host as it is before anything of a cluster is there.
pub(super) fn fresh(topology: &Topology) -> Observation {
    let found = topology.hosts.iter().map(|host| {
        let facts = HostFacts {
            balancer: host.is(Role::Balancer).then(BalancerFacts::default),
            ..HostFacts::default()
        };
        (host.name.clone(), Ok(facts))
    });
    found.collect()
}

/// The facts of a host, to be changed.
pub(super) fn of<'a>(observation: &'a mut Observation, name: &str) -> &'a mut HostFacts {
    observation
        .get_mut(&HostName::from(name))
        .unwrap()
        .as_mut()
        .unwrap()
}

/// Its balancers run what hawser gives them, and the first holds the VIP.
pub(super) fn with_balancers(mut observation: Observation) -> Observation {
    for name in ["lb1", "lb2"] {
        let facts = of(&mut observation, name);
        for unit in ["haproxy", "keepalived"] {
            facts.units.insert(unit.to_owned(), running());
        }
    }
    let balancer = of(&mut observation, "lb1").balancer.as_mut().unwrap();
    balancer.holds_vip = true;
    observation
}

pub(super) fn running() -> Unit {
    Unit {
        active: true,
        enabled: true,
        active_for_s: 60,
    }
}

/// Its first control plane is initialised.
pub(super) fn initialised(observation: Observation) -> Observation {
    let mut observation = with_balancers(observation);
    let found = &mut of(&mut observation, "cp1").kubernetes;
    found.ca = Some(CA.to_owned());
    found.has_kubelet_conf = true;
    found.manifests = ["etcd.yaml", "kube-apiserver.yaml"].map(str::to_owned).to_vec();
    observation
}

pub(super) const CA: &str = include_str!("../../../tests/data/ca.crt");
pub(super) const OTHER_CA: &str = include_str!("../../../tests/data/other-ca.crt");

pub(super) fn cell(topology: &Topology, from: &str, to: &str, purpose: Purpose) -> Cell {
    let narrowing = Narrowing {
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        port: None,
    };
    let mut cells = cells(topology, &narrowing).into_iter();
    cells.find(|cell| cell.purpose == purpose).unwrap()
}

pub(super) fn trial(reached: Reached) -> Trial {
    Trial {
        reached,
        resolved: None,
        peer: Peer::NotAsked,
    }
}

pub(super) fn shows(pem: &str) -> Trial {
    Trial {
        peer: Peer::Certificate(pem.to_owned()),
        ..trial(Reached::Open)
    }
}

pub(super) fn resolves_to(addresses: &[&str]) -> Trial {
    Trial {
        resolved: Some(addresses.iter().map(|address| address.parse().unwrap()).collect()),
        ..trial(Reached::TimedOut)
    }
}
