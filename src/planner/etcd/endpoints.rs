//! What follows etcd's members: kubeadm's configuration in the cluster, and each API server.

use crate::error::Problem;
use crate::facts::FileFact;
use crate::plan::{Chain, Step};
use crate::planner::balancers;
use crate::planner::situation::Situation;
use crate::remote::control_plane;
use crate::remote::files::etcd::client_url;
use crate::remote::files::{
    API_SERVER, completed, etcd_servers, wanted_etcd_endpoints, with_etcd_endpoints, with_etcd_servers,
};
use crate::remote::host_files::{self, Validator};
use crate::topology::{EtcdTopology, Host};

/// The endpoints of etcd's members, as the inventory's `ClusterConfiguration` names them.
fn endpoints(situation: &Situation) -> Vec<String> {
    let left_out = &situation.etcd_actions.left_out;
    let not_yet: Vec<String> = left_out.iter().map(|host| client_url(host)).collect();
    let kubeadm = situation.kubeadm_version(&situation.cluster.reference_node().name);
    let mut endpoints = wanted_etcd_endpoints(situation.topology, kubeadm);
    endpoints.retain(|endpoint| !not_yet.contains(endpoint));
    endpoints
}

/// Whether there is something that can follow: a cluster that answers, with etcd on hosts of its own.
fn can_follow(situation: &Situation) -> bool {
    let is_external = situation.topology.etcd == EtcdTopology::External;
    is_external
        && situation
            .cluster
            .existing()
            .is_some_and(|existing| existing.api_answers)
}

/// kubeadm's configuration in the cluster as it is, and as it has to be for etcd's members.
pub(in crate::planner) fn new_configuration<'a>(situation: &Situation<'a>) -> Option<(&'a str, String)> {
    let existing = situation.cluster.existing().filter(|_| can_follow(situation))?;
    let running = existing.view.cluster_configuration.known()?;
    let new = with_etcd_endpoints(running, &endpoints(situation))
        .ok()
        .flatten()?;
    Some((running, new))
}

/// Writes etcd's endpoints where kubeadm keeps its configuration, before any host joins with it.
pub(in crate::planner) fn update_kubeadm_config(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let via = situation.cluster.reference_node();
    let Some((old, new)) = new_configuration(situation) else {
        return Ok(Vec::new());
    };
    let server = situation.api_url(via);
    let step = control_plane::follow_etcd_in_kubeadm(&via.name, &server, (old, &new));
    Ok(vec![Chain::required(&via.name, vec![step])])
}

/// Gives each API server etcd's endpoints, one control plane at a time. All have to be well before, so that the others
/// serve meanwhile; of one that has them already an earlier run may not have seen that it started again.
pub(in crate::planner) fn update_api_servers(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let wanted = endpoints(situation);
    let (mut before, mut change) = (Vec::new(), Vec::new());
    for Manifest {
        host,
        file,
        endpoints,
    } in manifests(situation)
    {
        let (name, server) = (&host.name, situation.api_url(host));
        let all = completed(&endpoints, &wanted);
        let await_it = control_plane::await_etcd_servers(name, &server, &all);
        if all == endpoints {
            before.push(Chain::required(name, vec![await_it]));
            continue;
        }
        let await_healthy = control_plane::await_healthy(name, &server);
        before.push(Chain::required(name, vec![await_healthy]));
        if situation.may_change(name) {
            let text = file.text().unwrap_or_default();
            let new = with_etcd_servers(text, (&file.owner, file.mode), &all);
            let write = host_files::put(name, &new, Some(file), Validator::None);
            let steps: Vec<Step> = write.into_iter().chain([await_it]).collect();
            change.push(Chain::required(
                name,
                balancers::while_drained(situation, host, steps),
            ));
        }
    }
    if change.is_empty() {
        before.clear();
    }
    before.extend(change);
    Ok(before)
}

/// What asks etcd and is left as it is, because it cannot be read.
pub(in crate::planner) fn not_updated(situation: &Situation) -> Vec<String> {
    let existing = situation.cluster.existing().filter(|_| can_follow(situation));
    let running = existing.map(|existing| existing.view.cluster_configuration.clone().into_result());
    let unread = running.and_then(|running| running.and_then(|text| with_etcd_endpoints(&text, &[])).err());
    let configuration = unread.map(|why| {
        format!("kubeadm-config is unreadable, and hawser does not update it: joining hosts may not learn of all etcd members ({why})")
    });
    let names_none = |host: &&Host| {
        let file = situation.file(&host.name, API_SERVER);
        file.is_none_or(|file| file.text().and_then(etcd_servers).is_none())
    };
    let manifests = followers(situation).filter(names_none).map(|host| {
        let name = &host.name;
        format!("{name}: {API_SERVER} has no readable --etcd-servers, and hawser does not update it: make sure that it names all members")
    });
    configuration.into_iter().chain(manifests).collect()
}

/// The control planes whose API server follows. A host that joins again gets its manifest from kubeadm.
fn followers<'s, 'a>(situation: &'s Situation<'a>) -> impl Iterator<Item = &'a Host> + use<'s, 'a> {
    let follows = can_follow(situation);
    let planes = situation.control_planes();
    planes.filter(move |host| follows && !situation.nodes.joins(host))
}

/// The manifest of an API server, with the endpoints that it names.
struct Manifest<'a> {
    host: &'a Host,
    file: &'a FileFact,
    endpoints: Vec<String>,
}

fn manifests<'s, 'a>(situation: &'s Situation<'a>) -> impl Iterator<Item = Manifest<'a>> + use<'s, 'a> {
    followers(situation).filter_map(|host| {
        let file = situation.file(&host.name, API_SERVER)?;
        let named = etcd_servers(file.text()?)?;
        Some(Manifest {
            host,
            file,
            endpoints: named.into_iter().map(str::to_owned).collect(),
        })
    })
}
