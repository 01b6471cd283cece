//! A cluster that runs and is well, as `hawser check` sees it.

use support::host;
use support::lab::VIP;

use crate::{BALANCERS, CLUSTER};

#[test]
fn a32_every_way_of_a_cluster_is_open_and_its_own() {
    let (holders, others): (Vec<&str>, Vec<&str>) = BALANCERS.iter().partition(|name| host::holds(name, VIP));
    assert_eq!((holders.len(), others.len()), (1, 1));

    let seen = CLUSTER.check_until(&[
        ("w1", "endpoint", "endpoint", "verified"),
        ("lb2", "endpoint", "endpoint-name", "verified"),
        ("cp1", "endpoint", "hairpin", "open"),
        ("lb1", "cp2", "api-server", "verified"),
        ("w2", "cp3", "api-server", "verified"),
        ("cp1", "w2", "kubelet", "open"),
        ("cp1", "etcd1", "etcd-clients", "verified"),
        ("etcd3", "etcd2", "etcd-clients", "verified"),
        ("etcd1", "etcd2", "etcd-peers", "open"),
        (holders[0], others[0], "vrrp", "open"),
    ]);

    println!("checked in {:.1} s", seen.took.as_secs_f64());
    assert_eq!(seen.connections_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.facts_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.code, Some(0));
}
