//! Three hosts in all: each leads to every API server, and pods run on them.

use std::time::Duration;

use support::hawser::{LOOK, report};
use support::lab;

use crate::cluster::{HOSTS, holder};
use crate::{CLUSTER, ENDPOINT, PROFILE};

#[test]
fn a30_three_nodes_are_ready_and_take_workloads() {
    let administrator = CLUSTER.at_the_endpoint();
    let kubectl = &administrator.kubectl;

    let mut ready = kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, HOSTS);
    for node in kubectl.items(&["nodes"]).unwrap() {
        assert!(node["spec"]["taints"].is_null(), "{}", node["spec"]["taints"]);
    }
}

#[test]
fn a30_each_hosts_api_server_and_balancer_answer() {
    let credentials = CLUSTER.at_the_endpoint().credentials;
    let mut places = vec![ENDPOINT.to_owned()];
    for name in HOSTS {
        let address = lab::address(PROFILE, name);
        places.extend([format!("{address}:8443"), address]);
    }

    for place in places {
        let answer = credentials.get(&place, "/readyz", Duration::from_secs(20));
        assert_eq!(answer.as_deref(), Ok("ok"), "{place}");
    }
    assert!(holder().is_ok(), "{:?}", holder());
}

#[test]
fn a30_a_second_apply_changes_nothing() {
    let again = CLUSTER
        .builder()
        .hawser(&["apply", "--yes", "-o", "json"], LOOK)
        .exits(0);

    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());
}
