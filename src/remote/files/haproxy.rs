//! haproxy on a balancer: TCP to the control planes that are ready, each asked for its `/readyz`.

use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::{RenderedFile, socket, template};
use crate::topology::{Host, HostName, Role, Topology};

/// Connections at once. A kubelet, kube-proxy and a pod network's agent hold about four a node: a thousand nodes. Each
/// takes two file descriptors, and where haproxy may not have them all it does not start: in a container without
/// `CAP_SYS_RESOURCE` 20,000 were the limit.
const MAXCONN: u32 = 4_000;

/// What the digest is computed with in its own place.
const NO_DIGEST: &str = "0000000000000000";

/// The configuration of a balancer that forwards to the control planes named in `ready`.
///
/// Every control plane stands in the file, the others `disabled`, so that the runtime socket can let each in without
/// a reload. A sole ready one is not checked. From one to two the file gains what no runtime command can
/// give (the first one's check, and the cutting of a failed one's sessions): that takes a reload. With none
/// ready all are disabled, and haproxy closes what it accepts.
pub fn haproxy(topology: &Topology, balancer: &Host, ready: &[HostName]) -> RenderedFile {
    let count = topology
        .with_role(Role::ControlPlane)
        .filter(|host| ready.contains(&host.name))
        .count();
    let servers: Vec<Value> = topology
        .with_role(Role::ControlPlane)
        .map(|host| {
            let is_ready = ready.contains(&host.name);
            context! {
                name => host.name.to_string(),
                address => socket(host.address, topology.api_port),
                is_ready,
                is_checked => count > 1 || !is_ready,
            }
        })
        .collect();
    let text = |digest: &str| {
        template::render(
            "haproxy.cfg",
            context! {
                digest,
                bind => bind(topology, balancer),
                maxconn => MAXCONN,
                sole => count < 2,
                servers => servers.clone(),
            },
        )
    };
    let digest: String = hex::encode(Sha256::digest(text(NO_DIGEST)))
        .chars()
        .take(NO_DIGEST.len())
        .collect();
    RenderedFile::of_root("/etc/haproxy/haproxy.cfg", 0o644, &text(&digest))
}

/// What `show info` says as `description` when the process runs this configuration.
pub fn haproxy_description(file: &RenderedFile) -> String {
    file.content
        .masked()
        .lines()
        .find_map(|line| line.trim().strip_prefix("description "))
        .unwrap_or_default()
        .to_owned()
}

/// Both families where IPv6 is in use; IPv4 alone elsewhere, since a host without IPv6 cannot bind `[::]`.
fn bind(topology: &Topology, balancer: &Host) -> String {
    let has_ipv6 = balancer.address.is_ipv6() || topology.endpoint.vip.is_some_and(|vip| vip.is_ipv6());
    let port = topology.endpoint.port;
    if has_ipv6 {
        format!("[::]:{port} v4v6")
    } else {
        format!("*:{port}")
    }
}
