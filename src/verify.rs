//! Is the cluster as the inventory says? Pure: what is missing, from what was found.

use crate::facts::{BalancerFacts, ClusterView, HostFacts, NodeFact, Observation};
use crate::topology::{EtcdTopology, Host, HostName, Role, Topology};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Where.
    pub host: HostName,
    /// What, in a few words.
    pub what: String,
}

/// Everything that is not as it should be; `lagging` hosts are not asked for.
pub fn unmet(topology: &Topology, observation: &Observation, lagging: &[HostName]) -> Vec<Unmet> {
    let mut found = Vec::new();
    let facts = |host: &Host| observation.get(&host.name).and_then(|facts| facts.as_ref().ok());
    let mut view: Option<&ClusterView> = None;
    for host in topology.with_role(Role::ControlPlane) {
        found.extend(control_plane(topology, host, facts(host)));
        let asked = facts(host)
            .and_then(|facts| facts.cluster.as_ref())
            .filter(|view| view.ready.known() == Some(&true));
        view = view.or(asked);
    }
    found.extend(balancers(topology, observation));
    match (view, topology.with_role(Role::ControlPlane).next()) {
        (Some(view), Some(first)) => found.extend(cluster(topology, &first.name, view, lagging)),
        (None, Some(first)) => found.push(unmet_at(&first.name, "no API server speaks for the cluster")),
        _ => {}
    }
    found
}

fn control_plane(topology: &Topology, host: &Host, facts: Option<&HostFacts>) -> Vec<Unmet> {
    let Some(facts) = facts else {
        return vec![unmet_at(&host.name, "not reachable")];
    };
    let Some(view) = &facts.cluster else {
        return vec![unmet_at(&host.name, "holds no admin.conf")];
    };
    let mut found = Vec::new();
    if view.ready.known() != Some(&true) {
        found.push(unmet_at(&host.name, "/readyz of its own API server"));
    }
    if view.ready_through_endpoint.known() != Some(&true) {
        found.push(unmet_at(
            &host.name,
            &format!("/readyz through {}", topology.endpoint.authority()),
        ));
    }
    found
}

fn balancers(topology: &Topology, observation: &Observation) -> Vec<Unmet> {
    let asked: Vec<(&Host, &BalancerFacts)> = topology
        .with_role(Role::Balancer)
        .filter_map(|host| {
            Some((
                host,
                observation.get(&host.name)?.as_ref().ok()?.balancer.as_ref()?,
            ))
        })
        .collect();
    let mut found: Vec<Unmet> = asked
        .iter()
        .flat_map(|(host, balancer)| {
            topology.with_role(Role::ControlPlane).filter_map(move |plane| {
                let servers = balancer.servers.known().map_or(&[][..], Vec::as_slice);
                let server = servers.iter().find(|server| server.name == plane.name.0);
                let status = server.map_or("unknown", |server| server.status.as_str());
                let up = status.starts_with("UP") || status.starts_with("no check");
                (!up).then(|| unmet_at(&host.name, &format!("backend {} is {status}", plane.name)))
            })
        })
        .collect();
    if topology.endpoint.vip.is_some() {
        let holders: Vec<&str> = asked
            .iter()
            .filter(|(_, balancer)| balancer.holds_vip)
            .map(|(host, _)| host.name.0.as_str())
            .collect();
        if let (true, Some((first, _))) = (holders.len() != 1, asked.first()) {
            let who = if holders.is_empty() {
                "nobody".to_owned()
            } else {
                holders.join(" and ")
            };
            found.push(unmet_at(
                &first.name,
                &format!("exactly one balancer holds the VIP (now {who})"),
            ));
        }
    }
    found
}

fn cluster(topology: &Topology, asked: &HostName, view: &ClusterView, lagging: &[HostName]) -> Vec<Unmet> {
    let mut found = Vec::new();
    let nodes: &[NodeFact] = view.nodes.known().map_or(&[], Vec::as_slice);
    for host in topology.nodes().filter(|host| !lagging.contains(&host.name)) {
        match nodes.iter().find(|node| node.name == host.name) {
            None => found.push(unmet_at(&host.name, "its node is not in the cluster")),
            Some(node) if !node.ready => found.push(unmet_at(&host.name, "its node is not Ready")),
            Some(node)
                if node.version != topology.version.to_string() && !same_minor(&node.version, topology) =>
            {
                found.push(unmet_at(&host.name, &format!("its kubelet is {}", node.version)));
            }
            Some(_) => {}
        }
    }
    found.extend(members(topology, asked, view));
    for workload in view.workloads.known().map_or(&[][..], Vec::as_slice) {
        if workload.available < workload.wanted {
            let what = format!(
                "{}: {} of {} available",
                workload.name, workload.available, workload.wanted
            );
            found.push(unmet_at(asked, &what));
        }
    }
    found
}

/// A kubelet of another patch or of an allowed older minor release is told in the plan, not waited for here.
fn same_minor(version: &str, topology: &Topology) -> bool {
    version
        .parse::<crate::topology::Version>()
        .is_ok_and(|version| version.minor <= topology.version.minor)
}

fn members(topology: &Topology, asked: &HostName, view: &ClusterView) -> Vec<Unmet> {
    if topology.etcd != EtcdTopology::Stacked {
        return Vec::new();
    }
    let wanted = topology.with_role(Role::ControlPlane).count();
    let Some(members) = view.etcd.known() else {
        return vec![unmet_at(asked, "etcd's members cannot be told")];
    };
    let healthy = members
        .iter()
        .filter(|member| member.healthy && !member.learner)
        .count();
    if healthy == wanted && members.len() == wanted {
        return Vec::new();
    }
    vec![unmet_at(
        asked,
        &format!(
            "etcd: {healthy} of {wanted} members healthy, {} listed",
            members.len()
        ),
    )]
}

fn unmet_at(host: &HostName, what: &str) -> Unmet {
    Unmet {
        host: host.clone(),
        what: what.to_owned(),
    }
}
