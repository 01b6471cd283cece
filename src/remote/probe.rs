//! What a host is asked before anything is decided: one script that only looks. `facts::parse` reads its answer.

use std::net::SocketAddr;

use crate::topology::{Host, Topology};

use super::RemoteCommand;

/// The scripts in the order in which they are read; the last one asks.
const SCRIPT: &str = concat!(
    include_str!("scripts/haproxy_socket.sh"),
    include_str!("scripts/etcdctl.sh"),
    include_str!("scripts/probe_host.sh"),
    include_str!("scripts/probe_node.sh"),
    include_str!("scripts/probe_balancer.sh"),
    include_str!("scripts/probe_cluster.sh"),
    include_str!("scripts/probe.sh"),
);

/// kubeadm's own default, where the inventory's ClusterConfiguration names no other.
const ETCD_DATA: &str = "/var/lib/etcd";

/// Everything that `facts::HostFacts` holds, as far as the host's roles call for it, and the files at `paths`.
///
/// Takes at most about 10 s: every question has its own time limit, and they are asked side by side.
pub fn probe(topology: &Topology, host: &Host, paths: &[String]) -> RemoteCommand {
    let roles: Vec<String> = host.roles.iter().map(ToString::to_string).collect();
    let vip = topology.endpoint.vip.map(|vip| vip.to_string());
    let own_api = SocketAddr::new(host.address, topology.api_port);
    RemoteCommand::reads("looking at the host", SCRIPT)
        .arg(roles.join(","))
        .arg(topology.version.to_string())
        .arg(&topology.image_repository)
        .arg(&topology.endpoint.name)
        .arg(vip.unwrap_or_default())
        .arg(format!("https://{own_api}"))
        .arg(&topology.kubeadm.cri_socket)
        .arg(etcd_data(topology))
        .args(paths)
}

fn etcd_data(topology: &Topology) -> &str {
    let etcd = topology.kubeadm.cluster_configuration.get("etcd");
    etcd.and_then(|etcd| etcd.pointer("/local/dataDir")?.as_str())
        .unwrap_or(ETCD_DATA)
}
