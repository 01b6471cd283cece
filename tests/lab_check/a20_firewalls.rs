//! Firewalls before anything listens.

use crate::broken::{rule, without};
use crate::seen::check;
use crate::support::host;

#[test]
fn a20_each_firewall_is_named_from_the_host_that_meets_it_and_from_no_other() {
    let _rules = [
        rule("cp2", "INPUT -p tcp --dport 6443 -s 10.77.0.11 -j DROP"),
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

    let seen = check("stacked", &["--to", "cp2"]);

    assert_eq!(seen.way("lb1", "cp2", "api-server"), ("timed-out", "error"));
    assert_eq!(seen.way("lb2", "cp2", "api-server"), ("refused", "fine"));
    assert_eq!(seen.way("cp1", "cp2", "kubelet"), ("no-route", "error"));
    assert_eq!(seen.way("cp3", "cp2", "etcd-peers"), ("unreachable", "error"));
    // Nobody can tell it from a port at which nothing listens.
    assert_eq!(seen.way("cp1", "cp2", "etcd-clients"), ("refused", "fine"));
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.remedies().contains("let TCP 6443 in from lb1"),
        "{}",
        seen.remedies()
    );
}

#[test]
fn a20_a_port_that_is_rejected_shows_where_hawser_listens_and_nothing_stays() {
    let _rules = [
        rule(
            "cp2",
            "INPUT -p tcp --dport 2379 -j REJECT --reject-with icmp-port-unreachable",
        ),
        rule(
            "cp2",
            "INPUT -p tcp --dport 6443 -s 10.77.0.31 -j REJECT --reject-with tcp-reset",
        ),
    ];

    let seen = check("stacked", &["--to", "cp2", "--listen"]);

    assert_eq!(seen.way("cp1", "cp2", "etcd-clients"), ("refused", "error"));
    assert_eq!(seen.way("w1", "cp2", "api-server"), ("refused", "error"));
    assert_eq!(seen.way("w2", "cp2", "api-server"), ("open", "fine"));
    assert_eq!(seen.way("cp3", "cp2", "kubelet"), ("open", "fine"));
    assert!(
        seen.remedies().contains("a firewall rejects it"),
        "{}",
        seen.remedies()
    );
    let left = host::exec("cp2", "ss -Hltn | grep -cE ':(6443|10250|2379|2380) ' || true");
    assert_eq!(left.trim(), "0");
}

#[test]
fn a20_a_host_that_has_no_more_than_perl_or_nc_tries_its_ways_all_the_same() {
    let _rule = rule("cp2", "INPUT -p tcp --dport 10250 -j DROP");
    let ways = |programs: &[&str]| {
        let _without = without("cp1", programs);
        let seen = check("stacked", &["--from", "cp1", "--to", "cp2"]);
        ["api-server", "kubelet"].map(|purpose| seen.way("cp1", "cp2", purpose).0.to_owned())
    };

    let told = ["refused", "timed-out"].map(str::to_owned);
    assert_eq!(ways(&["bash", "nc", "python3"]), told);
    assert_eq!(ways(&["bash", "perl", "python3"]), told);
}

#[test]
fn a20_a_host_without_any_program_is_tried_through_its_connection() {
    let _without = without("w1", &["bash", "nc", "perl", "python3", "openssl"]);
    let _rule = rule("cp2", "INPUT -p tcp --dport 6443 -j DROP");

    let seen = check("stacked", &["--from", "w1"]);

    assert_eq!(seen.way("w1", "cp1", "api-server"), ("refused", "fine"));
    assert_eq!(seen.way("w1", "cp2", "api-server"), ("timed-out", "error"));
    assert_eq!(seen.way("w1", "cp3", "kubelet"), ("refused", "fine"));
}

#[test]
fn a20_where_sshd_may_not_forward_either_it_could_not_be_tested_and_says_why() {
    let _without = without("w1", &["bash", "nc", "perl", "python3", "openssl"]);
    let _forbidden = crate::broken::broken(
        "w1",
        "echo 'AllowTcpForwarding no' >/etc/ssh/sshd_config.d/00-no.conf; systemctl reload ssh",
        "rm /etc/ssh/sshd_config.d/00-no.conf; systemctl reload ssh",
    );

    let seen = check("stacked", &["--from", "w1", "--to", "cp1"]);

    assert_eq!(seen.way("w1", "cp1", "api-server"), ("not-tested", "unknown"));
    let why = seen.detail("w1", "cp1", "api-server");
    assert!(
        why.contains("none of bash, perl, python3 and nc is there, and sshd may not forward"),
        "{why}"
    );
    assert_eq!(seen.code, Some(0));
}
