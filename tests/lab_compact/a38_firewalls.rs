//! Firewalls of a cluster that runs.

use support::broken::rule;

use crate::CLUSTER;

#[test]
fn a38_a_firewall_in_a_running_cluster_is_named_from_the_host_that_meets_it() {
    CLUSTER.well();
    let _rules = [
        rule(
            "cp3",
            "INPUT -p tcp --dport 2380 -s 10.77.0.21 -m conntrack --ctstate NEW -j DROP",
        ),
        rule(
            "cp2",
            "INPUT -p tcp --dport 10250 -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset",
        ),
    ];

    let seen = CLUSTER.check(&[]);

    assert_eq!(
        seen.connection("cp1", "cp3", "etcd-peers"),
        ("timed-out", "failed")
    );
    assert_eq!(seen.connection("cp2", "cp3", "etcd-peers"), ("open", "ok"));
    assert_eq!(seen.connection("cp1", "cp2", "kubelet"), ("refused", "failed"));
    assert_eq!(seen.connection("cp1", "cp3", "kubelet"), ("open", "ok"));
    assert_eq!(seen.code, Some(1));
}
