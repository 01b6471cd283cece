//! Members that may be in service and do not answer: a disk that stalls, a quorum that is gone. None is started again
//! for that, which would interrupt it, and all of them at once; and it cures neither.

use super::hosts::EtcdHost;
use super::state::EtcdState;
use crate::error::Problem;
use crate::facts::Observed;
use crate::planner::host_names::in_a_row;
use crate::planner::kubelet_start::STARTING_S;
use crate::planner::quorum::POD;
use crate::topology::EtcdManager;

pub(super) fn is_unresponsive(state: &EtcdState, etcd: EtcdHost) -> bool {
    let found = state.inputs.facts(&etcd.host.name);
    let unit = found.and_then(|found| found.units.get("etcd"));
    let manager = state.inputs.topology.external_etcd.manager;
    !etcd.answers() && etcd.facts.may_be_in_service(etcd.host, manager, unit)
}

/// Where starting the others could help it is waited for; where there is nobody to start, nothing is done.
pub(super) fn refuse(state: &EtcdState) -> Option<Problem> {
    let members = state.hosts.iter().filter(|etcd| state.has_vote(**etcd));
    let (silent, down): (Vec<&EtcdHost>, Vec<_>) = members
        .filter(|etcd| !etcd.answers())
        .partition(|etcd| is_unresponsive(state, **etcd));
    if silent.is_empty() || !down.is_empty() {
        return None;
    }
    let manager = state.inputs.topology.external_etcd.manager;
    let each = silent.iter();
    let mut because: Vec<String> = each
        .map(|etcd| {
            format!(
                "{}: {}, and etcd there {}",
                etcd.host.name,
                evidence(manager),
                answer(etcd)
            )
        })
        .collect();
    because.push(
        "a member that may run is not restarted: that would interrupt it, and does not help a slow disk"
            .to_owned(),
    );
    let first = &silent.first()?.host.name;
    let (log, by_hand) = match manager {
        EtcdManager::Kubelet => ("etcd's log below /var/log/pods", POD),
        EtcdManager::Systemd => (
            "`journalctl -u etcd -n 100`",
            "`systemctl restart etcd` restarts an etcd that hangs",
        ),
    };
    Some(Problem::LateEtcd {
        members: in_a_row(silent.iter().map(|etcd| &etcd.host.name)),
        starting: silent.iter().any(|etcd| has_just_started(state, etcd)),
        because,
        recovery: vec![
            "the disk may be busy, or an election may be running: wait a minute, then rerun this command"
                .to_owned(),
            format!(
                "if this does not help: on {first}: {log} shows whether its disk is slow (`took too long`); {by_hand}, one host after the other"
            ),
        ],
    })
}

/// Whether what runs it was started a moment ago: the power may have just come back, and members choose a leader.
fn has_just_started(state: &EtcdState, etcd: &EtcdHost) -> bool {
    let unit = match state.inputs.topology.external_etcd.manager {
        EtcdManager::Kubelet => "kubelet",
        EtcdManager::Systemd => "etcd",
    };
    let facts = state.inputs.facts(&etcd.host.name);
    let unit = facts.and_then(|facts| facts.units.get(unit));
    unit.is_some_and(|unit| unit.active && unit.active_for_s < STARTING_S)
}

fn evidence(manager: EtcdManager) -> &'static str {
    match manager {
        EtcdManager::Kubelet => "something listens at port 2379",
        EtcdManager::Systemd => "its unit is active",
    }
}

/// What it says instead of an answer.
fn answer(etcd: &EtcdHost) -> String {
    let reason = match &etcd.facts.members {
        Observed::Unknown(why) => Some(why.as_str()),
        Observed::Known(members) => {
            let mut of_host = members.iter().filter(|member| member.is_of(etcd.host));
            of_host.find_map(|member| member.unknown())
        }
    };
    reason.map_or_else(
        || "does not answer".to_owned(),
        |why| format!("does not answer: {why}"),
    )
}
