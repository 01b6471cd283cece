//! What concerns every host: files, the way to the endpoint.

use super::{ALL_AT_ONCE, Scene, chain_of, phase};
use crate::error::Problem;
use crate::plan::{Chain, Necessity, Phase, Step};
use crate::remote::files::{self, RenderedFile};
use crate::remote::host::Validator;
use crate::steps::{self, secrets};
use crate::topology::{Host, Role};

/// The user's files by role, the endpoint's name in /etc/hosts, and what an earlier run could not clear away.
pub(super) fn files(scene: &Scene) -> Result<Phase, Problem> {
    let mut chains = Vec::new();
    for (host, facts) in scene.all_answered() {
        let mut wanted = files::own_files(scene.topology, host);
        wanted.extend(hosts_file(scene, host)?);
        let writes = wanted.iter().filter_map(|file| {
            steps::files::put(
                &host.name,
                file,
                scene.file(&host.name, &file.path),
                Validator::None,
            )
        });
        let leftovers = facts
            .kubernetes
            .has_leftovers
            .then(|| secrets::clear_leftovers(&host.name));
        chains.push(chain_of(host, leftovers.into_iter().chain(writes).collect()));
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(phase("files", ALL_AT_ONCE, chains))
}

/// The user's files that kubeadm reset takes away with its own.
pub(super) fn files_lost_in_a_reset(scene: &Scene, host: &Host) -> Vec<Step> {
    let is_lost = |file: &RenderedFile| RESET.iter().any(|folder| file.path.starts_with(folder));
    let mut wanted = files::own_files(scene.topology, host);
    wanted.retain(is_lost);
    wanted
        .iter()
        .map(|file| steps::files::put_again(&host.name, file))
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

fn hosts_file(scene: &Scene, host: &Host) -> Result<Option<RenderedFile>, Problem> {
    let endpoint = &scene.topology.endpoint;
    let is_named = endpoint.name.parse::<std::net::IpAddr>().is_err();
    if !endpoint.hosts_file || !is_named || scene.topology.endpoint_address().is_none() {
        return Ok(None);
    }
    let found = scene.file(&host.name, "/etc/hosts");
    let existing = found.map_or("", |file| file.content.as_str());
    Ok(Some(RenderedFile {
        path: "/etc/hosts".to_owned(),
        owner: found.map_or_else(|| "root:root".to_owned(), |file| file.owner.clone()),
        mode: found.map_or(0o644, |file| file.mode),
        content: files::hosts_block(existing, scene.topology)?.into(),
        secret: false,
    }))
}

/// From each balancer to every control plane, and from each host to the endpoint.
pub(super) fn prove_paths(scene: &Scene) -> Phase {
    let topology = scene.topology;
    // An etcd member asks nobody at the endpoint.
    let hosts = scene
        .all_answered()
        .map(|(host, _)| host)
        .filter(|host| !host.is(Role::Etcd));
    let proof = |host: &Host| chain_of(host, vec![steps::path::prove(topology, host)]);
    let chains: Vec<Chain> = if topology.with_role(Role::Balancer).next().is_some() {
        hosts.map(proof).collect()
    } else {
        // Some cloud balancers pass nothing while all checks fail: told, not refused.
        let advisory = |host| Chain {
            necessity: Necessity::Advisory,
            ..proof(host)
        };
        let resolve = |host: &Host| chain_of(host, vec![steps::path::resolve(topology, host)]);
        hosts.flat_map(|host| [resolve(host), advisory(host)]).collect()
    };
    phase("prove the path", ALL_AT_ONCE, chains)
}
