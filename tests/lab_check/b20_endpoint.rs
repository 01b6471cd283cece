//! What can go wrong at the endpoint of a cluster that runs.

use crate::broken::{Broken, broken, file, stopped, without};
use crate::seen::check;
use crate::support::lab::VIP;

const BALANCERS: [&str; 2] = ["lb1", "lb2"];

fn from_w1() -> (String, String) {
    let seen = check("stacked", &["--from", "w1", "--to", "endpoint"]);
    let (cause, grade) = seen.way("w1", "endpoint", "endpoint");
    (cause.to_owned(), grade.to_owned())
}

fn is(cause: &str) -> (String, String) {
    (cause.to_owned(), "error".to_owned())
}

/// keepalived gives the VIP up with HAProxy, so it is told to hold it whatever HAProxy does.
fn without_haproxy() -> Vec<Broken> {
    let held = BALANCERS.map(|name| {
        file(
            name,
            "/etc/keepalived/keepalived.conf",
            "sed -i '/track_script/,/}/d' /etc/keepalived/keepalived.conf; systemctl restart keepalived
             until journalctl -u keepalived -n 5 -o cat | grep -q 'Entering'; do sleep 0.2; done",
        )
    });
    let stopped = BALANCERS.map(|name| stopped(name, "haproxy"));
    stopped.into_iter().chain(held).collect()
}

#[test]
fn b20_a_vip_that_nobody_holds() {
    let _broken = BALANCERS.map(|name| stopped(name, "keepalived"));

    let seen = check("stacked", &["--to", "endpoint"]);

    for host in ["lb1", "cp1", "w2"] {
        assert_eq!(
            seen.way(host, "endpoint", "endpoint"),
            ("no-route", "error"),
            "{host}"
        );
    }
    let nobody = format!("no balancer holds the VIP {VIP}");
    assert!(seen.remedies().contains(&nobody), "{}", seen.remedies());
}

#[test]
fn b20_haproxy_that_does_not_run() {
    let _broken = without_haproxy();

    assert_eq!(from_w1(), is("refused"));
}

#[test]
fn b20_haproxy_without_a_backend() {
    let state = |state: &str| {
        format!(
            "for name in cp1 cp2 cp3; do echo \"set server control_planes/$name state {state}\" | socat - /run/haproxy/admin.sock; done"
        )
    };
    let _broken = BALANCERS.map(|name| broken(name, &state("maint"), &state("ready")));

    assert_eq!(from_w1(), is("closed"));
}

#[test]
fn b20_another_clusters_api_server_behind_the_endpoint() {
    let _haproxy = without_haproxy();
    let stranger = "cd /run; openssl req -x509 -newkey rsa:2048 -nodes -keyout s.key -out s.crt -subj /CN=kube-apiserver -days 1 2>/dev/null
        systemd-run -q --unit stranger openssl s_server -quiet -key /run/s.key -cert /run/s.crt -accept 6443
        until ss -Hltn | grep -q ':6443 '; do sleep 0.1; done";
    let _stranger = BALANCERS.map(|name| broken(name, stranger, "systemctl stop stranger"));

    let seen = check("stacked", &["--from", "w1", "--to", "endpoint"]);
    let peerless = {
        let _without = without("w1", &["openssl", "python3"]);
        check("stacked", &["--from", "w1", "--to", "endpoint"])
    };

    for seen in [seen, peerless] {
        assert_eq!(seen.way("w1", "endpoint", "endpoint"), ("wrong-peer", "error"));
        let who = seen.detail("w1", "endpoint", "endpoint");
        assert!(
            who.contains("a certificate of kube-apiserver, signed by another authority"),
            "{who}"
        );
    }
}

#[test]
fn b20_a_name_that_means_something_else_on_one_host() {
    let cause = |edit: &str| {
        let _broken = file("w1", "/etc/hosts", edit);
        let seen = check("stacked", &["--to", "endpoint"]);
        let w2 = seen.way("w2", "endpoint", "endpoint-name");
        assert_eq!(w2, ("right-peer", "fine"), "of the other host");
        let (cause, grade) = seen.way("w1", "endpoint", "endpoint-name");
        (cause.to_owned(), grade.to_owned())
    };

    assert_eq!(
        cause("sed -i 's/^10.77.0.100 /10.77.0.99 /' /etc/hosts"),
        is("wrong-address")
    );
    assert_eq!(cause("sed -i /api.lab.test/d /etc/hosts"), is("name-unknown"));
}
