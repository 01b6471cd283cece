//! Power lost: of a control plane, which is no etcd member, and of the etcd host that leads.

use std::time::{Duration, Instant};

use support::external::ETCD;
use support::hawser::{Administrator, LOOK};
use support::requests::{self, Question, failed};
use support::wait::{LONG, until};
use support::{etcd, lab};

use crate::{CLUSTER, ENDPOINT, NODES};

/// HAProxy notices within 4 s, and etcd has a new leader within 2; the rest is for two cores.
const AGAIN: Duration = Duration::from_secs(30);

/// Reads and writes, through the VIP.
fn serves(administrator: &Administrator, what: &str) {
    until("the API answers", AGAIN, || {
        let second = Duration::from_secs(2);
        administrator
            .credentials
            .get(ENDPOINT, "/api/v1/namespaces", second)
    });
    let written = format!(r#"{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{what}"}}}}"#);
    until("the API takes a write", AGAIN, || {
        administrator.kubectl.apply(&written)
    });
}

#[test]
fn a50_a_killed_control_plane_leaves_three_healthy_etcd_members() {
    let administrator = CLUSTER.at_the_endpoint();

    lab::kill("cp1");

    let killed = Instant::now();
    for name in ETCD {
        assert_eq!(etcd::healthy(name).map(|members| members.len()), Ok(3), "{name}");
    }
    serves(&administrator, "written-without-cp1");
    println!(
        "cp1 killed: read and written again after {:.1} s",
        killed.elapsed().as_secs_f64()
    );
    let plan = CLUSTER.builder().hawser(&["plan"], LOOK).exits(3);
    assert!(
        plan.stderr.contains("cp1") && !plan.stderr.contains("cp2"),
        "{}",
        plan.reply()
    );
    // The next test need not wait until it is well again: two others are.
    lab::power_cycle("cp1");
}

#[test]
fn a51_the_api_serves_reads_and_writes_when_the_leading_etcd_host_is_killed() {
    let administrator = CLUSTER.at_the_endpoint();
    let leader = etcd::leader("etcd1").unwrap();
    let requests = requests::start(Question {
        credentials: administrator.credentials.clone(),
        server: ENDPOINT.to_owned(),
        path: "/api/v1/namespaces/default".to_owned(),
        every: Duration::from_millis(200),
        limit: Duration::from_secs(5),
    });

    lab::kill(&leader);

    let killed = Instant::now();
    serves(&administrator, "written-without-a-member");
    let again = killed.elapsed();
    let requests = requests.end();
    println!(
        "{leader} killed: read and written after {:.1} s; {} requests, failed: {:?}",
        again.as_secs_f64(),
        requests.len(),
        failed(&requests)
    );
    let others: Vec<&str> = ETCD.into_iter().filter(|name| *name != leader).collect();
    for name in others {
        let health = etcd::healthy(name);
        assert!(health.is_err(), "{name}: {health:?}");
        let leads = etcd::leader(name).unwrap();
        assert_ne!(leads, leader, "{name}");
    }
    let plan = CLUSTER.builder().hawser(&["plan"], LOOK).exits(3);
    assert!(plan.stderr.contains(&leader), "{}", plan.reply());

    lab::power_cycle(&leader);
    until("all members are healthy again", LONG, || etcd::healthy("etcd1"));
    until("all nodes are Ready again", LONG, || {
        let mut ready = administrator.kubectl.ready_nodes()?;
        ready.sort();
        (ready == NODES).then_some(()).ok_or_else(|| ready.join(" "))
    });
    until("nothing is left to do", LONG, || {
        CLUSTER
            .builder()
            .hawser(&["plan", "--detailed-exitcode"], LOOK)
            .answer()
    });
}
