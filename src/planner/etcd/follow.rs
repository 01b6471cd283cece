//! What follows etcd's members: kubeadm's configuration in the cluster, and each API server.

use std::collections::BTreeSet;

use super::{Decision, Scene};
use crate::facts::FileFact;
use crate::plan::{Phase, Step};
use crate::planner::decision::Joins;
use crate::planner::limit::is_within;
use crate::planner::{ALL_AT_ONCE, Cluster, balancers, chain, phase};
use crate::remote::files::etcd::client_url;
use crate::remote::files::{
    API_SERVER, completed, etcd_servers, wanted_etcd_endpoints, with_etcd_endpoints, with_etcd_servers,
};
use crate::remote::host::Validator;
use crate::steps::{control_plane, files};
use crate::topology::{EtcdTopology, Host, HostName, Role};

/// The endpoints of etcd's members, as the inventory's `ClusterConfiguration` names them.
fn endpoints(scene: &Scene, cluster: &Cluster, decision: &Decision) -> Vec<String> {
    let not_yet: Vec<String> = decision.left_out.iter().map(|host| client_url(host)).collect();
    let mut endpoints = wanted_etcd_endpoints(scene.topology, scene.kubeadm(&cluster.via().name));
    endpoints.retain(|endpoint| !not_yet.contains(endpoint));
    endpoints
}

/// Whether there is something that can follow: a cluster that answers, with etcd on hosts of its own.
fn can_follow(scene: &Scene, cluster: &Cluster) -> bool {
    scene.topology.etcd == EtcdTopology::External && cluster.there().is_some_and(|there| there.well)
}

/// kubeadm's configuration in the cluster as it is, and as it has to be for etcd's members.
pub(in crate::planner) fn new_configuration<'a>(
    scene: &Scene,
    cluster: &Cluster<'a>,
    decision: &Decision,
) -> Option<(&'a str, String)> {
    let there = cluster.there().filter(|_| can_follow(scene, cluster))?;
    let running = there.view.cluster_configuration.known()?;
    let members = endpoints(scene, cluster, decision);
    let new = with_etcd_endpoints(running, &members).ok().flatten()?;
    Some((running, new))
}

/// Writes etcd's endpoints where kubeadm keeps its configuration, before anybody joins with it.
pub(in crate::planner) fn kubeadm_config(scene: &Scene, cluster: &Cluster, decision: &Decision) -> Phase {
    let via = cluster.via();
    let server = scene.server(via);
    let change = new_configuration(scene, cluster, decision);
    let steps =
        change.map(|(old, new)| control_plane::follow_etcd_in_kubeadm(&via.name, &server, (old, &new)));
    let chains = steps.map(|step| chain(&via.name, vec![step]));
    phase(
        "kubeadm's configuration follows etcd",
        ALL_AT_ONCE,
        chains.into_iter().collect(),
    )
}

/// Gives each API server etcd's endpoints, one control plane at a time. All have to be well before, so that the others
/// serve meanwhile; of one that has them already an earlier run may not have seen that it started again.
pub(in crate::planner) fn api_servers(
    scene: &Scene,
    cluster: &Cluster,
    (decision, joins): (&Decision, &Joins),
    limit: &BTreeSet<HostName>,
) -> Phase {
    let members = joins.members_at_the_end(scene, cluster);
    let wanted = endpoints(scene, cluster, decision);
    let (mut before, mut change) = (Vec::new(), Vec::new());
    for (host, file, there) in manifests(scene, cluster, joins) {
        let (name, server) = (&host.name, scene.server(host));
        let all = completed(&there, &wanted);
        let await_it = control_plane::await_etcd_servers(name, &server, &all);
        if all == there {
            before.push(chain(name, vec![await_it]));
            continue;
        }
        before.push(chain(name, vec![control_plane::await_well(name, &server)]));
        if is_within(limit, name) {
            let new = with_etcd_servers(&file.content, (&file.owner, file.mode), &all);
            let write = files::put(name, &new, Some(file), Validator::None);
            let steps: Vec<Step> = write.into_iter().chain([await_it]).collect();
            change.push(chain(name, balancers::around(scene, host, &members, steps)));
        }
    }
    if change.is_empty() {
        before.clear();
    }
    before.extend(change);
    phase("API servers follow etcd", 1, before)
}

/// What asks etcd and is left as it is, because it cannot be read.
pub(in crate::planner) fn left_alone(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Vec<String> {
    let there = cluster.there().filter(|_| can_follow(scene, cluster));
    let running = there.map(|there| there.view.cluster_configuration.clone().into_result());
    let unread = running.and_then(|running| running.and_then(|text| with_etcd_endpoints(&text, &[])).err());
    let configuration = unread.map(|why| {
        format!("kubeadm-config cannot be read, and does not follow etcd: what joins may not be told of all its members ({why})")
    });
    let names_none = |host: &&Host| {
        let file = scene.file(&host.name, API_SERVER);
        file.is_none_or(|file| etcd_servers(&file.content).is_none())
    };
    let manifests = followers(scene, cluster, joins).filter(names_none).map(|host| {
        let name = &host.name;
        format!("{name}: no --etcd-servers can be read in {API_SERVER}, and it does not follow etcd: see that it names all members")
    });
    configuration.into_iter().chain(manifests).collect()
}

/// The control planes whose API server follows. A host that joins anew gets its manifest from kubeadm.
fn followers<'a>(scene: &Scene<'a>, cluster: &Cluster, joins: &Joins) -> impl Iterator<Item = &'a Host> {
    let follows = can_follow(scene, cluster);
    let planes = scene.answered(Role::ControlPlane).map(|(host, _)| host);
    planes.filter(move |host| follows && !joins.joins(host))
}

/// Their manifests, with the endpoints that they name.
fn manifests<'a>(
    scene: &Scene<'a>,
    cluster: &Cluster,
    joins: &Joins,
) -> impl Iterator<Item = (&'a Host, &'a FileFact, Vec<String>)> {
    followers(scene, cluster, joins).filter_map(|host| {
        let file = scene.file(&host.name, API_SERVER)?;
        let named = etcd_servers(&file.content)?;
        Some((host, file, named.into_iter().map(str::to_owned).collect()))
    })
}
