//! Members that are not healthy though nothing is done about it: reported, with what helps.

use super::alarms::{alarms, remedy};
use crate::facts::MemberFact;
use crate::planner::situation::Situation;
use crate::topology::EtcdTopology;

/// Alarms, and members that are not restarted and do not answer.
pub(in crate::planner) fn notes(situation: &Situation) -> Vec<String> {
    let cluster = &situation.cluster;
    let is_stacked = situation.topology.etcd == EtcdTopology::Stacked;
    let members: &[MemberFact] = if is_stacked {
        cluster.members()
    } else {
        situation.etcd.running.map_or(&[], |running| running.members)
    };
    let alarms = alarms(members).into_iter().map(|alarm| {
        let remedy = remedy(alarm);
        format!("etcd has the alarm {alarm}: {remedy}")
    });
    let is_planned = |member: &MemberFact| {
        let mut planned = situation.nodes.control_planes.iter();
        planned.any(|planned| member.is_of(planned.host))
    };
    let silent = members.iter().filter(|member| {
        !member.is_healthy() && !member.learner && member.alarm().is_none() && !is_planned(member)
    });
    let silent = silent.map(|member| {
        let state = member.state(&member.name);
        format!("etcd: {state}; no step fixes it: the log of etcd on its host shows why")
    });
    // On hosts of its own a member that is down is started, or refused; and where no quorum runs none can answer.
    let is_reported = is_stacked && !cluster.is_stalled();
    alarms.chain(silent.filter(|_| is_reported)).collect()
}
