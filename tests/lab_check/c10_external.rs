//! etcd on hosts of its own.

use crate::broken::{rule, stopped};
use crate::seen::check;
use crate::support::hawser::{BUILD, Workstation};
use crate::support::lab;

#[test]
fn c10_firewalls_between_etcds_members_and_before_them() {
    lab::up("external");
    let rules = [
        rule("etcd1", "INPUT -p tcp --dport 2380 -j DROP"),
        rule(
            "etcd2",
            "INPUT -p tcp --dport 2379 -j REJECT --reject-with icmp-host-prohibited",
        ),
        rule("etcd3", "INPUT -p tcp --dport 2379 -s 10.77.0.21 -j DROP"),
    ];

    let seen = check("external", &[]);
    drop(rules);

    assert_eq!(seen.way("etcd2", "etcd1", "etcd-peers"), ("timed-out", "error"));
    assert_eq!(seen.way("cp1", "etcd1", "etcd-clients"), ("refused", "fine"));
    assert_eq!(seen.way("cp2", "etcd2", "etcd-clients"), ("no-route", "error"));
    assert_eq!(seen.way("cp1", "etcd3", "etcd-clients"), ("timed-out", "error"));
    assert_eq!(seen.way("cp3", "etcd3", "etcd-clients"), ("refused", "fine"));
    assert_eq!(seen.code, Some(1));
}

#[test]
fn c20_a_cluster_with_external_etcd_that_is_well_and_then_is_not() {
    Workstation::new("external")
        .hawser(&["apply", "--yes"], BUILD)
        .exits(0);

    let well = check("external", &[]);
    assert_eq!(well.ways_that_are("error"), Vec::<String>::new());
    assert_eq!(well.facts_that_are("error"), Vec::<String>::new());
    assert_eq!(well.way("cp1", "etcd2", "etcd-clients"), ("open", "fine"));
    assert_eq!(well.way("cp1", "endpoint", "endpoint"), ("right-peer", "fine"));

    let _vip = ["lb1", "lb2"].map(|name| stopped(name, "keepalived"));
    let _rule = rule(
        "etcd1",
        "INPUT -p tcp --dport 2379 -m conntrack --ctstate NEW -j DROP",
    );
    let seen = check("external", &[]);
    assert_eq!(seen.way("cp2", "etcd1", "etcd-clients"), ("timed-out", "error"));
    assert_eq!(seen.way("w1", "endpoint", "endpoint"), ("no-route", "error"));
}
