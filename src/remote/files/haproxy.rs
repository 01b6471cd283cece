//! haproxy on a balancer: TCP to the control planes that are ready, each asked for its `/readyz`.

use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::template::{self, Needed};
use super::{RenderedFile, owned, socket};
use crate::error::Problem;
use crate::topology::{Host, HostName, Role, Topology};

/// Where haproxy looks for it.
pub const HAPROXY: &str = "/etc/haproxy/haproxy.cfg";

/// Connections at once. A kubelet, kube-proxy and a pod network's agent hold about four a node: a thousand nodes. Each
/// takes two file descriptors, and where haproxy may not have them all it does not start: in a container without
/// `CAP_SYS_RESOURCE` 20,000 were the limit.
const MAXCONN: u32 = 4_000;

/// What the digest is computed with in its own place.
const NO_DIGEST: &str = "0000000000000000";

const TEMPLATE: &str = "haproxy.cfg.j2";

/// The configuration of a balancer that forwards to the control planes named in `ready`.
///
/// Every control plane stands in the file, the others `disabled`, so that the runtime socket can let each in without
/// a reload. A sole ready one is not checked. From one to two the file gains what no runtime command can
/// give (the first one's check, and the cutting of a failed one's sessions): that takes a reload. With none
/// ready all are disabled, and haproxy closes what it accepts. Errors: a user's template that cannot be rendered, or
/// that leaves out what hawser asks and tells the running haproxy by.
pub fn haproxy(topology: &Topology, balancer: &Host, ready: &[HostName]) -> Result<RenderedFile, Problem> {
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
        let text = template::render(
            &topology.templates,
            TEMPLATE,
            context! {
                digest,
                bind => bind(topology, balancer),
                maxconn => MAXCONN,
                sole => count < 2,
                servers => servers.clone(),
            },
        )?;
        Ok(owned::marked(&topology.cluster, &text))
    };
    let digest: String = hex::encode(Sha256::digest(text(NO_DIGEST)?))
        .chars()
        .take(NO_DIGEST.len())
        .collect();
    let text = text(&digest)?;
    check(topology, &text, &digest)?;
    Ok(RenderedFile::of_root(HAPROXY, 0o644, &text))
}

/// What `show info` says as `description` when the process runs this configuration.
pub fn haproxy_description(file: &RenderedFile) -> String {
    described(&file.content.masked()).unwrap_or_default().to_owned()
}

/// The description of the process: that of the section `global`, as proxies may have their own.
fn described(text: &str) -> Option<&str> {
    lines_of(text, "global")
        .find_map(|line| line.strip_prefix("description "))
        .map(str::trim)
}

/// The lines of a section, without their indentation. A section begins with its keyword and ends with the next one's.
fn lines_of<'a>(text: &'a str, section: &'a str) -> impl Iterator<Item = &'a str> {
    let mut is_inside = false;
    text.lines().map(str::trim).filter(move |line| {
        let mut words = line.split_whitespace();
        let keyword = words.next().unwrap_or_default();
        if SECTIONS.contains(&keyword) {
            let mut wanted = section.split(' ');
            is_inside =
                wanted.next() == Some(keyword) && wanted.next().is_none_or(|name| words.next() == Some(name));
            return false;
        }
        is_inside
    })
}

const SECTIONS: [&str; 12] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "userlist",
    "mailers",
    "cache",
    "program",
    "ring",
];

/// What steps and questions rely on: without it a run would wait in vain, or take another configuration for this one.
fn check(topology: &Topology, text: &str, digest: &str) -> Result<(), Problem> {
    let socket = |line: &str| {
        line.starts_with("stats socket /run/haproxy/admin.sock ") && line.contains("level admin")
    };
    let served = |host: &Host| {
        let name = format!("server {} ", host.name);
        lines_of(text, "backend control_planes").any(|line| line.starts_with(&name))
    };
    template::check(
        &topology.templates,
        TEMPLATE,
        &[
            Needed {
                what: "the line `description hawser DIGEST` in the section `global`, by which hawser knows what haproxy runs",
                is_there: described(text) == Some(&format!("hawser {digest}")),
                hint: "write `description hawser {{ digest }}` below `global`",
            },
            Needed {
                what: "the runtime socket, through which control planes are enabled",
                is_there: lines_of(text, "global").any(socket),
                hint: "write `stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners` below `global`",
            },
            Needed {
                what: "the backend `control_planes` with a server for each control plane, named as its host",
                is_there: topology.with_role(Role::ControlPlane).all(served),
                hint: "write `server {{ server.name }} {{ server.address }}` for each of `servers` below `backend control_planes`",
            },
        ],
    )
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
