//! etcd on hosts of its own, on the lab's real hosts: run by a kubelet, with RSA keys, certificates uploaded. The tests
//! share one cluster, in the order of their names (nextest profile `lab`): `a05` brings up the hosts and hands hawser
//! what has no business there, `a10` builds. `hawser check` looks at them before and after, with ways that are broken
//! for real, as in `lab_compact`: tests that both have are compiled in both, as they ask for another [`CLUSTER`].
#![cfg(test)]
#![cfg(feature = "lab")]

use support::cluster::Cluster;

mod a05_wrong_starts;
mod a06_firewalls;
#[path = "../lab_compact/a06_programs.rs"]
mod a06_programs;
mod a10_build;
mod a20_healthy;
mod a30_second_apply;
mod a32_ways;
#[path = "../lab_compact/a34_endpoint.rs"]
mod a34_endpoint;
mod a35_firewalls;
#[path = "../lab_compact/b10_cut_off.rs"]
mod a36_cut_off;
mod a40_certificates;
mod a45_private_keys;
mod a50_power;
mod a55_control_plane;
mod a57_join_command;
mod a60_growing;

const PROFILE: &str = "external";

/// Where the balancers answer.
const ENDPOINT: &str = "10.77.0.100:6443";

const BALANCERS: &[&str] = &["lb1", "lb2"];

const CLUSTER: Cluster = Cluster {
    profile: PROFILE,
    endpoint: ENDPOINT,
    balancers: BALANCERS,
};

const NODES: &[&str] = &["cp1", "cp2", "cp3", "w1", "w2"];
