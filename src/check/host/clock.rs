//! Clocks: certificates and etcd's leases are read by them.

use std::collections::BTreeMap;

use super::{At, Fact, FactResult};
use crate::topology::HostName;

/// etcd warns from one second on; certificates that are made on one host are not valid yet on another.
const MUCH_S: f64 = 0.5;
const TOO_MUCH_S: f64 = 2.0;

/// How far a host's clock is from the workstation's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// By how many seconds it is ahead.
    pub ahead_s: f64,
    /// By how many seconds this may be wrong: half of what the question took.
    pub doubt_s: f64,
}

pub(super) fn of(at: &At, clocks: &BTreeMap<HostName, Clock>) -> Vec<FactResult> {
    vec![against_others(at, clocks), is_kept_right(at)]
}

/// Against the middle of all clocks: one that is wrong does not make the others so.
fn against_others(at: &At, clocks: &BTreeMap<HostName, Clock>) -> FactResult {
    let Some(own) = clocks.get(&at.host.name) else {
        return FactResult::unknown(Fact::Clock, "its clock was not read");
    };
    let mut all: Vec<f64> = clocks.values().map(|clock| clock.ahead_s).collect();
    all.sort_by(f64::total_cmp);
    let middle = all.get(all.len() / 2).copied().unwrap_or_default();
    let by = own.ahead_s - middle;
    let off = (by.abs() - own.doubt_s).max(0.0);
    let direction = if by > 0.0 { "ahead" } else { "behind" };
    let found = format!("{:.1} s {direction}", by.abs());
    let fix = format!(
        "{}, or `timedatectl set-ntp true`; `chronyc tracking` or `timedatectl timesync-status` shows its time source",
        at.install("chrony", "chrony")
    );
    let fix = [fix.as_str()];
    if off > TOO_MUCH_S {
        FactResult::failed(Fact::Clock, found, fix)
    } else if off > MUCH_S {
        FactResult::warning(Fact::Clock, found, fix)
    } else {
        FactResult::ok(Fact::Clock, "in sync with the other hosts")
    }
}

fn is_kept_right(at: &At) -> FactResult {
    FactResult::of(Fact::ClockSync, &at.preflight.is_synchronised, |is_so| {
        if *is_so {
            return FactResult::ok(Fact::ClockSync, "synchronised");
        }
        let install = at.install("chrony", "chrony");
        let fix = format!("{install}, or `timedatectl set-ntp true`: a clock without a time source drifts");
        FactResult::warning(Fact::ClockSync, "not synchronised", [fix.as_str()])
    })
}
