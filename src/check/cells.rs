//! The matrix: every (from, to, port) that the topology needs.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::cell::{Cell, Narrowing, Port, Purpose, Source, Target};
use crate::topology::{Host, PodPort, Preparation, Role, Topology};

/// kubelet's own port, kubeadm's default.
const KUBELET_PORT: Port = Port::Tcp(10250);

/// etcd's port for clients, and the one between members, as kubeadm sets them.
const ETCD_CLIENTS: Port = Port::Tcp(2379);
const ETCD_PEERS: Port = Port::Tcp(2380);

/// Every connection that the topology needs, by what it is for, as far as it is wanted.
///
/// Sources: Kubernetes' "Ports and Protocols"; pods reach the API servers' own addresses by connection of the Service
/// `kubernetes`, hence from workers too; hawser asks etcd's members for their health from each other's hosts.
pub fn cells(topology: &Topology, narrowing: &Narrowing) -> Vec<Cell> {
    let mut cells: Vec<Cell> = topology.hosts.iter().map(ssh).collect();
    cells.extend(endpoint(topology));
    cells.extend(between(
        topology,
        Role::Balancer,
        Role::ControlPlane,
        api(topology),
    ));
    cells.extend(between(
        topology,
        Role::ControlPlane,
        Role::ControlPlane,
        api(topology),
    ));
    cells.extend(between(topology, Role::Worker, Role::ControlPlane, api(topology)));
    for (from, to) in [
        (Role::ControlPlane, Role::ControlPlane),
        (Role::ControlPlane, Role::Worker),
        (Role::Worker, Role::ControlPlane),
    ] {
        cells.extend(between(topology, from, to, (Purpose::Kubelet, KUBELET_PORT)));
    }
    let members = topology.role_of_etcd();
    for from in [Role::ControlPlane, members] {
        cells.extend(between(
            topology,
            from,
            members,
            (Purpose::EtcdClients, ETCD_CLIENTS),
        ));
    }
    cells.extend(between(
        topology,
        members,
        members,
        (Purpose::EtcdPeers, ETCD_PEERS),
    ));
    cells.extend(pod_network(topology));
    cells.extend(vrrp(topology));
    cells.extend(repository(topology));
    cells.extend(registry(topology));
    let mut seen = BTreeSet::new();
    cells.retain(|cell| {
        narrowing.lets(cell) && seen.insert((cell.from.clone(), cell.to.clone(), cell.purpose, cell.port))
    });
    cells
}

fn ssh(host: &Host) -> Cell {
    let to = Target::Host(host.name.clone());
    Cell::new(
        Source::Workstation,
        to,
        Port::Tcp(host.ssh.port),
        Purpose::Ssh,
        host.ssh.address.clone(),
    )
}

fn api(topology: &Topology) -> (Purpose, Port) {
    (Purpose::ApiServer, Port::Tcp(topology.api_port))
}

/// From every host of a role to every other host of a role.
fn between(topology: &Topology, from: Role, to: Role, (purpose, port): (Purpose, Port)) -> Vec<Cell> {
    let pairs = topology.with_role(from).flat_map(|from| {
        let others = topology.with_role(to).filter(|to| to.name != from.name);
        others.map(move |to| (from, to))
    });
    let cell = |(from, to): (&Host, &Host)| {
        let target = Target::Host(to.name.clone());
        Cell::new(from.into(), target, port, purpose, to.address.to_string())
    };
    pairs.map(cell).collect()
}

/// An etcd host does not use the endpoint.
fn endpoint(topology: &Topology) -> Vec<Cell> {
    let endpoint = &topology.endpoint;
    let is_name = endpoint.name.parse::<IpAddr>().is_err();
    let known = topology.endpoint_address();
    let at = |host: &Host, purpose, address: String| {
        let port = Port::Tcp(endpoint.port);
        Cell::new(host.into(), Target::Endpoint, port, purpose, address)
    };
    let mut cells = Vec::new();
    for host in topology.hosts.iter().filter(|host| !host.is(Role::Etcd)) {
        let address = known.map(|address| address.to_string());
        let address = address.or_else(|| (!is_name).then(|| endpoint.name.clone()));
        cells.extend(address.map(|address| at(host, Purpose::Endpoint, address)));
        cells.extend(is_name.then(|| Cell {
            expected: known,
            ..at(host, Purpose::EndpointName, endpoint.name.clone())
        }));
    }
    // Twice around, as others take their turns in between.
    let connections = 2 * topology.with_role(Role::ControlPlane).count();
    let address = known.map_or_else(|| endpoint.name.clone(), |address| address.to_string());
    cells.extend(topology.with_role(Role::ControlPlane).map(|host| Cell {
        connections,
        ..at(host, Purpose::Hairpin, address.clone())
    }));
    cells
}

/// From every node to every other, at the ports that the inventory names.
fn pod_network(topology: &Topology) -> Vec<Cell> {
    let ports = topology.pod_network_ports.iter().map(|port| match port {
        PodPort::Tcp(port) => Port::Tcp(*port),
        PodPort::Udp(port) => Port::Udp(*port),
    });
    let roles = [Role::ControlPlane, Role::Worker];
    let pairs = move |port| {
        let ends = roles.into_iter().flat_map(move |from| roles.map(|to| (from, to)));
        ends.map(move |(from, to)| (from, to, port))
    };
    let cells = ports.flat_map(pairs);
    cells
        .flat_map(|(from, to, port)| between(topology, from, to, (Purpose::PodNetwork, port)))
        .collect()
}

fn vrrp(topology: &Topology) -> Vec<Cell> {
    if topology.endpoint.vip.is_none() {
        return Vec::new();
    }
    between(
        topology,
        Role::Balancer,
        Role::Balancer,
        (Purpose::Vrrp, Port::Vrrp),
    )
}

/// Hosts that run containers, and so need images. Of several mirrors the first is asked first.
fn registry(topology: &Topology) -> Vec<Cell> {
    let (address, port) = topology.path_to_registry();
    from_kubelets(topology, &Target::Registry, Purpose::Registry, (&address, port))
}

/// The hosts on which apt uses the repository; to the proxy instead, if one leads there.
fn repository(topology: &Topology) -> Vec<Cell> {
    let preparation = topology.preparation.as_ref();
    let connection = preparation.and_then(Preparation::path_to_repository);
    connection.map_or_else(Vec::new, |connection| {
        from_kubelets(topology, &Target::Repository, Purpose::Packages, connection)
    })
}

/// From every host with a kubelet to what lies outside.
fn from_kubelets(
    topology: &Topology,
    to: &Target,
    purpose: Purpose,
    (address, port): (&str, u16),
) -> Vec<Cell> {
    let hosts = topology.hosts.iter().filter(|host| topology.runs_pods(host));
    let cell = |host: &Host| {
        let port = Port::Tcp(port);
        Cell::new(host.into(), to.clone(), port, purpose, address.to_owned())
    };
    hosts.map(cell).collect()
}
