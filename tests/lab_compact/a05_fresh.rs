//! Hosts on which nothing of a cluster is yet.

use support::lab;

use crate::{CLUSTER, PROFILE};

#[test]
fn a05_fresh_hosts_are_ready_and_every_way_is_free() {
    lab::up(PROFILE);

    let seen = CLUSTER.check(&["--disk"]);

    println!("checked in {:.1} s", seen.took.as_secs_f64());
    assert_eq!(seen.connections_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.facts_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.code, Some(0));
    assert_eq!(seen.connection("workstation", "cp1", "ssh"), ("open", "ok"));
    assert_eq!(seen.connection("cp3", "cp1", "api-server"), ("refused", "ok"));
    assert_eq!(seen.connection("cp1", "cp2", "etcd-peers"), ("refused", "ok"));
    let (grade, latency) = seen.fact("cp1", "disk-latency");
    println!("{grade}: {latency}");
    assert!(latency.contains("fdatasync calls: "), "{latency}");
}
