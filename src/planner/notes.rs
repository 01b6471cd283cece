//! What the operator should know that no step does anything about.

use super::decision::Joins;
use super::limit::Limit;
use super::{Allowance, Cluster, Scene, balancers, etcd, images, preparation, versions};
use crate::facts::other_versions;
use crate::plan::{Note, NoteLevel};
use crate::remote::files::{self, ApiVersion};
use crate::topology::{EtcdTopology, Role};

pub(super) fn gather(
    scene: &Scene,
    cluster: &Cluster,
    (etcd, joins): (&etcd::Decision, &Joins),
    (allowance, limit): (&Allowance, &Limit<'_>),
) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(versions::differences(scene).into_iter().map(warning));
    let running = other_versions(scene.topology, scene.observation);
    notes.extend(running.into_iter().map(warning));
    notes.extend(unreachable(scene, allowance).into_iter().map(warning));
    notes.extend(not_applied(scene, cluster, etcd).into_iter().map(warning));
    notes.extend(etcd::left_alone(scene, cluster, joins).into_iter().map(warning));
    notes.extend(preparation::left_alone(scene).into_iter().map(info));
    notes.extend(left_alone(scene, cluster).into_iter().map(info));
    notes.extend(images::notes(scene, cluster, joins, etcd).into_iter().map(info));
    notes.extend(etcd::notes(scene, etcd));
    notes.extend(foreign_balancer(scene, cluster).map(info));
    notes.extend(stalled(scene, cluster).map(warning));
    notes.extend(balancers::held_back(scene, limit).into_iter().map(warning));
    notes.extend(limit.note().map(warning));
    notes
}

fn unreachable(scene: &Scene, allowance: &Allowance) -> Vec<String> {
    let silent = scene
        .topology
        .hosts
        .iter()
        .filter(|host| scene.facts(&host.name).is_none());
    silent
        .map(|host| {
            format!(
                "{} cannot be reached and lags (--max-unreachable-workers {})",
                host.name, allowance.max_unreachable_workers
            )
        })
        .collect()
}

fn not_applied(scene: &Scene, cluster: &Cluster, etcd: &etcd::Decision) -> Vec<String> {
    let Some(there) = cluster.there() else {
        return Vec::new();
    };
    let Some(running) = there.view.cluster_configuration.known() else {
        return Vec::new();
    };
    let new = etcd::new_configuration(scene, cluster, etcd).map(|(_, new)| new);
    let running = new.as_ref().unwrap_or(running);
    let Ok(api) = ApiVersion::for_kubeadm(scene.kubeadm(&there.via.name)) else {
        return Vec::new();
    };
    let differences = match files::cluster_configuration(scene.topology, api) {
        Ok(wanted) => files::differences(&wanted, running),
        Err(problem) => return vec![problem.headline()],
    };
    differences
        .into_iter()
        .map(|difference| format!("not applied to a running cluster: {difference}"))
        .collect()
}

fn left_alone(scene: &Scene, cluster: &Cluster) -> Vec<String> {
    let gone = cluster
        .nodes()
        .iter()
        .filter(|node| scene.topology.host(&node.name).is_none_or(|host| !host.is_node()));
    gone.map(|node| {
        format!(
            "node {} is in the cluster and not in the inventory: left alone",
            node.name
        )
    })
    .collect()
}

fn foreign_balancer(scene: &Scene, cluster: &Cluster) -> Option<String> {
    if scene.topology.with_role(Role::Balancer).next().is_some() {
        return None;
    }
    let port = scene.topology.api_port;
    let targets: Vec<String> = scene
        .topology
        .with_role(Role::ControlPlane)
        .map(|host| format!("{}:{port}", host.address))
        .collect();
    let first = format!("{}:{port}", cluster.via().address);
    Some(format!(
        "the balancer of {} is not hawser's; tell it:\n  before init: one target, {first}, TCP\n  after each join: that control plane too; in the end {}\n  health check: HTTPS GET /readyz, status 200, certificate not verified",
        scene.topology.endpoint.authority(),
        targets.join(", "),
    ))
}

fn stalled(scene: &Scene, cluster: &Cluster) -> Option<String> {
    let there = cluster.there().filter(|there| !there.well)?;
    let first = match scene.topology.etcd {
        EtcdTopology::Stacked => {
            format!(
                "{} lists etcd's members, and what is half-joined is",
                there.via.name
            )
        }
        EtcdTopology::External => "etcd and what stands of the control planes are".to_owned(),
    };
    Some(format!(
        "no API server is well; {first} brought up first. The nodes are looked at in the next run"
    ))
}

fn info(text: String) -> Note {
    Note {
        level: NoteLevel::Info,
        text,
    }
}

pub(super) fn warning(text: String) -> Note {
    Note {
        level: NoteLevel::Warning,
        text,
    }
}
