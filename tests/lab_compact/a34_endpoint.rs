//! What can go wrong at the endpoint of a cluster that runs.

use support::broken::{Broken, broken, file, forgets, rule, stopped, without};
use support::foreign_host;
use support::lab::{VIP, hosts};

use crate::{BALANCERS, CLUSTER, ENDPOINT, PROFILE};

/// Who asks at the endpoint: all hosts but etcd's own.
fn who_ask() -> Vec<String> {
    let names = hosts(PROFILE).into_iter().map(|(name, _)| name);
    names.filter(|name| !name.starts_with("etcd")).collect()
}

/// All who ask meet this at the endpoint.
#[track_caller]
fn all_meet(cause: &str) {
    let seen = CLUSTER.check(&["--to", "endpoint"]);
    for host in who_ask() {
        assert_eq!(
            seen.connection(&host, "endpoint", "endpoint"),
            (cause, "failed"),
            "{host}"
        );
    }
    assert_eq!(seen.code, Some(1));
}

/// keepalived gives the VIP up with HAProxy, so it is told to hold it whatever HAProxy does.
fn without_haproxy() -> Vec<Broken> {
    let held = BALANCERS.iter().map(|name| {
        let restart = "systemctl restart keepalived
             until journalctl -u keepalived -n 5 -o cat | grep -q 'Entering'; do sleep 0.2; done";
        broken(
            name,
            &format!(
                "cd /etc/keepalived; cp -a keepalived.conf whole; sed -i '/track_script/,/}}/d' keepalived.conf; {restart}"
            ),
            &format!("cd /etc/keepalived; cat whole >keepalived.conf; rm whole; {restart}"),
        )
    });
    let held: Vec<Broken> = held.collect();
    let stopped: Vec<Broken> = BALANCERS.iter().map(|name| stopped(name, "haproxy")).collect();
    CLUSTER.vip_is_held();
    stopped.into_iter().chain(held).collect()
}

#[test]
fn a34_a_vip_that_nobody_holds() {
    CLUSTER.well();
    let _broken: Vec<Broken> = BALANCERS.iter().map(|name| stopped(name, "keepalived")).collect();
    for name in who_ask() {
        forgets(&name, VIP);
    }

    let seen = CLUSTER.check(&["--to", "endpoint"]);

    for host in who_ask() {
        let way = seen.connection(&host, "endpoint", "endpoint");
        assert_eq!(way, ("no-route", "failed"), "{host}");
    }
    let nobody = format!("no balancer holds the VIP {VIP}");
    assert!(seen.fixes().contains(&nobody), "{}", seen.fixes());
}

#[test]
fn a34_haproxy_that_does_not_run() {
    CLUSTER.well();
    let _broken = without_haproxy();

    all_meet("refused");
}

#[test]
fn a34_haproxy_without_a_backend() {
    CLUSTER.well();
    let state = |state: &str| {
        format!(
            "for name in cp1 cp2 cp3; do echo \"set server control_planes/$name state {state}\" | socat - /run/haproxy/admin.sock; done"
        )
    };
    let _broken: Vec<Broken> = BALANCERS
        .iter()
        .map(|name| broken(name, &state("maint"), &state("ready")))
        .collect();

    all_meet("reset");
}

#[test]
fn a34_another_clusters_api_server_behind_the_endpoint() {
    CLUSTER.well();
    let _stranger = foreign_host::behind_the_endpoint(&CLUSTER);

    let seen = CLUSTER.check(&["--from", "cp2", "--to", "endpoint"]);
    assert_eq!(
        seen.connection("cp2", "endpoint", "endpoint"),
        ("wrong-peer", "failed")
    );
    let who = seen.detail("cp2", "endpoint", "endpoint");
    assert!(
        who.contains("a certificate of kube-apiserver, signed by another CA"),
        "{who}"
    );

    let _without = without("cp2", &["openssl", "python3"]);
    let seen = CLUSTER.check(&["--from", "cp2", "--to", "endpoint"]);
    assert_eq!(
        seen.connection("cp2", "endpoint", "endpoint"),
        ("open", "unknown")
    );
    let why = seen.detail("cp2", "endpoint", "endpoint");
    assert!(why.contains("neither openssl nor python3 is installed"), "{why}");
}

#[test]
fn a34_an_api_server_that_hangs() {
    CLUSTER.well();
    let signal = |name: &str| format!("kill -{name} $(pgrep -x kube-apiserver)");
    let _broken = broken("cp2", &signal("STOP"), &signal("CONT"));

    let seen = CLUSTER.check(&["--from", "cp1", "--to", "cp2"]);

    assert_eq!(seen.connection("cp1", "cp2", "api-server"), ("open", "warning"));
    let why = seen.detail("cp1", "cp2", "api-server");
    assert!(why.contains("a TLS handshake came to nothing in time"), "{why}");
}

/// As a balancer behaves that cannot lead a host's connection back to it: one in so many fails.
#[test]
fn a34_a_control_plane_that_does_not_reach_itself() {
    CLUSTER.well();
    let port = ENDPOINT.rsplit(':').next().unwrap();
    let _broken = rule(
        "cp1",
        &format!(
            "OUTPUT -p tcp -d {VIP} --dport {port} --syn -m statistic --mode nth --every 2 --packet 0 -j REJECT --reject-with tcp-reset"
        ),
    );

    let seen = CLUSTER.check(&["--to", "endpoint"]);

    assert_eq!(
        seen.connection("cp1", "endpoint", "hairpin"),
        ("refused", "failed")
    );
    assert_eq!(seen.connection("cp2", "endpoint", "hairpin"), ("open", "ok"));
}

#[test]
fn a34_a_name_that_means_something_else_on_one_host() {
    CLUSTER.well();
    let cause = |edit: &str| {
        let _broken = file("cp3", "/etc/hosts", edit);
        let seen = CLUSTER.check(&["--to", "endpoint"]);
        let other = seen.connection("cp1", "endpoint", "endpoint-name");
        assert_eq!(other, ("verified", "ok"), "of the other host");
        let (cause, grade) = seen.connection("cp3", "endpoint", "endpoint-name");
        (cause.to_owned(), grade.to_owned())
    };

    assert_eq!(
        cause("sed -i 's/^10.77.0.100 /10.77.0.99 /' /etc/hosts"),
        ("wrong-address".to_owned(), "failed".to_owned())
    );
    assert_eq!(
        cause("sed -i /api.lab.test/d /etc/hosts"),
        ("name-not-found".to_owned(), "failed".to_owned())
    );
}
