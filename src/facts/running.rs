//! What runs in another version than the inventory says. hawser does not upgrade: it says so.

use std::collections::BTreeMap;

use super::{HostFacts, Observation};
use crate::topology::{Host, Role, Topology, Version};

/// API servers and kubelets that run in another version than the inventory says, and kubelets that run in another one
/// than is installed on their hosts: one line for the hosts of each version.
pub fn other_versions(topology: &Topology, observation: &Observation) -> Vec<String> {
    let facts = |host: &Host| observation.get(&host.name)?.as_ref().ok();
    let view = |host: &Host| facts(host)?.cluster.as_ref();
    let target = topology.version;
    let servers = topology
        .with_role(Role::ControlPlane)
        .filter_map(|host| Some((host, *view(host)?.version.known()?)));
    let mut lines: Vec<String> = by_version(servers.filter(|(_, version)| *version != target))
        .into_iter()
        .map(|(version, hosts)| {
            let run = if hosts.contains(',') { "run" } else { "runs" };
            format!("{hosts} {run} {version}, the inventory says {target}; hawser does not upgrade yet")
        })
        .collect();
    // Any API server that is well knows all nodes.
    let nodes = topology
        .with_role(Role::ControlPlane)
        .find_map(|host| view(host)?.nodes.known());
    let kubelets = topology.nodes().filter_map(|host| {
        let node = nodes?.iter().find(|node| node.name == host.name)?;
        Some((host, facts(host), node.version.parse::<Version>().ok()?))
    });
    let kubelets: Vec<_> = kubelets.collect();
    let of_another = kubelets
        .iter()
        .filter(|(_, facts, version)| *version != target && installed(*facts).is_none())
        .map(|(host, _, version)| (*host, *version));
    lines.extend(by_version(of_another).into_iter().map(|(version, hosts)| {
        format!("kubelet on {hosts} runs {version}, the inventory says {target}; hawser does not upgrade yet")
    }));
    lines.extend(kubelets.iter().filter_map(|(host, facts, version)| {
        let installed = installed(*facts).filter(|installed| installed != version)?;
        let name = &host.name;
        Some(format!(
            "kubelet on {name} runs {version}, and {installed} is installed: `systemctl restart kubelet` on {name} starts that"
        ))
    }));
    lines
}

fn installed(facts: Option<&HostFacts>) -> Option<Version> {
    facts?.versions.kubelet
}

/// Hosts by what they run, the oldest first: `cp1, cp2`.
fn by_version<'a>(found: impl Iterator<Item = (&'a Host, Version)>) -> BTreeMap<Version, String> {
    let mut hosts: BTreeMap<Version, Vec<&str>> = BTreeMap::new();
    for (host, version) in found {
        hosts.entry(version).or_default().push(&host.name.0);
    }
    let joined = hosts
        .into_iter()
        .map(|(version, hosts)| (version, hosts.join(", ")));
    joined.collect()
}
