//! The phases in which hosts join and are mended.
//!
//! Control planes one by one, the workers beside them, at most ten at once. While etcd grows from one voter to two
//! it has no quorum until the newcomer runs: nothing else is started in that window.

use super::decision::Joins;
use super::etcd::stacked::Growth;
use super::ways::{Clear, Way};
use super::{
    ALL_AT_ONCE, Cluster, Scene, balancers, certificates, chain, control_planes, hosts, kubeadm, phase,
};
use crate::error::Problem;
use crate::facts::writes_cri_socket;
use crate::plan::{Chain, Lane, Necessity, Phase, Step};
use crate::remote::files;
use crate::steps::{control_plane, mend, node, secrets};
use crate::topology::{EtcdTopology, Host};
use crate::versions::kubernetes::joins_as_learner;

/// How many workers join at once: more only makes API server and registry slower.
pub(super) const WORKERS_AT_ONCE: usize = 10;

/// The phases of all joins.
pub(super) fn phases(
    scene: &Scene,
    cluster: &Cluster,
    joins: &Joins,
    growth: Option<&Growth>,
) -> Result<Vec<Phase>, Problem> {
    let mut phases = vec![
        bring_up(scene, joins),
        secrets_first(scene, cluster, joins)?,
        clear_first(scene, cluster, joins),
    ];
    let mut planes = control_plane_chains(scene, cluster, joins, growth)?;
    let workers = worker_chains(scene, cluster, joins)?;
    if grows_without_quorum(scene, cluster, joins) && !planes.is_empty() {
        let second = planes.remove(0);
        phases.push(phase("join the second control plane", 1, vec![second]));
    }
    phases.push(phase(
        "first node ready",
        1,
        control_planes::first_node_ready(scene, cluster)
            .into_iter()
            .collect(),
    ));
    let lanes = vec![
        Lane {
            width: 1,
            chains: planes,
        },
        Lane {
            width: WORKERS_AT_ONCE,
            chains: workers,
        },
    ];
    phases.push(Phase {
        name: "join".into(),
        lanes: lanes.into_iter().filter(|lane| !lane.chains.is_empty()).collect(),
    });
    Ok(phases)
}

/// Where kubeadm adds a voter, etcd waits for the newcomer as it grows from one to two.
fn grows_without_quorum(scene: &Scene, cluster: &Cluster, joins: &Joins) -> bool {
    if scene.topology.etcd == EtcdTopology::External {
        return false;
    }
    let voters = cluster.members().iter().filter(|member| !member.learner).count();
    let removed = joins.control_planes.iter().filter(|(_, way)| clears_first(way));
    let is_one = cluster.is_to_be_initialised() || voters - removed.count().min(voters) <= 1;
    let mut joiners = joins.control_planes.iter().filter(|(_, way)| way.is_join());
    joiners
        .next()
        .is_some_and(|(host, _)| is_one && !joins_as_learner(scene.kubeadm(&host.name)))
}

/// Half-joined control planes whose etcd member is listed are started first, all at once: etcd may have no quorum
/// without them, and then nothing else can be done. A kubelet that has no certificate yet starts only with a bootstrap
/// identity; that its token is made later, when there is an API to make it, does not matter for that.
fn bring_up(scene: &Scene, joins: &Joins) -> Phase {
    let half = joins
        .control_planes
        .iter()
        .filter(|(_, way)| matches!(way, Way::BringUp { .. }));
    let chains = half.map(|(host, _)| {
        let server = scene.server(host);
        let identity =
            lacks_identity(scene, host).then(|| mend::write_bootstrap_identity(&host.name, &server));
        let steps = identity.into_iter().chain([mend::bring_up(&host.name, &server)]);
        chain(&host.name, steps.collect())
    });
    phase("bring up what is half-joined", ALL_AT_ONCE, chains.collect())
}

/// The run's own token, where the cluster is already there, and the certificates for those that join.
fn secrets_first(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Phase, Problem> {
    let via = &cluster.via();
    let mut steps = Vec::new();
    let joining = |list: &[(&Host, Way)]| list.iter().any(|(_, way)| way.is_join());
    let finishing = |(_, way): &(&Host, Way)| *way == Way::BringUp { finish: true };
    let wanted = joining(&joins.control_planes)
        || joining(&joins.workers)
        || joins.control_planes.iter().any(finishing);
    if cluster.there().is_some() && wanted {
        let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))?;
        steps.extend(secrets::create_token(&via.name, &file));
    }
    let token = (!steps.is_empty()).then(|| chain(&via.name, steps));
    let chains = token
        .into_iter()
        .chain(certificates::ahead(scene, cluster, joins));
    Ok(phase("secrets of this run", 1, chains.collect()))
}

/// Whether a control plane's member has to go before any host can join.
fn clears_first(way: &Way) -> bool {
    matches!(
        way,
        Way::Join {
            clear: Clear { member: Some(_), .. }
        }
    )
}

/// A listed member that does not run keeps every host from joining: all of them go before the first join.
fn clear_first(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Phase {
    let chains = joins.control_planes.iter().filter_map(|(host, way)| match way {
        Way::Join { clear } if clears_first(way) => {
            Some(chain(&host.name, clearing(scene, cluster, host, clear)))
        }
        _ => None,
    });
    phase("clear what does not come back", 1, chains.collect())
}

fn control_plane_chains(
    scene: &Scene,
    cluster: &Cluster,
    joins: &Joins,
    growth: Option<&Growth>,
) -> Result<Vec<Chain>, Problem> {
    let mut members = balancers::members(scene, cluster);
    let mut chains = Vec::new();
    for host in &joins.let_in {
        members = balancers::in_order(scene, &members, &host.name);
        let mut steps = balancers::watch(scene, host);
        steps.extend(balancers::let_in(scene, host, &members)?);
        chains.push(chain(&host.name, steps));
    }
    let mut is_later = cluster.is_to_be_initialised();
    for (host, way) in &joins.control_planes {
        let mut steps = match way {
            Way::Join { clear } => {
                let see_whole = growth.and_then(|growth| growth.see_whole(host));
                joining(scene, cluster, host, (clear, clears_first(way)), see_whole)?
            }
            Way::BringUp { finish: true } => finishing(scene, cluster, host)?,
            Way::BringUp { finish: false } | Way::Finish => continue,
        };
        if is_later && way.is_join() {
            steps.splice(0..0, certificates::refreshed(scene, cluster, host)?);
        }
        is_later |= way.is_join();
        members = balancers::in_order(scene, &members, &host.name);
        steps.extend(balancers::let_in(scene, host, &members)?);
        chains.push(chain(&host.name, steps));
    }
    Ok(chains)
}

fn joining(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    (clear, is_cleared): (&Clear, bool),
    see_whole: Option<Step>,
) -> Result<Vec<Step>, Problem> {
    let mut steps = if is_cleared {
        Vec::new()
    } else {
        clearing(scene, cluster, host, clear)
    };
    steps.extend(certificates::handed(scene, cluster, host));
    steps.extend(balancers::watch(scene, host));
    steps.extend(kubeadm::for_join(scene, cluster, host)?);
    let flags = kubeadm::flags(scene, host)?;
    steps.extend(see_whole);
    steps.push(control_plane::join(host, &scene.server(host), &flags));
    Ok(steps)
}

fn finishing(scene: &Scene, cluster: &Cluster, host: &Host) -> Result<Vec<Step>, Problem> {
    let mut steps = balancers::watch(scene, host);
    // kubeadm waits for the node, which a kubelet makes that has its certificate.
    steps.extend(lacks_identity(scene, host).then(|| mend::await_certificate(&host.name)));
    steps.extend(kubeadm::for_join(scene, cluster, host)?);
    let (version, server) = (scene.kubeadm(&host.name), scene.server(host));
    steps.push(mend::finish_control_plane(&host.name, &server, version));
    steps.extend(without_bootstrap_identity(scene, host));
    if !cluster.is_stalled() && cluster.node(host).is_none_or(|node| !node.joined) {
        steps.extend(annotation(scene, cluster, host));
    }
    Ok(steps)
}

/// Whether the kubelet's TLS bootstrap did not come to its end: the token that it asks with is gone.
fn lacks_identity(scene: &Scene, host: &Host) -> bool {
    let facts = scene.facts(&host.name);
    facts.is_some_and(|facts| !facts.kubernetes.has_kubelet_identity())
}

/// The identity with which a kubelet asked for its own holds a token; kubeadm removes it at the end of a join.
fn without_bootstrap_identity(scene: &Scene, host: &Host) -> Option<Step> {
    let is_left = scene.facts(&host.name)?.kubernetes.has_bootstrap_kubelet_conf;
    (is_left || lacks_identity(scene, host)).then(|| mend::remove_bootstrap_identity(&host.name))
}

/// Where the host's own kubeadm would have written it.
fn annotation(scene: &Scene, cluster: &Cluster, host: &Host) -> Option<Step> {
    let is_written = scene.facts(&host.name).is_some_and(writes_cri_socket);
    let via = cluster.via();
    let socket = &scene.topology.kubeadm.cri_socket;
    is_written.then(|| mend::annotate(&via.name, &scene.server(via), &host.name, socket))
}

fn clearing(scene: &Scene, cluster: &Cluster, host: &Host, clear: &Clear) -> Vec<Step> {
    let via = cluster.via();
    let server = scene.server(via);
    let socket = &scene.topology.kubeadm.cri_socket;
    let member = clear
        .member
        .as_ref()
        .map(|member| mend::remove_member(&via.name, (&member.id, &member.sum), &host.name, socket));
    let reset = clear.host.then(|| mend::reset(&host.name, socket));
    let lost = reset
        .iter()
        .flat_map(|_| hosts::files_lost_in_a_reset(scene, host));
    let lost: Vec<Step> = lost.collect();
    let node = clear
        .node
        .then(|| mend::delete_node(&via.name, &server, &host.name));
    // The host is stopped before its node object goes: a running kubelet would register it again.
    let cleared = reset.into_iter().chain(member).chain(node);
    cleared.chain(lost).collect()
}

fn worker_chains(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Chain>, Problem> {
    let chains = joins.workers.iter().map(|(host, way)| {
        let steps = match way {
            Way::Join { clear } => {
                let mut steps = clearing(scene, cluster, host, clear);
                steps.extend(kubeadm::for_join(scene, cluster, host)?);
                steps.push(node::join(host, &kubeadm::flags(scene, host)?));
                steps
            }
            Way::Finish | Way::BringUp { .. } => {
                let identity = without_bootstrap_identity(scene, host);
                identity
                    .into_iter()
                    .chain(annotation(scene, cluster, host))
                    .collect()
            }
        };
        Ok(Chain {
            necessity: Necessity::MayLag,
            ..chain(&host.name, steps)
        })
    });
    chains.collect()
}
