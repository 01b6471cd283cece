//! Firewalls before anything listens.

use support::broken::{broken, forgets, listens, rule};
use support::hawser::{LOOK, Workstation};
use support::lab::VIP;
use support::{host, lab};

use crate::{BALANCERS, CLUSTER, PROFILE};

#[test]
fn a06_each_firewall_is_named_from_the_host_that_meets_it_and_from_no_other() {
    let _rules = [
        rule("cp2", "INPUT -p tcp --dport 6443 -s 10.77.0.21 -j DROP"),
        rule(
            "cp2",
            "INPUT -p tcp --dport 10250 -j REJECT --reject-with icmp-admin-prohibited",
        ),
        rule(
            "cp2",
            "INPUT -p tcp --dport 2379 -j REJECT --reject-with icmp-port-unreachable",
        ),
        rule(
            "cp2",
            "INPUT -p tcp --dport 2380 -j REJECT --reject-with icmp-net-unreachable",
        ),
    ];

    let seen = CLUSTER.check(&["--to", "cp2"]);

    assert_eq!(
        seen.connection("cp1", "cp2", "api-server"),
        ("timed-out", "failed")
    );
    assert_eq!(seen.connection("cp3", "cp2", "api-server"), ("refused", "ok"));
    assert_eq!(seen.connection("cp1", "cp2", "kubelet"), ("no-route", "failed"));
    assert_eq!(
        seen.connection("cp3", "cp2", "etcd-peers"),
        ("no-network", "failed")
    );
    // Nobody can tell it from a port at which nothing listens.
    assert_eq!(seen.connection("cp1", "cp2", "etcd-clients"), ("refused", "ok"));
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.fixes().contains("allow TCP 6443 from cp1"),
        "{}",
        seen.fixes()
    );
}

#[test]
fn a06_a_port_that_is_rejected_shows_where_hawser_listens_and_nothing_stays() {
    let _rules = [
        rule(
            "cp2",
            "INPUT -p tcp --dport 2379 -j REJECT --reject-with icmp-port-unreachable",
        ),
        rule(
            "cp2",
            "INPUT -p tcp --dport 6443 -s 10.77.0.21 -j REJECT --reject-with tcp-reset",
        ),
    ];

    let seen = CLUSTER.check(&["--to", "cp2", "--listen"]);

    assert_eq!(
        seen.connection("cp1", "cp2", "etcd-clients"),
        ("refused", "failed")
    );
    assert_eq!(seen.connection("cp1", "cp2", "api-server"), ("refused", "failed"));
    assert_eq!(seen.connection("cp3", "cp2", "api-server"), ("open", "ok"));
    assert_eq!(seen.connection("cp3", "cp2", "kubelet"), ("open", "ok"));
    assert!(seen.fixes().contains("a firewall rejects it"), "{}", seen.fixes());
    let left = host::exec("cp2", "ss -Hltn | grep -cE ':(6443|10250|2379|2380) ' || true");
    assert_eq!(left.trim(), "0");
}

#[test]
fn a06_a_vip_that_another_machine_has_is_told_before_a_balancer_takes_it() {
    lab::add("printer", "10.77.0.99");
    let address = format!("{VIP}/24 dev eth0");
    let held = broken(
        "printer",
        &format!("ip address add {address}"),
        &format!("ip address del {address}"),
    );

    let seen = CLUSTER.check(&["--to", "endpoint"]);
    drop(held);
    lab::kill("printer");
    for name in BALANCERS {
        forgets(name, VIP);
    }

    for name in BALANCERS {
        let way = seen.connection(name, "endpoint", "endpoint");
        assert_eq!(way, ("wrong-peer", "failed"), "{name}");
    }
    assert_eq!(seen.code, Some(1));
    assert!(seen.fixes().contains(VIP), "{}", seen.fixes());
}

#[test]
fn a06_apply_does_not_begin_where_a_firewall_or_a_host_is_in_the_way() {
    let _rule = rule("cp2", "INPUT -p tcp --dport 2380 -s 10.77.0.21 -j DROP");
    let _own = listens("cp3", 10259);
    let workstation = Workstation::new(PROFILE);

    let ran = workstation.hawser(&["apply", "--yes"], LOOK).exits(4);

    let reply = ran.reply();
    assert!(reply.contains("cp1 → cp2 at 10.77.0.22, port 2380"), "{reply}");
    assert!(reply.contains("ports on cp3"), "{reply}");
    for name in ["cp1", "cp2", "cp3"] {
        assert!(
            host::is_so(
                name,
                "! grep -q 8443 /etc/haproxy/haproxy.cfg && ! test -e /etc/kubernetes/pki"
            ),
            "{name} was changed"
        );
    }
}
