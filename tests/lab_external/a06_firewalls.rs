//! Firewalls between hosts of every role, before anything listens.

use support::broken::rule;

use crate::CLUSTER;

#[test]
fn a06_each_firewall_is_named_from_the_host_that_meets_it_and_from_no_other() {
    let _rules = [
        rule("etcd1", "INPUT -p tcp --dport 2380 -j DROP"),
        rule(
            "etcd2",
            "INPUT -p tcp --dport 2379 -j REJECT --reject-with icmp-host-prohibited",
        ),
        rule("etcd3", "INPUT -p tcp --dport 2379 -s 10.77.0.21 -j DROP"),
        rule("cp2", "INPUT -p tcp --dport 6443 -s 10.77.0.11 -j DROP"),
        rule("w1", "INPUT -p tcp --dport 10250 -j DROP"),
    ];

    let seen = CLUSTER.check(&[]);

    println!("checked in {:.1} s", seen.took.as_secs_f64());
    assert_eq!(
        seen.connection("etcd2", "etcd1", "etcd-peers"),
        ("timed-out", "failed")
    );
    assert_eq!(seen.connection("cp1", "etcd1", "etcd-clients"), ("refused", "ok"));
    assert_eq!(
        seen.connection("cp2", "etcd2", "etcd-clients"),
        ("no-route", "failed")
    );
    assert_eq!(
        seen.connection("cp1", "etcd3", "etcd-clients"),
        ("timed-out", "failed")
    );
    assert_eq!(seen.connection("cp3", "etcd3", "etcd-clients"), ("refused", "ok"));
    assert_eq!(
        seen.connection("lb1", "cp2", "api-server"),
        ("timed-out", "failed")
    );
    assert_eq!(seen.connection("lb2", "cp2", "api-server"), ("refused", "ok"));
    assert_eq!(seen.connection("cp3", "w1", "kubelet"), ("timed-out", "failed"));
    assert_eq!(seen.connection("cp3", "w2", "kubelet"), ("refused", "ok"));
    assert_eq!(seen.facts_that_are("failed"), Vec::<String>::new());
    assert_eq!(seen.code, Some(1));
}

#[test]
fn a06_a_port_that_is_rejected_shows_where_hawser_listens() {
    let _rule = rule(
        "etcd2",
        "INPUT -p tcp --dport 2379 -s 10.77.0.21 -j REJECT --reject-with icmp-port-unreachable",
    );

    let silent = CLUSTER.check(&["--to", "etcd2"]);
    let listening = CLUSTER.check(&["--to", "etcd2", "--listen"]);

    // Nobody can tell it from a port at which nothing listens.
    assert_eq!(
        silent.connection("cp1", "etcd2", "etcd-clients"),
        ("refused", "ok")
    );
    assert_eq!(
        listening.connection("cp1", "etcd2", "etcd-clients"),
        ("refused", "failed")
    );
    assert_eq!(
        listening.connection("cp2", "etcd2", "etcd-clients"),
        ("open", "ok")
    );
    assert_eq!(
        listening.connection("etcd1", "etcd2", "etcd-peers"),
        ("open", "ok")
    );
}
