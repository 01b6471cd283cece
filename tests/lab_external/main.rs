//! etcd on hosts of its own, on the lab's real hosts: run by a kubelet, with RSA keys, certificates uploaded. The tests
//! share one cluster, in the order of their names (nextest profile `lab`): `a05` brings up the hosts and hands hawser
//! what has no business there, `a10` builds. `hawser check` looks at them before and after, with ways that are broken for real,
//! as in `lab_compact`.
#![cfg(test)]
#![cfg(feature = "lab")]

#[expect(dead_code, reason = "shared with the other tests of the lab")]
#[path = "../lab/support/mod.rs"]
mod support;

#[expect(dead_code, reason = "of what the stacked cluster's tests look for besides")]
#[path = "../lab/needles.rs"]
mod needles;
#[path = "../lab/sampling.rs"]
mod sampling;
#[path = "../lab/users.rs"]
mod users;

mod cluster;
mod etcd;

#[expect(
    dead_code,
    reason = "of what is broken on the compact cluster's hosts besides"
)]
#[path = "../lab_compact/broken.rs"]
mod broken;
#[expect(dead_code, reason = "of what is asked on the compact cluster's hosts besides")]
#[path = "../lab_compact/seen.rs"]
mod seen;
#[path = "../lab_compact/stranger.rs"]
mod stranger;

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

const NODES: &[&str] = &["cp1", "cp2", "cp3", "w1", "w2"];
