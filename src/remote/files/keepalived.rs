//! keepalived on a balancer: unicast VRRP, one holder of the VIP, which nothing but a failure takes away.

use std::net::IpAddr;

use minijinja::context;

use super::{RenderedFile, owned, template};
use crate::error::Problem;
use crate::topology::{Host, Role, Topology};

/// Where keepalived looks for it.
pub const KEEPALIVED: &str = "/etc/keepalived/keepalived.conf";

/// The first balancer's priority; each further one has one less, so that an election has one outcome.
const HIGHEST_PRIORITY: usize = 200;

/// The configuration of `balancer`, whose `interface` carries the VIP. Without a VIP there is nothing to hold. Errors:
/// a user's template that cannot be rendered.
pub fn keepalived(topology: &Topology, balancer: &Host, interface: &str) -> Result<RenderedFile, Problem> {
    let before = topology
        .with_role(Role::Balancer)
        .take_while(|host| host.name != balancer.name);
    let priority = HIGHEST_PRIORITY.saturating_sub(before.count()).max(1);
    let peers: Vec<String> = topology
        .with_role(Role::Balancer)
        .filter(|host| host.name != balancer.name)
        .map(|host| host.address.to_string())
        .collect();
    let text = template::render(
        &topology.templates,
        "keepalived.conf.j2",
        context! {
            name => balancer.name.to_string(),
            interface,
            virtual_router_id => topology.endpoint.virtual_router_id,
            priority,
            address => balancer.address.to_string(),
            peers,
            vip => topology.endpoint.vip.map(with_prefix),
        },
    )?;
    let text = owned::marked(&topology.cluster, &text);
    Ok(RenderedFile::of_root(KEEPALIVED, 0o644, &text))
}

/// The VIP as a host route: no network of its own comes with it.
fn with_prefix(vip: IpAddr) -> String {
    format!("{vip}/{}", if vip.is_ipv4() { 32 } else { 128 })
}
