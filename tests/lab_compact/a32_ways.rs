//! A cluster that runs and is well, as `hawser check` sees it.

use crate::CLUSTER;
use crate::cluster::{HOSTS, holder};

#[test]
fn a32_every_way_of_a_cluster_is_open_and_its_own() {
    let holder = holder().unwrap();
    let other = HOSTS.into_iter().find(|name| *name != holder).unwrap();

    let seen = CLUSTER.check_until(&[
        ("cp3", "endpoint", "endpoint", "verified"),
        ("cp3", "endpoint", "endpoint-name", "verified"),
        ("cp1", "endpoint", "hairpin", "open"),
        ("cp1", "cp3", "api-server", "verified"),
        ("cp1", "cp2", "kubelet", "open"),
        ("cp1", "cp2", "etcd-clients", "verified"),
        ("cp1", "cp2", "etcd-peers", "open"),
        (holder, other, "vrrp", "open"),
    ]);

    println!("checked in {:.1} s", seen.took.as_secs_f64());
    assert_eq!(seen.connections_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.facts_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.code, Some(0));
}
