//! Members of etcd that stall: they are left as they are, whatever they do not answer, and go on where they were.

use std::collections::BTreeMap;

use support::etcd::healthy;
use support::external::ETCD;
use support::hawser::LOOK;
use support::host;
use support::wait::{LONG, until};

use crate::CLUSTER;

/// Which process each member is, and since when its unit is active.
fn processes() -> BTreeMap<&'static str, String> {
    let state = "systemctl show -p ActiveState -p MainPID -p ActiveEnterTimestampMonotonic etcd";
    ETCD.into_iter()
        .map(|name| (name, host::exec(name, state)))
        .collect()
}

/// Members whose processes are stopped, as a disk that answers no more stops them; they go on when this is dropped.
struct Stalled(&'static [&'static str]);

impl Stalled {
    fn members(names: &'static [&'static str]) -> Self {
        for name in names {
            host::exec(name, "pkill -STOP -x etcd");
        }
        Self(names)
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        for name in self.0 {
            host::exec(name, "pkill -CONT -x etcd");
        }
    }
}

#[test]
fn a27_members_that_stall_are_not_restarted() {
    let before = processes();
    for names in [&ETCD[2..], &ETCD[..]] {
        let stalled = Stalled::members(names);
        let ran = CLUSTER.builder().hawser(&["apply", "--yes"], LOOK);
        drop(stalled);

        let ran = ran.exits(4);
        assert!(ran.reply().contains("etcd3"), "{}", ran.reply());
        println!("{} stalled: {:.1} s", names.len(), ran.took.as_secs_f64());
    }

    until("all members are healthy again", LONG, || healthy("etcd1"));
    assert_eq!(processes(), before);
    CLUSTER.builder().settles();
}
