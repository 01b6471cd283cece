//! Is there a cluster, and who tells of it? Never a second one: `init` is planned only where nothing is.

use super::endpoint_owner::refuse_other_server;
use super::hidden_clusters;
use super::init::{InitState, evaluate_init, has_ended, refuse_missing_manifest};
use super::inputs::Inputs;
use super::kubelet_start::kubelet_has_just_started;
use super::survey::{Cluster, Existing};
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{self, HostFacts, Membership, Observed, StaticPod, control_plane_membership};
use crate::topology::{EtcdTopology, Host, Role};

/// Finds the cluster, or why it cannot be told.
pub(super) fn recognise_cluster<'a>(inputs: &Inputs<'a>) -> Result<Cluster<'a>, Vec<Problem>> {
    let planes: Vec<(&Host, &HostFacts)> = inputs.answered(Role::ControlPlane).collect();
    refuse_different_cas(&planes)?;
    let holders: Vec<&Host> = inputs
        .all_answered()
        .filter(|(host, facts)| host.is_node() && holds_something(inputs, host, facts))
        .map(|(host, _)| host)
        .collect();
    if let Some((host, facts)) = reference_node(inputs, &planes) {
        // Joins begin when init has ended: where another host holds something, this one is no half-done init.
        let joined = holders.iter().any(|holder| holder.name != host.name);
        if joined || has_ended(inputs, host, facts)? {
            return existing_cluster(host, facts, Api::Answers);
        }
        return Ok(Cluster::Unfinished(host));
    }
    match holders.as_slice() {
        [] => return absent(inputs),
        [only] => match evaluate_init(inputs, only)? {
            InitState::Unbegun if may_come_up(inputs, only) => {
                return Err(silent_cluster(inputs, &holders).into());
            }
            InitState::Unbegun => return Ok(Cluster::HalfInitialised(only)),
            InitState::Unfinished => return Ok(Cluster::Unfinished(only)),
            InitState::Cluster => {
                if let Some(problem) = refuse_missing_manifest(inputs, only) {
                    return Err(problem.into());
                }
            }
        },
        _ => {}
    }
    match planes.iter().find(|(_, facts)| can_be_restarted(inputs, facts)) {
        Some((host, facts)) => existing_cluster(host, facts, Api::Silent),
        None => Err(vec![no_api_server(inputs, &holders)]),
    }
}

/// Whether an API server of the cluster answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Answers,
    Silent,
}

/// The refusal where hosts hold something and no API server answers, nor can one be brought up.
fn no_api_server(inputs: &Inputs, holders: &[&Host]) -> Problem {
    let silent = silent_cluster(inputs, holders);
    let elsewhere = hidden_clusters::refuse_data_elsewhere(inputs).filter(|_| !silent.may_pass());
    elsewhere.unwrap_or(silent)
}

fn existing_cluster<'a>(host: &'a Host, facts: &'a HostFacts, api: Api) -> Result<Cluster<'a>, Vec<Problem>> {
    let unreadable = |cause: String| {
        vec![Problem::Probe {
            host: host.name.clone(),
            what: "the cluster's CA".to_owned(),
            cause,
        }]
    };
    let view = facts
        .cluster
        .as_ref()
        .ok_or_else(|| unreadable("the cluster was not probed".to_owned()))?;
    let ca = facts
        .kubernetes
        .ca
        .as_deref()
        .ok_or_else(|| unreadable("there is no ca.crt".to_owned()))?;
    let ca_hash = ca_hash(ca).map_err(unreadable)?;
    Ok(Cluster::Existing(Existing {
        reference_node: host,
        view,
        ca,
        ca_hash,
        api_answers: api == Api::Answers,
    }))
}

/// A control plane whose own API server is well; a complete member before one that has to be repaired.
fn reference_node<'a>(
    inputs: &Inputs,
    planes: &[(&'a Host, &'a HostFacts)],
) -> Option<(&'a Host, &'a HostFacts)> {
    let is_well = |facts: &HostFacts| {
        let view = facts.cluster.as_ref();
        view.is_some_and(|view| view.ready.known() == Some(&true) && view.nodes.known().is_some())
    };
    let is_member = |host: &Host, facts: &HostFacts| {
        let found = control_plane_membership(
            host,
            facts,
            facts::ReferenceCluster::of(facts),
            inputs.topology.etcd,
        );
        found == Observed::Known(Membership::Member)
    };
    let mut well = planes.iter().filter(|(_, facts)| is_well(facts)).copied();
    let first = well.clone().next();
    well.find(|(host, facts)| is_member(host, facts)).or(first)
}

/// A control plane that can be brought up as it is: its etcd at least lists its members, or etcd is elsewhere.
fn can_be_restarted(inputs: &Inputs, facts: &HostFacts) -> bool {
    if inputs.topology.etcd == EtcdTopology::External {
        let found = &facts.kubernetes;
        let has_api_server = found.has_manifest(StaticPod::ApiServer);
        return has_api_server && found.has_admin_conf && found.has_ca_key && found.has_kubelet_identity();
    }
    let members = facts.cluster.as_ref().and_then(|view| view.etcd.known());
    members.is_some_and(|members| !members.is_empty()) && facts.kubernetes.has_ca_key
}

fn holds_something(inputs: &Inputs, host: &Host, facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.ca.is_some()
        || found.has_ca_key
        || found.may_have_kubelet_identity()
        || found.has_bootstrap_kubelet_conf
        || found.has_admin_conf
        || found.has_etcd_data
        || !hidden_clusters::data_elsewhere(inputs, host, facts).is_empty()
        || StaticPod::ALL.iter().any(|pod| found.has_manifest(*pod))
}

/// Nothing is anywhere, and nothing speaks TLS at the endpoint.
fn absent<'a>(inputs: &Inputs<'a>) -> Result<Cluster<'a>, Vec<Problem>> {
    refuse_other_server(inputs)?;
    match inputs.control_planes().next() {
        Some(host) => Ok(Cluster::Absent(host)),
        None => Err(vec![Problem::MissingHosts {
            hosts: inputs
                .topology
                .with_role(Role::ControlPlane)
                .map(|host| (host.name.clone(), "did not answer".to_owned()))
                .collect(),
            because: "a cluster needs a control plane".to_owned(),
        }]),
    }
}

fn refuse_different_cas(planes: &[(&Host, &HostFacts)]) -> Result<(), Vec<Problem>> {
    let hashes: Vec<(&Host, String)> = planes
        .iter()
        .filter_map(|(host, facts)| Some((*host, ca_hash(facts.kubernetes.ca.as_deref()?).ok()?)))
        .collect();
    let differs = hashes
        .first()
        .is_some_and(|(_, first)| hashes.iter().any(|(_, hash)| hash != first));
    if !differs {
        return Ok(());
    }
    Err(vec![Problem::Unsafe {
        what: "the control planes hold certificates of different clusters".to_owned(),
        because: hashes
            .iter()
            .map(|(host, hash)| format!("{}: CA {hash}", host.name))
            .collect(),
        recovery: vec![
            "correct the inventory, so that it names the hosts of one cluster".to_owned(),
            "or reset the host that should move to this cluster: `kubeadm reset` on it".to_owned(),
        ],
    }])
}

fn silent_cluster(inputs: &Inputs, holders: &[&Host]) -> Problem {
    let starts = |host: &&Host| {
        let facts = inputs.facts(&host.name).filter(|_| host.is(Role::ControlPlane));
        facts.is_some_and(kubelet_has_just_started)
    };
    let control_planes = holders.iter().filter(|host| host.is(Role::ControlPlane));
    Problem::Silent {
        control_planes: control_planes.map(|host| host.name.clone()).collect(),
        starting: holders.iter().any(starts),
        holders: holders.iter().map(|host| host.name.clone()).collect(),
    }
}

/// Whether an API server may come to its etcd by itself: its host has just started.
fn may_come_up(inputs: &Inputs, host: &Host) -> bool {
    inputs.facts(&host.name).is_some_and(|facts| {
        let found = &facts.kubernetes;
        let has_manifest = found.has_manifest(StaticPod::ApiServer);
        found.has_etcd_data && found.has_admin_conf && has_manifest && kubelet_has_just_started(facts)
    })
}
