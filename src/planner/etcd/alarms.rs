//! Alarms of etcd, and what clears them. A restart clears none.

use std::collections::BTreeSet;

use super::state::EtcdState;
use crate::error::Problem;
use crate::facts::MemberFact;

/// Where an alarm is active no member is started: it would not be seen to be well.
pub(super) fn refuse_start(state: &EtcdState) -> Option<Problem> {
    let running = state.running?;
    let alarms = alarms(running.members);
    let down = state
        .hosts
        .iter()
        .filter(|etcd| state.has_vote(**etcd) && !etcd.answers());
    let down: Vec<&str> = down.map(|etcd| etcd.host.name.0.as_str()).collect();
    if alarms.is_empty() || down.is_empty() {
        return None;
    }
    let names: Vec<&str> = alarms.iter().copied().collect();
    Some(Problem::Unsafe {
        what: format!(
            "etcd has the alarm {}, and {} cannot be started until it is cleared",
            names.join(" and "),
            down.join(" and ")
        ),
        because: vec![
            format!("checked at {}: every running member reports it", running.via.name),
            "a member that is started now could not be checked to be healthy".to_owned(),
        ],
        recovery: alarms.iter().map(|alarm| remedy(alarm).to_owned()).collect(),
    })
}

/// Each once.
pub(super) fn alarms(members: &[MemberFact]) -> BTreeSet<&str> {
    let all = members.iter().filter_map(MemberFact::alarm);
    all.flat_map(str::split_whitespace).collect()
}

pub(super) fn remedy(alarm: &str) -> &'static str {
    match alarm {
        "NOSPACE" => {
            "its database has reached its quota, and etcd refuses writes: `etcdctl alarm list` shows which member; free space (`etcdctl compact REVISION`, then `etcdctl defrag` on one member at a time), or raise `quota-backend-bytes`; then `etcdctl alarm disarm`"
        }
        "CORRUPT" => {
            "the data of one member differs from the others: `etcdctl alarm list` and `etcdctl endpoint hashkv --cluster` show which; save a snapshot of a good one, replace that member, then `etcdctl alarm disarm`"
        }
        _ => "`etcdctl alarm list` shows the member, and its log the reason; then `etcdctl alarm disarm`",
    }
}
