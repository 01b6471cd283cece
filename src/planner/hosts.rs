//! What concerns every host: files, the way to the endpoint.

use super::chains::chain_of;
use super::inputs::Inputs;
use super::situation::Situation;
use crate::error::Problem;
use crate::plan::{Chain, Necessity, Step};
use crate::remote::files::{self, RenderedFile};
use crate::remote::host_files::{self, Validator};
use crate::remote::{credentials, endpoint_path};
use crate::topology::{Host, Role};

/// The user's files by role, the endpoint's name in /etc/hosts, and what an earlier run could not clear away.
pub(super) fn write_files(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let mut chains = Vec::new();
    for (host, facts) in situation.all_answered() {
        let wanted = files::user_files(situation.topology, host);
        let writes = wanted.iter().filter_map(|file| {
            host_files::put(
                &host.name,
                file,
                situation.file(&host.name, &file.path),
                Validator::None,
            )
        });
        let leftovers = facts
            .kubernetes
            .has_leftovers
            .then(|| credentials::clear_leftovers(&host.name));
        chains.push(chain_of(
            host,
            leftovers
                .into_iter()
                .chain(writes)
                .chain(hosts_block(situation, host)?)
                .collect(),
        ));
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(chains)
}

/// The user's files that kubeadm reset takes away with its own.
pub(super) fn files_lost_in_a_reset(inputs: &Inputs, host: &Host) -> Vec<Step> {
    let is_lost = |file: &RenderedFile| RESET.iter().any(|folder| file.path.starts_with(folder));
    let mut wanted = files::user_files(inputs.topology, host);
    wanted.retain(is_lost);
    wanted
        .iter()
        .map(|file| host_files::put_again(&host.name, file))
        .collect()
}

/// Where nothing is sure to be left after a reset.
const RESET: [&str; 5] = [
    "/etc/kubernetes/",
    "/etc/cni/",
    "/var/lib/cni/",
    "/var/lib/etcd/",
    "/var/lib/kubelet/",
];

/// The cluster's block in /etc/hosts, where the inventory wants it and the host has it not.
fn hosts_block(inputs: &Inputs, host: &Host) -> Result<Option<Step>, Problem> {
    let block = files::block(inputs.topology)?;
    let found = inputs.file(&host.name, HOSTS);
    Ok(block.and_then(|block| host_files::put_block(&host.name, HOSTS, &block, found)))
}

/// Why the block cannot be put into /etc/hosts: whether it is there already cannot be told.
pub(super) fn refuse_large_hosts_files(inputs: &Inputs) -> Vec<Problem> {
    if !inputs.topology.endpoint.hosts_file {
        return Vec::new();
    }
    let too_large = |host: &Host| {
        inputs
            .file(&host.name, HOSTS)
            .filter(|file| file.bytes().is_none())
    };
    let hosts = inputs.topology.hosts.iter();
    let found = hosts.filter_map(|host| Some((host, too_large(host)?)));
    found
        .map(|(host, file)| Problem::Probe {
            host: host.name.clone(),
            what: format!("what is in {HOSTS}"),
            cause: format!(
                "it has {} bytes, more than hawser reads: put the endpoint's name into DNS, and set `hosts_file = false`",
                file.size
            ),
        })
        .collect()
}

const HOSTS: &str = "/etc/hosts";

/// From each balancer to every control plane, and from each host to the endpoint.
pub(super) fn check_paths(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    if !situation.cluster.is_to_be_initialised() {
        return Ok(Vec::new());
    }
    let topology = situation.topology;
    // An etcd member asks nobody at the endpoint.
    let hosts = situation
        .all_answered()
        .map(|(host, _)| host)
        .filter(|host| !host.is(Role::Etcd));
    let check = |host: &Host| chain_of(host, vec![endpoint_path::prove(topology, host)]);
    let chains: Vec<Chain> = if topology.with_role(Role::Balancer).next().is_some() {
        hosts.map(check).collect()
    } else {
        // Some cloud balancers pass nothing while all checks fail: told, not refused.
        let advisory = |host| check(host).with_necessity(Necessity::Advisory);
        let resolve = |host: &Host| chain_of(host, vec![endpoint_path::resolve(topology, host)]);
        hosts.flat_map(|host| [resolve(host), advisory(host)]).collect()
    };
    Ok(chains)
}
