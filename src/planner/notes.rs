//! What the operator should know that no step does anything about.

use std::collections::BTreeSet;

use super::host_names::{as_limits, in_a_row};
use super::situation::Situation;
use super::{balancers, etcd, images, init, preparation, versions};
use crate::facts::other_versions;
use crate::plan::Note;
use crate::remote::files::{self, ApiVersion};
use crate::topology::{EtcdTopology, HostName, Role};

/// `left_out` are the hosts with which something would be done, and that `--limit` leaves out.
pub(super) fn gather(situation: &Situation, left_out: &BTreeSet<HostName>) -> Vec<Note> {
    let running = other_versions(situation.topology, situation.observation);
    let mut notes: Vec<Note> = versions::differences(situation)
        .into_iter()
        .chain(running)
        .chain(unreachable(situation))
        .chain(not_applied(situation))
        .chain(etcd::unhealthy(situation))
        .chain(etcd::not_updated(situation))
        .map(Note::warning)
        .collect();
    let infos = preparation::left_alone(situation)
        .into_iter()
        .chain(preparation::added_to(situation))
        .chain(unknown_nodes(situation))
        .chain(without_addon(situation))
        .chain(images::notes(situation));
    notes.extend(infos.map(Note::info));
    notes.extend(etcd::notes(situation));
    notes.extend(foreign_balancer(situation).map(Note::info));
    let warnings = stalled(situation)
        .into_iter()
        .chain(balancers::notes(situation))
        .chain(limit_note(left_out));
    notes.extend(warnings.map(Note::warning));
    notes.extend(
        situation
            .stacked_scale_up
            .as_ref()
            .map(etcd::StackedScaleUp::note),
    );
    notes
}

/// Which hosts differ from the inventory besides, and what takes it up.
fn limit_note(left_out: &BTreeSet<HostName>) -> Option<String> {
    (!left_out.is_empty()).then(|| {
        format!(
            "--limit leaves out the changes on {}; `hawser apply {}` applies them",
            in_a_row(left_out),
            as_limits(left_out)
        )
    })
}

fn unreachable(situation: &Situation) -> Vec<String> {
    let silent = situation
        .topology
        .hosts
        .iter()
        .filter(|host| situation.facts(&host.name).is_none());
    silent
        .map(|host| {
            format!(
                "{} cannot be reached, which is tolerated (--max-unreachable-workers {})",
                host.name, situation.allowance.max_unreachable_workers
            )
        })
        .collect()
}

fn not_applied(situation: &Situation) -> Vec<String> {
    let Some(existing) = situation.cluster.existing() else {
        return Vec::new();
    };
    let Some(running) = existing.view.cluster_configuration.known() else {
        return Vec::new();
    };
    let new = etcd::new_configuration(situation).map(|(_, new)| new);
    let running = new.as_ref().unwrap_or(running);
    let Ok(api) = ApiVersion::for_kubeadm(situation.kubeadm_version(&existing.reference_node.name)) else {
        return Vec::new();
    };
    let differences = match files::cluster_configuration(situation.topology, api) {
        Ok(wanted) => files::differences(&wanted, running),
        Err(problem) => return vec![problem.headline()],
    };
    differences
        .into_iter()
        .map(|difference| format!("not applied to a running cluster: {difference}"))
        .collect()
}

fn unknown_nodes(situation: &Situation) -> Vec<String> {
    let gone = situation.cluster.nodes().iter().filter(|node| {
        situation
            .topology
            .host(&node.name)
            .is_none_or(|host| !host.is_node())
    });
    gone.map(|node| {
        format!(
            "node {} is in the cluster and not in the inventory: left alone",
            node.name
        )
    })
    .collect()
}

/// Something else may do its work, and whether it does cannot be told from here.
fn without_addon(situation: &Situation) -> Option<String> {
    let existing = situation.cluster.existing()?;
    let addon = init::last_addon(situation.topology)
        .filter(|_| init::lacks_addon(situation.topology, existing.view))?;
    Some(format!(
        "{addon} is missing, and is not added to a running cluster: if another program replaces it, set \
         skip_phases = [\"addon/{addon}\"] under [kubeadm]; if you need it, `kubeadm init phase addon {addon}` on {} creates it",
        existing.reference_node.name
    ))
}

fn foreign_balancer(situation: &Situation) -> Option<String> {
    if situation.topology.with_role(Role::Balancer).next().is_some() {
        return None;
    }
    let port = situation.topology.api_port;
    let targets: Vec<String> = situation
        .topology
        .with_role(Role::ControlPlane)
        .map(|host| format!("{}:{port}", host.address))
        .collect();
    let first = format!("{}:{port}", situation.cluster.reference_node().address);
    Some(format!(
        "hawser does not manage the balancer of {}; configure it:\n  before init: one target, {first}, TCP\n  after each join: that control plane too; in the end {}\n  health check: HTTPS GET /readyz, status 200, certificate not verified",
        situation.topology.endpoint.authority(),
        targets.join(", "),
    ))
}

fn stalled(situation: &Situation) -> Option<String> {
    let existing = situation
        .cluster
        .existing()
        .filter(|existing| !existing.api_answers)?;
    let first = match situation.topology.etcd {
        EtcdTopology::Stacked => {
            format!(
                "{} lists the etcd members, and half-joined control planes are",
                existing.reference_node.name
            )
        }
        EtcdTopology::External => "etcd and the existing control planes are".to_owned(),
    };
    Some(format!(
        "no API server is healthy; {first} restarted first. Rerun this command afterwards: it checks the nodes"
    ))
}
