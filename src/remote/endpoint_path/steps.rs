//! The guide's `nc -v LOAD_BALANCER PORT`, from every host: refused is fine before init, silence is not.

use std::net::IpAddr;
use std::time::Duration;

use super::commands::{Path, prove_paths, resolves};
use crate::plan::Step;
use crate::topology::{Host, Role, Topology};

/// keepalived needs some seconds to take the VIP, and a cloud's balancer to pass anything.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// Asks a host for every way that the topology needs from it before init.
pub fn prove(topology: &Topology, host: &Host) -> Step {
    Step::on(&host.name, "check-path", title(host)).wait(prove_paths(&paths(topology, host)), WAIT_LIMIT)
}

/// Asks a host for the endpoint's name, where no balancer of ours says what it must resolve to.
pub fn resolve(topology: &Topology, host: &Host) -> Step {
    let name = &topology.endpoint.name;
    Step::on(&host.name, "resolve-endpoint", format!("resolve {name}")).wait(resolves(name), WAIT_LIMIT)
}

fn title(host: &Host) -> &'static str {
    if host.is(Role::Balancer) {
        "check the path to the API endpoint and to every control plane"
    } else {
        "check the path to the API endpoint"
    }
}

fn paths(topology: &Topology, host: &Host) -> Vec<Path> {
    let endpoint = &topology.endpoint;
    let named = endpoint.name.parse::<IpAddr>().is_err();
    let mut paths = vec![Path {
        what: format!("{} → the endpoint", host.name),
        host: endpoint.name.clone(),
        port: endpoint.port,
        expected: topology
            .endpoint_address()
            .filter(|_| named)
            .map(|address| address.to_string()),
    }];
    if host.is(Role::Balancer) {
        paths.extend(topology.with_role(Role::ControlPlane).map(|control_plane| Path {
            what: format!("{} → the API server of {}", host.name, control_plane.name),
            host: control_plane.address.to_string(),
            port: topology.api_port,
            expected: None,
        }));
    }
    paths
}
