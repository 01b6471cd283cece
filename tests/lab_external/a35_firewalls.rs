//! Firewalls of a cluster that runs: connections that are there go on, new ones do not come about.

use support::broken::rule;

use crate::CLUSTER;

#[test]
fn a35_each_firewall_is_named_from_the_host_that_meets_it_and_from_no_other() {
    CLUSTER.well();
    let new = "-m conntrack --ctstate NEW -j";
    let _rules = [
        rule(
            "etcd2",
            &format!("INPUT -p tcp --dport 2379 -s 10.77.0.21 {new} DROP"),
        ),
        rule(
            "etcd3",
            &format!(
                "INPUT -p tcp --dport 2380 -s 10.77.0.41 {new} REJECT --reject-with icmp-admin-prohibited"
            ),
        ),
        rule(
            "cp3",
            &format!(
                "INPUT -p tcp --dport 6443 -s 10.77.0.31 {new} REJECT --reject-with icmp-port-unreachable"
            ),
        ),
        rule("w1", &format!("INPUT -p tcp --dport 10250 {new} DROP")),
    ];

    let seen = CLUSTER.check(&[]);

    assert_eq!(
        seen.connection("cp1", "etcd2", "etcd-clients"),
        ("timed-out", "failed")
    );
    assert_eq!(
        seen.connection("cp2", "etcd2", "etcd-clients"),
        ("verified", "ok")
    );
    assert_eq!(
        seen.connection("etcd1", "etcd3", "etcd-peers"),
        ("no-route", "failed")
    );
    assert_eq!(seen.connection("etcd2", "etcd3", "etcd-peers"), ("open", "ok"));
    assert_eq!(seen.connection("w1", "cp3", "api-server"), ("refused", "failed"));
    assert_eq!(seen.connection("w2", "cp3", "api-server"), ("verified", "ok"));
    assert_eq!(seen.connection("cp2", "w1", "kubelet"), ("timed-out", "failed"));
    assert_eq!(seen.connection("cp2", "w2", "kubelet"), ("open", "ok"));
    assert_eq!(seen.code, Some(1));
}
