//! Wrong starts of etcd: recognised, explained, and never wiped. What has to go is removed by the operator, with the
//! commands that are told.

use super::hosts::{EtcdHost, etcd_hosts};
use super::state::{EtcdState, founders};
use super::{authority, lost_data, versions};
use crate::error::Problem;
use crate::facts::{self, ClusterOfEtcd, EtcdData, EtcdFacts, HostFacts, StaticPod, quorum};
use crate::planner::inputs::Inputs;
use crate::planner::quorum::{POD, refuse_unknown_member};
use crate::planner::survey::Cluster;
use crate::planner::survey::Survey;
use crate::remote::files::etcd::{UNIT, cluster_token, peer_url};
use crate::topology::{EtcdManager, Host, Role};

/// Every reason not to touch etcd, at once.
pub(super) fn check(state: &EtcdState) -> Vec<Problem> {
    let inputs = &state.inputs;
    let mut problems: Vec<Problem> = Vec::new();
    let mut wrong_starts: Vec<Problem> = Vec::new();
    for etcd in &state.hosts {
        let Some(all) = inputs.facts(&etcd.host.name) else {
            continue;
        };
        problems.extend(a_node(etcd.host, all));
        problems.extend(distributions_member(etcd.host, etcd.facts, all));
        problems.extend(other_manager(inputs, etcd, all));
        if !etcd.answers() {
            let found = match (&etcd.facts.data, state.running) {
                (Some(_), _) => refuse_foreign_data(state, etcd),
                (None, Some(running)) => without_data(inputs, etcd.host, running),
                (None, None) => None,
            };
            wrong_starts.extend(found.or_else(|| may_run(inputs, etcd.host, state.running?)));
            problems.extend(versions::refuse_unknown_flags(inputs, etcd));
        }
    }
    if wrong_starts.is_empty() {
        problems.extend(lost_data::refuse(state));
    }
    problems.extend(wrong_starts);
    problems.extend(authority::refuse(state));
    problems
}

/// A host has one kubelet.
fn a_node(host: &Host, facts: &HostFacts) -> Option<Problem> {
    facts.kubernetes.has_kubelet_conf.then(|| Problem::Unsafe {
        what: format!(
            "{} is a node of a Kubernetes cluster, but has the role etcd in the inventory",
            host.name
        ),
        because: vec!["its kubelet has an identity (/etc/kubernetes/kubelet.conf)".to_owned()],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if it is to leave that cluster: `kubeadm reset` on {}, then rerun this command",
                host.name
            ),
        ],
    })
}

/// Debian's package starts a member of its own when it is installed.
fn distributions_member(host: &Host, facts: &EtcdFacts, all: &HostFacts) -> Option<Problem> {
    let unit = all.units.get("etcd")?;
    let is_ours = facts.unit_file.as_deref() == Some(UNIT);
    if is_ours || !(unit.active || unit.enabled) {
        return None;
    }
    let file = facts.unit_file.as_deref().unwrap_or("etcd.service");
    let state = if unit.active {
        "runs"
    } else {
        "is enabled, and starts at boot"
    };
    Some(Problem::Unsafe {
        what: format!("{}: the distribution's etcd {state}", host.name),
        because: vec![
            format!("{file} is its unit: a package starts a cluster of one member when it is installed"),
            "it would take the ports of the member of this cluster; hawser stops nothing that it did not start, and deletes no data".to_owned(),
        ],
        recovery: vec![
            format!("on {}: `systemctl disable --now etcd`", host.name),
            "its data (Debian: /var/lib/etcd/default) may stay; remove it only if you no longer need it".to_owned(),
            "then rerun this command".to_owned(),
        ],
    })
}

fn other_manager(inputs: &Inputs, etcd: &EtcdHost, all: &HostFacts) -> Option<Problem> {
    let host = etcd.host;
    let is_pod = all.kubernetes.has_manifest(StaticPod::Etcd);
    let is_unit = etcd.facts.unit_file.as_deref() == Some(UNIT)
        && all
            .units
            .get("etcd")
            .is_some_and(|unit| unit.active || unit.enabled);
    let manager = inputs.topology.external_etcd.manager;
    let (found, wanted, stop) = match manager {
        EtcdManager::Systemd if is_pod => (
            "the kubelet runs etcd there (/etc/kubernetes/manifests/etcd.yaml)",
            "systemd",
            "`rm /etc/kubernetes/manifests/etcd.yaml`, and when `pgrep -x etcd` finds no process, `systemctl disable --now kubelet`",
        ),
        EtcdManager::Kubelet if is_unit => (
            "systemd runs etcd there (/etc/systemd/system/etcd.service)",
            "kubelet",
            "`systemctl disable --now etcd`, `rm /etc/systemd/system/etcd.service`",
        ),
        _ => return None,
    };
    Some(Problem::Unsafe {
        what: format!(
            "{}: {found}, and the inventory says `manager = \"{wanted}\"`",
            host.name
        ),
        because: vec!["two etcd processes on one data directory would corrupt it".to_owned()],
        recovery: vec![
            "correct `manager` under [etcd]".to_owned(),
            format!(
                "or move etcd to the other manager (the API is down until etcd runs again): on {}: {stop}; when this is done on every etcd host, rerun this command",
                host.name
            ),
        ],
    })
}

/// Data is this cluster's where its identity is the running cluster's, or one that members of the inventory make.
fn refuse_foreign_data(state: &EtcdState, etcd: &EtcdHost) -> Option<Problem> {
    let (inputs, running) = (&state.inputs, state.running);
    let EtcdHost { host, facts } = etcd;
    let data = facts.data.as_ref()?;
    let directory = &inputs.topology.external_etcd.data_directory;
    let found = data.cluster_id.known();
    if let Some(running) = running.filter(|running| found.is_some_and(|id| running.id == id)) {
        return removed_member(host, running, directory);
    }
    let is_of_ours = found.is_some_and(|id| founders(inputs, id).is_some());
    if running.is_none() && facts.authority.is_some() && is_of_ours {
        return None;
    }
    Some(Problem::Unsafe {
        what: format!(
            "{}: {directory} holds the data of another etcd cluster",
            host.name
        ),
        because: evidence_of_others(state, facts, data),
        recovery: vec![
            "correct the inventory if it names the wrong host, or the wrong `data_directory` under [etcd]"
                .to_owned(),
            format!(
                "only if you no longer need it: on {}: stop what runs it, `mv {directory}/member {directory}/member.old`, then rerun this command",
                host.name
            ),
        ],
    })
}

/// By what it is seen that data is another cluster's.
fn evidence_of_others(state: &EtcdState, facts: &EtcdFacts, data: &EtcdData) -> Vec<String> {
    let topology = state.inputs.topology;
    let urls: Vec<String> = topology.with_role(Role::Etcd).map(peer_url).collect();
    let expected = facts::cluster_id(urls.iter().map(String::as_str), cluster_token(topology));
    let mut because = vec![match data.cluster_id.clone().into_result() {
        Ok(id) => format!("it is of the cluster {id}"),
        Err(why) => format!("its cluster is unknown: {why}"),
    }];
    if !data.members.is_empty() {
        because.push(format!("it names the members {}", data.members.join(", ")));
    }
    because.push(match state.running {
        Some(running) => format!(
            "the cluster that {} belongs to is {}",
            running.via.name, running.id
        ),
        None if facts.authority.is_none() => {
            "the host has no etcd certificates, which hawser writes before etcd starts: it is unknown whose data this is. If the host was one of these members, restore /etc/kubernetes/pki/etcd and rerun this command".to_owned()
        }
        None => format!("a new cluster of the inventory's members is {expected}"),
    });
    because.push(
        "etcd starts from existing data and ignores its initial-cluster flags; hawser deletes no data"
            .to_owned(),
    );
    because
}

/// Its data is of the cluster that runs, which has it no more: etcd would end with it at once.
fn removed_member(host: &Host, running: ClusterOfEtcd<'_>, directory: &str) -> Option<Problem> {
    let is_listed = running.members.iter().any(|member| member.is_of(host));
    (!is_listed).then(|| Problem::Unsafe {
        what: format!("{} is no longer in etcd's member list", host.name),
        because: vec![
            format!(
                "{} lists {} members, and not this host",
                running.via.name,
                running.members.len()
            ),
            "it has data of this cluster, but a removed member cannot rejoin with its old data; hawser deletes no data"
                .to_owned(),
        ],
        recovery: vec![
            format!("leave {} out of the inventory", host.name),
            format!(
                "or let hawser add it again: on {}: stop what runs etcd, `mv {directory}/member {directory}/member.old`, then rerun this command",
                host.name
            ),
        ],
    })
}

/// A member that runs and is slow is not started again: for a while the others would have to do without it.
fn may_run(inputs: &Inputs, host: &Host, running: ClusterOfEtcd<'_>) -> Option<Problem> {
    let member = running.members.iter().find(|member| member.is_of(host))?;
    let recovery = match inputs.topology.external_etcd.manager {
        EtcdManager::Kubelet => POD,
        EtcdManager::Systemd => "`systemctl restart etcd` restarts an etcd that hangs",
    };
    refuse_unknown_member(host, member, recovery)
}

/// The others list it as a member that has run, and nothing of that is left on the host.
fn without_data(inputs: &Inputs, host: &Host, running: ClusterOfEtcd<'_>) -> Option<Problem> {
    let via = &running.via.name;
    let member = running.members.iter().find(|member| member.is_of(host))?;
    if running.unpublished.contains(&member.id) {
        return None;
    }
    let healthy = running
        .members
        .iter()
        .filter(|one| one.is_healthy() && !one.learner)
        .count();
    let listed = running.members.iter().filter(|one| !one.learner).count();
    let directory = &inputs.topology.external_etcd.data_directory;
    Some(Problem::Unsafe {
        what: format!("{}: its etcd member has lost its data", host.name),
        because: vec![
            format!(
                "member {} of {} is listed, and has run before",
                member.id, host.name
            ),
            format!(
                "{healthy} of {listed} members run, the quorum is {}",
                quorum(listed)
            ),
            "a member without its data must be removed before it is added again; hawser does not remove it"
                .to_owned(),
        ],
        recovery: vec![
            format!(
                "if {directory} of {} can be restored unchanged, bring it back and rerun this command",
                host.name
            ),
            format!(
                "otherwise on {via}, with etcdctl and the certificates in /etc/kubernetes/pki/etcd: `etcdctl member remove {}`, then rerun this command: it is added again",
                member.id
            ),
        ],
    })
}

/// A new cluster on the objects of an old one would be the old one again.
pub(in crate::planner) fn refuse_other_clusters_objects(survey: &Survey) -> Result<(), Vec<Problem>> {
    let holds = |etcd: &&EtcdHost| etcd.facts.has_registry.known() == Some(&true);
    let holder = survey.etcd.hosts.iter().find(holds);
    match (&survey.cluster, holder) {
        (Cluster::Absent(_), Some(EtcdHost { host, .. })) => Err(vec![Problem::Unsafe {
            what: "etcd holds the objects of a Kubernetes cluster, and no control plane is part of it"
                .to_owned(),
            because: vec![
                format!(
                    "checked at {}: it is not empty (`etcdctl get '' --prefix --keys-only --limit 5`)",
                    host.name
                ),
                "a new cluster on this etcd would contain the old objects, whose keys are lost".to_owned(),
            ],
            recovery: vec![
                "name the control planes of that cluster in the inventory to work with it".to_owned(),
                format!(
                    "only if you no longer need it: `etcdctl snapshot save FILE` and `etcdctl del '' --prefix` on {}, then rerun this command",
                    host.name
                ),
            ],
        }]),
        _ => Ok(()),
    }
}

/// What a unit of etcd runs as.
pub(in crate::planner) const USER: &str = "the user etcd";

/// What an etcd host needs besides kubeadm and kubelet, by what runs etcd.
pub(in crate::planner) fn missing_programs<'a>(
    inputs: &Inputs<'a>,
) -> Vec<(&'a Host, &'static str, &'static str)> {
    if inputs.topology.external_etcd.manager == EtcdManager::Kubelet {
        return Vec::new();
    }
    etcd_hosts(inputs)
        .flat_map(|EtcdHost { host, facts }| {
            let lacks = [
                (facts.program.is_none(), "etcd", "etcd-server"),
                (facts.program.is_some() && !facts.has_user, USER, "etcd-server"),
                (!facts.has_etcdctl, "etcdctl", "etcd-client"),
            ];
            lacks
                .into_iter()
                .filter(|(is_lacking, ..)| *is_lacking)
                .map(move |(_, what, package)| (host, what, package))
        })
        .collect()
}
