//! The balancers: set up with the members that are there, settled when all have joined.

use super::decision::Joins;
use super::limit::{Limit, named};
use super::{ALL_AT_ONCE, Cluster, Scene, chain, phase};
use crate::error::Problem;
use crate::facts::{BalancerFacts, HostFacts};
use crate::plan::{Phase, Step};
use crate::remote::files;
use crate::steps::balancer;
use crate::topology::{Host, HostName, Role};

/// HAProxy with the control planes that are members now (at first: the one that will be initialised), and keepalived.
/// A control plane that joins needs every HAProxy to know it, whatever the limit; keepalived is the limit's own matter.
pub(super) fn set_up(
    scene: &Scene,
    cluster: &Cluster,
    joins: &Joins,
    limit: &mut Limit<'_>,
) -> Result<Phase, Problem> {
    let members = members(scene, cluster);
    let mut chains = Vec::new();
    for (host, facts) in scene.answered(Role::Balancer) {
        let mut haproxy = haproxy_steps(scene, host, facts, &members)?;
        let mut keepalived = keepalived_steps(scene, host, facts)?;
        if !limit.allows(&host.name) {
            if !joins.meet_balancers() {
                keepalived.append(&mut haproxy);
            }
            if !keepalived.is_empty() {
                limit.leaves_out(&host.name);
            }
            keepalived.clear();
        } else if !unaware(scene, host, facts, limit).is_empty() {
            keepalived.clear();
        }
        chains.push(chain(&host.name, haproxy.into_iter().chain(keepalived).collect()));
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(phase("balancers", ALL_AT_ONCE, chains))
}

fn haproxy_steps(
    scene: &Scene,
    host: &Host,
    facts: &HostFacts,
    members: &[HostName],
) -> Result<Vec<Step>, Problem> {
    let file = files::haproxy(scene.topology, host, members)?;
    let description = files::haproxy_description(&file);
    let write = balancer::write_haproxy(&host.name, &file, scene.file(&host.name, &file.path));
    let runs = running(facts) == Some(description.as_str()) && unit_is_up(facts, "haproxy");
    let activate = (!runs).then(|| balancer::activate_haproxy(&host.name, &description));
    Ok(write.into_iter().chain(activate).collect())
}

fn keepalived_steps(scene: &Scene, host: &Host, facts: &HostFacts) -> Result<Vec<Step>, Problem> {
    let Some(vip) = scene.topology.endpoint.vip else {
        return Ok(Vec::new());
    };
    let interface = interface(scene, host, facts).unwrap_or_default();
    let file = files::keepalived(scene.topology, host, &interface)?;
    let write = balancer::write_keepalived(&host.name, &file, scene.file(&host.name, &file.path));
    if write.is_none() && unit_is_up(facts, "keepalived") {
        return Ok(Vec::new());
    }
    let rest = [
        balancer::activate_keepalived(&host.name),
        balancer::await_vip(&host.name, vip),
    ];
    Ok(write.into_iter().chain(rest).collect())
}

/// Balancers whose running keepalived does not know this host's, which does not run yet, and that the limit leaves out: it
/// would hear nothing of them, and take the VIP beside theirs.
fn unaware<'a>(scene: &Scene<'a>, host: &Host, facts: &HostFacts, limit: &Limit<'_>) -> Vec<&'a HostName> {
    if unit_is_up(facts, "keepalived") || scene.topology.endpoint.vip.is_none() {
        return Vec::new();
    }
    let address = host.address.to_string();
    let is_unaware = |(peer, facts): &(&Host, &HostFacts)| {
        let file = scene.file(&peer.name, files::KEEPALIVED);
        let knows = file.is_some_and(|file| file.content.split_whitespace().any(|word| word == address));
        let runs = facts.units.get("keepalived").is_some_and(|unit| unit.active);
        !limit.allows(&peer.name) && runs && !knows
    };
    let peers = scene.answered(Role::Balancer).filter(is_unaware);
    peers.map(|(peer, _)| &peer.name).collect()
}

/// Balancers whose keepalived is not started, and why.
pub(super) fn held_back(scene: &Scene, limit: &Limit<'_>) -> Vec<String> {
    let balancers = scene.answered(Role::Balancer);
    let told = balancers.filter_map(|(host, facts)| {
        let mut hosts = unaware(scene, host, facts, limit);
        if !limit.allows(&host.name) || hosts.is_empty() {
            return None;
        }
        let peers = named(&hosts, "");
        hosts.push(&host.name);
        Some(format!(
            "keepalived is not started on {}: those of {peers} do not know it yet, and it would hold the VIP beside them; \
             `hawser apply {}` makes them known to each other",
            host.name,
            named(&hosts, "--limit ")
        ))
    });
    told.collect()
}

/// The interface for the VIP: as the inventory says, or the one that carries the host's own address. `refusals` has
/// seen to it that there is one.
pub(super) fn interface(scene: &Scene, host: &Host, facts: &HostFacts) -> Option<String> {
    let named = scene.topology.endpoint.interface.clone();
    let mut interfaces = facts.system.interfaces.iter();
    let own = interfaces.find(|(_, address)| *address == host.address);
    named.or_else(|| own.map(|(name, _)| name.clone()))
}

fn unit_is_up(facts: &HostFacts, unit: &str) -> bool {
    facts
        .units
        .get(unit)
        .is_some_and(|unit| unit.active && unit.enabled)
}

fn running(facts: &HostFacts) -> Option<&str> {
    facts.balancer.as_ref()?.running.known()?.as_deref()
}

/// The control planes that stand behind the balancers now, in the inventory's order.
pub(super) fn members(scene: &Scene, cluster: &Cluster) -> Vec<HostName> {
    let Some(there) = cluster.there() else {
        return vec![cluster.via().name.clone()];
    };
    let is_in = |host: &&Host| super::ways::is_member(scene, cluster, host) && !is_staged_out(scene, host);
    let members: Vec<HostName> = scene
        .topology
        .with_role(Role::ControlPlane)
        .filter(is_in)
        .map(|host| host.name.clone())
        .collect();
    if members.is_empty() {
        // The endpoint must lead somewhere while the one that speaks is mended.
        return vec![there.via.name.clone()];
    }
    members
}

/// A member that no balancer has let in yet is let in by its own steps, watched first.
fn is_staged_out(scene: &Scene, host: &Host) -> bool {
    let staged = |balancer: &BalancerFacts| {
        balancer.servers.known().is_some_and(|servers| {
            servers.iter().any(|server| {
                server.name == host.name.0
                    && (server.status.starts_with("MAINT") || server.status.starts_with("DRAIN"))
            })
        })
    };
    scene
        .answered(Role::Balancer)
        .any(|(_, facts)| facts.balancer.as_ref().is_some_and(staged))
}

/// Watches a control plane from every balancer, before it joins.
pub(super) fn watch(scene: &Scene, host: &Host) -> Vec<Step> {
    scene
        .answered(Role::Balancer)
        .map(|(on, _)| balancer::watch(&on.name, &host.name))
        .collect()
}

/// Lets a control plane in on every balancer, when every balancer has seen it well; `members` are those that are in
/// by then, itself included.
pub(super) fn let_in(scene: &Scene, host: &Host, members: &[HostName]) -> Result<Vec<Step>, Problem> {
    let mut steps: Vec<Step> = scene
        .answered(Role::Balancer)
        .map(|(on, _)| balancer::await_well(&on.name, &host.name))
        .collect();
    for (on, _) in scene.answered(Role::Balancer) {
        let file = files::haproxy(scene.topology, on, members)?;
        steps.extend(balancer::let_in(&on.name, &host.name, &file));
    }
    Ok(steps)
}

/// Steps that end a control plane's API server for a while: its balancers send it nothing new meanwhile, as long as there
/// is another one that they can send to.
pub(super) fn around(scene: &Scene, host: &Host, members: &[HostName], change: Vec<Step>) -> Vec<Step> {
    let is_needed = members.contains(&host.name) && members.len() > 1;
    let balancers: Vec<&Host> = scene
        .answered(Role::Balancer)
        .filter(|_| is_needed)
        .map(|(on, _)| on)
        .collect();
    let out = balancers
        .iter()
        .map(|on| balancer::take_out(&on.name, &host.name));
    let back = balancers
        .iter()
        .flat_map(|on| balancer::let_back_in(&on.name, &host.name));
    out.chain(change).chain(back).collect()
}

/// When no kubeadm runs any more, HAProxy takes up the file that was kept in step: checks and the cutting of
/// sessions of a server that is down begin with two members.
pub(super) fn settle(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Phase, Problem> {
    let last = joins.members_at_the_end(scene, cluster);
    let first = members(scene, cluster);
    let mut chains = Vec::new();
    for (host, _) in scene.answered(Role::Balancer).filter(|_| last != first) {
        let description = files::haproxy_description(&files::haproxy(scene.topology, host, &last)?);
        let mut step = balancer::activate_haproxy(&host.name, &description);
        step.id = crate::plan::StepId(format!("{}/settle-haproxy", host.name));
        step.describe = "make HAProxy run the file that was kept in step".into();
        chains.push(chain(&host.name, vec![step]));
    }
    Ok(phase("balancers take up their members", ALL_AT_ONCE, chains))
}

/// The members with one more, in the inventory's order.
pub(super) fn in_order(scene: &Scene, members: &[HostName], newcomer: &HostName) -> Vec<HostName> {
    let hosts = scene
        .topology
        .with_role(Role::ControlPlane)
        .map(|host| host.name.clone());
    hosts
        .filter(|name| members.contains(name) || name == newcomer)
        .collect()
}
