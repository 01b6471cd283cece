//! Who joins, who is mended, in which order.
//!
//! Control planes one by one, the workers beside them, at most ten at once. While etcd grows from one voter to two
//! it has no quorum until the newcomer runs: nothing else is started in that window.

use super::ways::{Clear, Joins, Way, to_be_let_in};
use super::{ALL_AT_ONCE, Cluster, Scene, balancers, chain, phase};
use crate::error::Problem;
use crate::plan::{Chain, Lane, Necessity, Phase, Step};
use crate::remote::files;
use crate::steps::{control_plane, mend, node, secrets};
use crate::topology::{Host, HostName, Role, Version};

/// The phase that makes what every join needs, whichever hosts join.
pub(super) const SECRETS: &str = "secrets of this run";

/// How many workers join at once: more only makes API server and registry slower.
pub(super) const WORKERS_AT_ONCE: usize = 10;

/// The phases of all joins.
pub(super) fn phases(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Phase>, Vec<Problem>> {
    let mut phases = vec![bring_up(scene, joins), secrets_first(scene, cluster, joins)?];
    let mut planes = control_plane_chains(scene, cluster, joins)?;
    let workers = worker_chains(scene, cluster, joins)?;
    if grows_without_quorum(scene, cluster, joins) && !planes.is_empty() {
        let second = planes.remove(0);
        phases.push(phase("join the second control plane", 1, vec![second]));
    }
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

/// kubeadm up to 1.28 adds a voter; from one to two, etcd then waits for the newcomer. A member that is brought up
/// is such a newcomer too.
fn grows_without_quorum(scene: &Scene, cluster: &Cluster, joins: &Joins) -> bool {
    let started = cluster.members().iter().filter(|member| member.healthy).count();
    let one = cluster.is_to_be_initialised() || started <= 1;
    joins
        .control_planes
        .first()
        .is_some_and(|(host, _)| one && scene.kubeadm(&host.name) < Version::new(1, 29, 0))
}

/// Half-joined control planes whose etcd member is listed are started first: etcd may have no quorum without them, and
/// then nothing else can be done.
fn bring_up(scene: &Scene, joins: &Joins) -> Phase {
    let half = joins
        .control_planes
        .iter()
        .filter(|(_, way)| *way == Way::BringUp);
    let chains =
        half.map(|(host, _)| chain(&host.name, vec![mend::bring_up(&host.name, &scene.server(host))]));
    // All at once: none is well before those that make the quorum run.
    phase("bring up what is half-joined", ALL_AT_ONCE, chains.collect())
}

/// The run's own token, and the certificates sealed with the run's own key, where the cluster is already there.
fn secrets_first(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Phase, Vec<Problem>> {
    let via = &cluster.via();
    let mut steps = Vec::new();
    let joining = |list: &[(&Host, Way)]| list.iter().any(|(_, way)| matches!(way, Way::Join { .. }));
    let wanted = joining(&joins.control_planes) || joining(&joins.workers) || needs_file(joins);
    if cluster.there().is_some() && wanted {
        let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))
            .map_err(|problem| vec![problem])?;
        steps.extend(secrets::create_token(&via.name, &file));
        if joining(&joins.control_planes) {
            steps.push(secrets::upload_certificates(&via.name));
        }
    }
    let chains = if steps.is_empty() {
        vec![]
    } else {
        vec![chain(&via.name, steps)]
    };
    Ok(phase(SECRETS, 1, chains))
}

fn needs_file(joins: &Joins) -> bool {
    joins.control_planes.iter().any(|(_, way)| *way == Way::BringUp)
}

fn control_plane_chains(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Chain>, Vec<Problem>> {
    let mut members = balancers::members(scene, cluster);
    let mut chains = Vec::new();
    let mut earlier = cluster.is_to_be_initialised();
    for host in scene.topology.with_role(Role::ControlPlane) {
        let way = joins
            .control_planes
            .iter()
            .find(|(joiner, _)| joiner.name == host.name)
            .map(|(_, way)| way);
        let was_in = members.contains(&host.name);
        let mut steps = match way {
            Some(way) => control_plane_steps(scene, cluster, host, way, &mut members)?,
            None if to_be_let_in(scene, cluster, host) => balancers::watch(scene, host),
            None => continue,
        };
        if earlier && matches!(way, Some(Way::Join { .. })) {
            steps.splice(0..0, refresh(scene, cluster, host)?);
        }
        earlier |= matches!(way, Some(Way::Join { .. }));
        if !members.contains(&host.name) {
            members = in_order(scene, &members, &host.name);
        }
        if !was_in || way.is_some() {
            steps.extend(balancers::let_in(scene, host, &members));
        }
        chains.push(chain(&host.name, steps));
    }
    Ok(chains)
}

/// The members with one more, in the inventory's order.
fn in_order(scene: &Scene, members: &[HostName], newcomer: &HostName) -> Vec<HostName> {
    let hosts = scene
        .topology
        .with_role(Role::ControlPlane)
        .map(|host| host.name.clone());
    hosts
        .filter(|name| members.contains(name) || name == newcomer)
        .collect()
}

/// Before a later join the uploaded certificates are looked at, and uploaded again when they are old.
fn refresh(scene: &Scene, cluster: &Cluster, before: &Host) -> Result<Vec<Step>, Vec<Problem>> {
    let via = cluster.via();
    let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))
        .map_err(|problem| vec![problem])?;
    let mut write = crate::steps::files::put_transient(&via.name, &file);
    write.id = crate::plan::StepId(format!("{}/write-upload-file-for-{}", via.name, before.name));
    Ok(vec![
        write,
        secrets::refresh_certificates(&via.name, &before.name),
    ])
}

fn control_plane_steps(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    way: &Way,
    members: &mut Vec<HostName>,
) -> Result<Vec<Step>, Vec<Problem>> {
    let version = scene.kubeadm(&host.name);
    let server = scene.server(host);
    let file = Scene::joining(cluster, files::join_control_plane(scene.topology, host, version))?;
    Ok(match way {
        Way::BringUp | Way::Annotate => {
            let mut steps = balancers::watch(scene, host);
            steps.extend(mend::finish_control_plane(&host.name, &file, version));
            steps.extend(without_bootstrap_identity(scene, host));
            steps
        }
        Way::Join { clear } => {
            let mut steps = Vec::new();
            if members.contains(&host.name) {
                members.retain(|member| *member != host.name);
                steps.extend(balancers::take_out(scene, host, members));
            }
            steps.extend(clearing(scene, cluster, host, clear));
            steps.extend(balancers::watch(scene, host));
            steps.extend(control_plane::join(host, &server, &file));
            steps
        }
    })
}

fn without_bootstrap_identity(scene: &Scene, host: &Host) -> Vec<Step> {
    let left = scene
        .facts(&host.name)
        .is_some_and(|facts| facts.kubernetes.has_bootstrap_kubelet_conf);
    left.then(|| mend::remove_bootstrap_identity(&host.name))
        .into_iter()
        .collect()
}

fn clearing(scene: &Scene, cluster: &Cluster, host: &Host, clear: &Clear) -> Vec<Step> {
    let via = cluster.via();
    let server = scene.server(via);
    let socket = &scene.topology.kubeadm.cri_socket;
    let member = clear
        .member
        .as_ref()
        .map(|(id, sum)| mend::remove_member(&via.name, (id, sum), &host.name, socket));
    let reset = clear.host.then(|| mend::reset(&host.name, socket));
    let node = clear
        .node
        .then(|| mend::delete_node(&via.name, &server, &host.name));
    // The host is stopped before its node object goes: a running kubelet would register it again.
    reset.into_iter().chain(member).chain(node).collect()
}

fn worker_chains(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Result<Vec<Chain>, Vec<Problem>> {
    let via = cluster.via();
    joins
        .workers
        .iter()
        .map(|(host, way)| {
            let steps = match way {
                Way::Join { clear } => {
                    let file = Scene::joining(
                        cluster,
                        files::join_worker(scene.topology, host, scene.kubeadm(&host.name)),
                    )?;
                    let mut steps = clearing(scene, cluster, host, clear);
                    steps.extend(node::join(host, &file));
                    steps
                }
                Way::Annotate | Way::BringUp => {
                    let mut steps = without_bootstrap_identity(scene, host);
                    steps.push(mend::annotate(
                        &via.name,
                        &scene.server(via),
                        &host.name,
                        &scene.topology.kubeadm.cri_socket,
                    ));
                    steps
                }
            };
            Ok(Chain {
                necessity: Necessity::MayLag,
                ..chain(&host.name, steps)
            })
        })
        .collect()
}
