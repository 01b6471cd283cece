//! Is the cluster as the inventory says? Pure: what is missing, from what was found.

use std::collections::BTreeMap;

use crate::facts::{
    ClusterView, HostFacts, MemberFact, NodeFact, Observation, Observed, WorkloadFact, client_ending, ending,
    other_versions,
};
use crate::remote::files::{API_SERVER, etcd_servers, wanted_etcd_endpoints, with_etcd_endpoints};
use crate::topology::{EtcdTopology, Host, HostName, Role, Topology, Version};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedExpectation {
    pub host: HostName,
    pub what: String,
    /// The control plane that told it of the cluster, where it is not the host's own word.
    pub reported_by: Option<HostName>,
}

/// Everything that is not as it should be; `tolerated` hosts are not asked for.
pub fn failed_expectations(
    topology: &Topology,
    observation: &Observation,
    tolerated: &[HostName],
) -> Vec<FailedExpectation> {
    let facts = |host: &Host| observation.get(&host.name).and_then(|facts| facts.as_ref().ok());
    let planes = || topology.with_role(Role::ControlPlane);
    let mut found: Vec<FailedExpectation> = planes()
        .flat_map(|host| control_plane(topology, host, facts(host)))
        .collect();
    let mut balancers = topology.with_role(Role::Balancer).peekable();
    if topology.endpoint.vip.is_some() && balancers.peek().is_some() {
        found.extend(vip(topology, observation));
    }
    found.extend(balancers.flat_map(|host| balancer(topology, host, facts(host))));
    if topology.etcd == EtcdTopology::External {
        found.extend(external_etcd(topology, observation));
        found.extend(planes().filter_map(|host| api_server(topology, host, facts(host)?)));
    }
    let ready = |view: &&ClusterView| view.ready.known() == Some(&true);
    let mut views = planes().filter_map(|host| Some((host, facts(host)?.cluster.as_ref().filter(ready)?)));
    match (views.next(), planes().next()) {
        (Some((reference_node, view)), Some(first)) => {
            let reported = cluster(topology, &first.name, view, tolerated).into_iter();
            found.extend(reported.map(|failed_expectations| FailedExpectation {
                reported_by: Some(reference_node.name.clone()),
                ..failed_expectations
            }));
        }
        (None, Some(first)) => found.push(failed_at(&first.name, "no API server answers for the cluster")),
        _ => {}
    }
    found
}

fn control_plane(topology: &Topology, host: &Host, facts: Option<&HostFacts>) -> Vec<FailedExpectation> {
    let Some(facts) = facts else {
        return vec![failed_at(&host.name, "not reachable")];
    };
    let Some(view) = &facts.cluster else {
        return vec![failed_at(&host.name, "holds no admin.conf")];
    };
    let mut found = Vec::new();
    if view.ready.known() != Some(&true) {
        found.push(failed_at(&host.name, "/readyz of its API server"));
    }
    if view.ready_through_endpoint.known() != Some(&true) {
        found.push(failed_at(
            &host.name,
            &format!("/readyz through {}", topology.endpoint.authority()),
        ));
    }
    found
}

fn balancer(topology: &Topology, host: &Host, facts: Option<&HostFacts>) -> Vec<FailedExpectation> {
    let Some((facts, balancer)) = facts.and_then(|facts| Some((facts, facts.balancer.as_ref()?))) else {
        return vec![failed_at(&host.name, "not reachable")];
    };
    let runs = |unit: &str| facts.units.get(unit).is_some_and(|unit| unit.active);
    let mut found = Vec::new();
    if topology.endpoint.vip.is_some() && !runs("keepalived") {
        found.push(failed_at(&host.name, "keepalived does not run"));
    }
    if !runs("haproxy") {
        found.push(failed_at(&host.name, "HAProxy does not run"));
        return found;
    }
    let servers = match &balancer.servers {
        Observed::Known(servers) => servers,
        Observed::Unknown(why) => {
            found.push(failed_at(
                &host.name,
                &format!("the state of HAProxy is unknown: {why}"),
            ));
            return found;
        }
    };
    // A sole control plane is not checked.
    let is_sole = topology.with_role(Role::ControlPlane).count() == 1;
    let is_up = |status: &str| status.starts_with("UP") || (is_sole && status.starts_with("no check"));
    for plane in topology.with_role(Role::ControlPlane) {
        let server = servers.iter().find(|server| server.name == plane.name.0);
        let status = server.map_or("unknown", |server| server.status.as_str());
        if !is_up(status) {
            found.push(failed_at(
                &host.name,
                &format!("backend {} is {status}", plane.name),
            ));
        }
    }
    found
}

/// Every etcd host's member answers with a quorum behind it, and all follow one leader.
fn external_etcd(topology: &Topology, observation: &Observation) -> Vec<FailedExpectation> {
    let mut leaders = BTreeMap::new();
    let mut found = Vec::new();
    for host in topology.with_role(Role::Etcd) {
        let facts = observation.get(&host.name).and_then(|facts| facts.as_ref().ok());
        let Some(etcd) = facts.and_then(|facts| facts.etcd.as_ref()) else {
            found.push(failed_at(&host.name, "not reachable"));
            continue;
        };
        if !etcd.is_well(host) {
            found.push(failed_at(&host.name, "its etcd member is not healthy"));
        } else if let Some(leader) = etcd.leader.known() {
            leaders.insert(leader, host);
        }
    }
    if let (Some(host), true) = (leaders.values().next(), leaders.len() > 1) {
        found.push(failed_at(&host.name, "etcd's members follow different leaders"));
    }
    found
}

/// Of a manifest in which no endpoint can be read nothing is said: the plan has told of it.
fn api_server(topology: &Topology, host: &Host, facts: &HostFacts) -> Option<FailedExpectation> {
    let file = facts.files.get(API_SERVER)?.known()?;
    let named = etcd_servers(file.text()?)?;
    let wanted = wanted_etcd_endpoints(topology, topology.version);
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|url| !named.contains(url))
        .collect();
    let what = format!("its API server does not use etcd at {}", missing.join(", "));
    (!missing.is_empty()).then(|| failed_at(&host.name, &what))
}

/// Likewise of a configuration that cannot be read.
fn kubeadm_config(topology: &Topology, asked: &HostName, view: &ClusterView) -> Option<FailedExpectation> {
    let running = view.cluster_configuration.known()?;
    let wanted = wanted_etcd_endpoints(topology, topology.version);
    let lacks = with_etcd_endpoints(running, &wanted).is_ok_and(|completed| completed.is_some());
    lacks.then(|| failed_at(asked, "kubeadm-config does not name all of etcd's members"))
}

/// What should be looked at though everything is as it should be: what runs in another version, and certificates
/// that end soon, with their hosts.
pub fn remarks(topology: &Topology, observation: &Observation) -> Vec<String> {
    let facts = |host: &Host| observation.get(&host.name)?.as_ref().ok();
    let etcd = |host: &Host| facts(host)?.etcd.as_ref();
    let members = topology
        .with_role(Role::Etcd)
        .filter_map(|host| Some((host, ending(etcd(host)?))));
    let now = topology
        .with_role(Role::Etcd)
        .find_map(|host| Some(etcd(host)?.now_s));
    let clients = topology
        .with_role(Role::ControlPlane)
        .filter_map(|host| Some((host, vec![client_ending(facts(host)?, now?)?])));
    let endings = members.chain(clients).flat_map(|(host, ending)| {
        let line = move |what| format!("{}: {what}", host.name);
        ending.into_iter().map(line)
    });
    let running = other_versions(topology, observation).into_iter();
    running.chain(endings).collect()
}

fn vip(topology: &Topology, observation: &Observation) -> Option<FailedExpectation> {
    let holds = |host: &&Host| {
        let facts = observation.get(&host.name).and_then(|facts| facts.as_ref().ok());
        let balancer = facts.and_then(|facts| facts.balancer.as_ref());
        balancer.is_some_and(|balancer| balancer.holds_vip)
    };
    let holders: Vec<&str> = topology
        .with_role(Role::Balancer)
        .filter(holds)
        .map(|host| host.name.0.as_str())
        .collect();
    let who = match holders.as_slice() {
        [_] => return None,
        [] => "none".to_owned(),
        several => several.join(" and "),
    };
    let first = topology.with_role(Role::Balancer).next()?;
    let what = format!("exactly one balancer holds the VIP (now {who})");
    Some(failed_at(&first.name, &what))
}

fn cluster(
    topology: &Topology,
    asked: &HostName,
    view: &ClusterView,
    tolerated: &[HostName],
) -> Vec<FailedExpectation> {
    let Some(nodes) = view.nodes.known() else {
        return vec![failed_at(asked, "the nodes are unknown")];
    };
    let wanted = topology.nodes().filter(|host| !tolerated.contains(&host.name));
    let mut found: Vec<FailedExpectation> = wanted
        .filter_map(|host| {
            let node = nodes.iter().find(|node| node.name == host.name);
            Some(failed_at(&host.name, &node_lacks(topology, host, node)?))
        })
        .collect();
    match topology.etcd {
        EtcdTopology::Stacked => found.extend(members(topology, asked, view)),
        EtcdTopology::External => found.extend(kubeadm_config(topology, asked, view)),
    }
    let Some(workloads) = view.workloads.known() else {
        found.push(failed_at(asked, "the workloads of kube-system are unknown"));
        return found;
    };
    let is_down = |node: &&NodeFact| !node.ready && tolerated.contains(&node.name);
    let down = nodes.iter().filter(is_down).count() as u64;
    found.extend(
        workloads
            .iter()
            .filter_map(|workload| Some(failed_at(asked, &workload_lacks(workload, down)?))),
    );
    found
}

fn node_lacks(topology: &Topology, host: &Host, node: Option<&NodeFact>) -> Option<String> {
    let Some(node) = node else {
        return Some("its node is not in the cluster".to_owned());
    };
    if !node.ready {
        return Some("its node is not Ready".to_owned());
    }
    if host.is(Role::ControlPlane) && !node.control_plane {
        return Some("its node is not labelled as a control plane".to_owned());
    }
    // A kubelet of another patch or of an allowed older minor release is told in the plan, not waited for here.
    let version = node.version.parse::<Version>();
    let goes_with = version.is_ok_and(|version| version.minor <= topology.version.minor);
    (!goes_with).then(|| format!("its kubelet is {}", node.version))
}

/// A `DaemonSet` wants a pod on every node, also on those that may lag and are down.
fn workload_lacks(workload: &WorkloadFact, down: u64) -> Option<String> {
    let missing = workload.wanted.saturating_sub(workload.available);
    let allowed = if workload.name.starts_with("DaemonSet/") {
        down
    } else {
        0
    };
    (missing > allowed).then(|| {
        format!(
            "{}: {} of {} available",
            workload.name, workload.available, workload.wanted
        )
    })
}

/// Every control plane has a member that votes, and none that is listed is down; one that left the inventory may be
/// there.
fn members(topology: &Topology, asked: &HostName, view: &ClusterView) -> Option<FailedExpectation> {
    let Some(members) = view.etcd.known() else {
        return Some(failed_at(asked, "the etcd members are unknown"));
    };
    let votes = |member: &&MemberFact| member.is_healthy() && !member.learner;
    let has_one = |host: &&Host| members.iter().filter(votes).any(|member| member.is_of(host));
    let wanted = topology.with_role(Role::ControlPlane).count();
    let there = topology.with_role(Role::ControlPlane).filter(has_one).count();
    let voting = members.iter().filter(votes).count();
    (there < wanted || voting < members.len()).then(|| {
        let what = format!(
            "etcd: {there} of {wanted} members healthy, {} listed",
            members.len()
        );
        failed_at(asked, &what)
    })
}

fn failed_at(host: &HostName, what: &str) -> FailedExpectation {
    FailedExpectation {
        host: host.clone(),
        what: what.to_owned(),
        reported_by: None,
    }
}
