//! The phases in which hosts join, and half-joined ones are repaired.
//!
//! Control planes one by one, the workers beside them, as many at once as the inventory says. While etcd grows from one
//! voter to two it has no quorum until the new member runs: nothing else is started in that window.

use super::clearing::Clearing;
use super::clearing_steps::clearing_steps;
use super::node_actions::{JoinState, NodeAction, Planned};
use super::situation::Situation;
use super::{balancers, certificates, kubeadm_files};
use crate::error::Problem;
use crate::facts::writes_cri_socket;
use crate::plan::{Chain, Lane, Milestone, Necessity, Step};
use crate::remote::{credentials, files, half_joined, join};
use crate::topology::{EtcdTopology, Host, Role};
use crate::values::Slot;
use crate::versions::kubernetes::joins_as_learner;

/// Before how many joins, one after the other, the run's token is young enough: of two hours each takes twenty minutes
/// at most.
const YOUNG_ENOUGH: usize = 3;

/// Half-joined control planes whose etcd member is listed are started first, all at once: etcd may have no quorum
/// without them, and then nothing else can be done. A kubelet that has no certificate yet starts only with a bootstrap
/// identity; that its token is made later, when there is an API to make it, does not matter for that.
pub(super) fn restart(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let chains = situation.nodes.restarted().map(|planned| {
        let host = planned.host;
        let server = situation.api_url(host);
        let identity = lacks_identity(situation, host)
            .then(|| half_joined::write_bootstrap_identity(&host.name, &server));
        let steps = identity
            .into_iter()
            .chain([half_joined::bring_up(&host.name, &server)]);
        Chain::required(&host.name, steps.collect())
    });
    Ok(chains.collect())
}

/// The run's own token, where the cluster is already there, and the certificates for those that join.
pub(super) fn prepare_credentials(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let via = situation.cluster.reference_node();
    let nodes = &situation.nodes;
    let bootstraps = |planned: &Planned| {
        let finishes = planned.action == NodeAction::FinishWorker;
        planned.joins() || (finishes && lacks_identity(situation, planned.host))
    };
    let mut planes = nodes.control_planes.iter();
    let is_wanted =
        planes.any(|planned| planned.joins() || planned.finishes()) || nodes.workers.iter().any(bootstraps);
    let mut chains = Vec::new();
    if situation.cluster.existing().is_some() && is_wanted {
        let file = files::upload_certs(situation.topology, via, situation.kubeadm_version(&via.name))?;
        let steps = credentials::create_token(&via.name, &file, credentials::Made::ForRun);
        chains.push(Chain::required(&via.name, steps));
    }
    chains.extend(certificates::share(situation));
    Ok(chains)
}

/// A listed member that does not run keeps every host from joining: all of them go before the first join.
pub(super) fn remove_failed(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let failed = situation.nodes.control_planes.iter();
    let chains = failed.filter_map(|planned| {
        let clearing = planned
            .clearing()
            .filter(|clearing| clearing.listed_member.is_some())?;
        let steps = clearing_steps(situation, planned.host, clearing);
        Some(Chain::required(&planned.host.name, steps))
    });
    Ok(chains.collect())
}

/// The second control plane alone, where etcd has no quorum until it runs.
pub(super) fn join_second(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let mut chains = control_plane_chains(situation)?;
    chains.truncate(joined_alone(situation));
    Ok(chains)
}

/// The other control planes, and beside them the workers.
pub(super) fn join(situation: &Situation) -> Result<Vec<Lane>, Problem> {
    let mut control_planes = control_plane_chains(situation)?;
    let alone = joined_alone(situation).min(control_planes.len());
    let lanes = [
        Lane {
            width: 1,
            chains: control_planes.split_off(alone),
        },
        Lane {
            width: situation.topology.workers_at_once,
            chains: worker_chains(situation)?,
        },
    ];
    Ok(lanes.into_iter().filter(|lane| !lane.chains.is_empty()).collect())
}

/// How many of the control planes' chains come before all else joins. What is enabled or finished comes before the
/// joins; nothing runs beside the first of these.
fn joined_alone(situation: &Situation) -> usize {
    if !grows_without_quorum(situation) {
        return 0;
    }
    let nodes = &situation.nodes;
    let finished = nodes.control_planes.iter().filter(|planned| planned.finishes());
    nodes.to_enable.len() + finished.count() + 1
}

/// Where kubeadm adds a voter, etcd waits for the new member as it grows from one to two.
fn grows_without_quorum(situation: &Situation) -> bool {
    if situation.topology.etcd == EtcdTopology::External {
        return false;
    }
    let cluster = &situation.cluster;
    let planned = &situation.nodes.control_planes;
    let voters = cluster.members().iter().filter(|member| !member.learner).count();
    let removed = planned.iter().filter_map(Planned::removed_member).count();
    let is_one = cluster.is_to_be_initialised() || voters - removed.min(voters) <= 1;
    let first = situation.nodes.joining_control_planes().next();
    first.is_some_and(|first| is_one && !joins_as_learner(situation.kubeadm_version(&first.host.name)))
}

fn control_plane_chains(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let mut behind = situation.nodes.behind_balancers.clone();
    let mut chains = Vec::new();
    for host in &situation.nodes.to_enable {
        behind = situation.with_one_more(&behind, &host.name);
        let mut steps = balancers::watch(situation, host);
        steps.extend(balancers::enable(situation, host, &behind)?);
        chains.push(Chain::required(&host.name, steps));
    }
    let mut is_later = situation.cluster.is_to_be_initialised();
    for planned in &situation.nodes.control_planes {
        let host = planned.host;
        let mut steps = match &planned.action {
            NodeAction::Join(clearing) => join_control_plane(situation, host, clearing)?,
            NodeAction::Restart(JoinState::Unfinished) => finish_control_plane(situation, host)?,
            NodeAction::Restart(JoinState::Finished) | NodeAction::FinishWorker => continue,
        };
        if is_later && planned.joins() {
            // On the reference node: the uploaded certificates are made new if they are over 90 minutes old.
            steps.splice(0..0, certificates::refresh(situation, host)?);
        }
        if chains.len() >= YOUNG_ENOUGH && planned.joins() {
            steps.splice(0..0, certificates::renew_token(situation, host)?);
        }
        is_later |= planned.joins();
        behind = situation.with_one_more(&behind, &host.name);
        if planned.joins() || !balancers::is_the_only_one(situation, host) {
            steps.extend(balancers::enable(situation, host, &behind)?);
        }
        let milestone = planned.joins().then_some(Milestone::HostJoined);
        chains.push(Chain::required(&host.name, steps).reaching(milestone));
    }
    Ok(chains)
}

fn join_control_plane(situation: &Situation, host: &Host, clearing: &Clearing) -> Result<Vec<Step>, Problem> {
    // One whose member goes was cleared before all joins.
    let mut steps = match clearing.listed_member {
        Some(_) => Vec::new(),
        None => clearing_steps(situation, host, clearing),
    };
    steps.extend(certificates::copy_to(situation, host));
    steps.extend(balancers::watch(situation, host));
    steps.extend(prepare_configuration(situation, host)?);
    let flags = kubeadm_files::patch_flags(situation, host)?;
    let scale_up = situation.stacked_scale_up.as_ref();
    steps.extend(scale_up.and_then(|scale_up| scale_up.check_before(situation, host)));
    steps.push(join::as_control_plane(host, &situation.api_url(host), &flags));
    Ok(steps)
}

fn finish_control_plane(situation: &Situation, host: &Host) -> Result<Vec<Step>, Problem> {
    let cluster = &situation.cluster;
    let mut steps = if balancers::is_the_only_one(situation, host) {
        Vec::new()
    } else {
        balancers::watch(situation, host)
    };
    // kubeadm waits for the node, which a kubelet makes that has its certificate.
    steps.extend(lacks_identity(situation, host).then(|| half_joined::await_certificate(&host.name)));
    steps.extend(prepare_configuration(situation, host)?);
    let (version, server) = (situation.kubeadm_version(&host.name), situation.api_url(host));
    steps.push(half_joined::finish_control_plane(&host.name, &server, version));
    steps.extend(without_bootstrap_identity(situation, host));
    if !cluster.is_stalled() && cluster.node(host).is_none_or(|node| !node.joined) {
        steps.extend(annotate(situation, host));
    }
    Ok(steps)
}

/// Whether the kubelet's TLS bootstrap did not come to its end: the token that it asks with is gone.
fn lacks_identity(situation: &Situation, host: &Host) -> bool {
    let facts = situation.facts(&host.name);
    facts.is_some_and(|facts| !facts.kubernetes.has_kubelet_identity())
}

/// The identity with which a kubelet asked for its own holds a token; kubeadm removes it at the end of a join.
fn without_bootstrap_identity(situation: &Situation, host: &Host) -> Option<Step> {
    let is_left = situation.facts(&host.name)?.kubernetes.has_bootstrap_kubelet_conf;
    (is_left || lacks_identity(situation, host)).then(|| half_joined::remove_bootstrap_identity(&host.name))
}

/// Where the host's own kubeadm would have written it.
fn annotate(situation: &Situation, host: &Host) -> Option<Step> {
    let is_written = situation.facts(&host.name).is_some_and(writes_cri_socket);
    let via = situation.cluster.reference_node();
    let socket = &situation.topology.kubeadm.cri_socket;
    is_written.then(|| half_joined::annotate(&via.name, &situation.api_url(via), &host.name, socket))
}

/// A worker's kubelet has its identity of this cluster, or gets it: it registers its node by itself.
fn finish_worker(situation: &Situation, host: &Host) -> Vec<Step> {
    let via = situation.cluster.reference_node();
    let is_active = situation.facts(&host.name).is_some_and(|facts| {
        let kubelet = facts.units.get("kubelet");
        kubelet.is_some_and(|kubelet| kubelet.active)
    });
    let node = situation.cluster.node(host);
    let mut steps = Vec::new();
    if lacks_identity(situation, host) {
        let endpoint = format!("https://{}", situation.topology.endpoint.authority());
        steps.push(half_joined::write_bootstrap_identity(&host.name, &endpoint));
        steps.push(half_joined::await_certificate(&host.name));
    } else if node.is_none() || !is_active {
        steps.push(half_joined::start_worker(&host.name));
    }
    steps.extend(
        node.is_none()
            .then(|| half_joined::await_registered(&via.name, &situation.api_url(via), &host.name)),
    );
    steps.extend(without_bootstrap_identity(situation, host));
    if node.is_none_or(|node| !node.joined) {
        steps.extend(annotate(situation, host));
    }
    steps
}

fn worker_chains(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let width = situation.topology.workers_at_once;
    let workers = situation.nodes.workers.iter().enumerate();
    let chains = workers.map(|(place, planned)| {
        let host = planned.host;
        let mut steps = Vec::new();
        if let NodeAction::Join(clearing) = &planned.action {
            if place > 0 && place % width == 0 {
                steps.extend(certificates::renew_token(situation, host)?);
            }
            steps.extend(clearing_steps(situation, host, clearing));
            steps.extend(prepare_configuration(situation, host)?);
            steps.push(join::as_worker(
                host,
                &kubeadm_files::patch_flags(situation, host)?,
            ));
        } else {
            steps.extend(finish_worker(situation, host));
        }
        let milestone = planned.joins().then_some(Milestone::HostJoined);
        let chain = Chain::required(&host.name, steps).reaching(milestone);
        Ok(chain.with_necessity(Necessity::Tolerated))
    });
    chains.collect()
}

/// Puts in place what a join reads, with the CA's hash in it where the cluster is already there.
fn prepare_configuration(situation: &Situation, host: &Host) -> Result<Vec<Step>, Problem> {
    let version = situation.kubeadm_version(&host.name);
    // In `files::kubeadm`.
    let mut file = if host.is(Role::ControlPlane) {
        files::join_control_plane(situation.topology, host, version)?
    } else {
        files::join_worker(situation.topology, host, version)?
    };
    if let Some(existing) = situation.cluster.existing() {
        file.content = file.content.with(Slot::CaHash, &existing.ca_hash);
    }
    // By `remote::join::prepare`, with the patches beside it.
    kubeadm_files::prepare_files(situation, host, &file)
}
