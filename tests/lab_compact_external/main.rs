//! etcd on hosts of its own beside the compact cluster, on the lab's real hosts: run by systemd, with ECDSA keys, and
//! certificates that go from host to host. The tests share one cluster, in the order of their names (nextest profile
//! `lab`); most are those of `lab_external`, compiled once more as they ask for another [`CLUSTER`].
#![cfg(test)]
#![cfg(feature = "lab")]

use support::cluster::Cluster;

#[path = "../lab_external/a05_wrong_starts.rs"]
mod a05_wrong_starts;
#[path = "../lab_external/a10_build.rs"]
mod a10_build;
#[path = "../lab_external/a20_healthy.rs"]
mod a20_healthy;
mod a25_handed_over;
mod a27_others_etcd;
mod a27_stalled;
#[path = "../lab_external/a30_second_apply.rs"]
mod a30_second_apply;
#[path = "../lab_external/a40_certificates.rs"]
mod a40_certificates;
#[path = "../lab_external/a45_private_keys.rs"]
mod a45_private_keys;
#[path = "../lab_external/a55_control_plane.rs"]
mod a55_control_plane;
#[path = "../lab_external/a60_growing.rs"]
mod a60_growing;

const PROFILE: &str = "compact-external";

/// Where the balancers answer.
const ENDPOINT: &str = "10.77.0.100:8443";

const CLUSTER: Cluster = Cluster {
    profile: PROFILE,
    endpoint: ENDPOINT,
    balancers: NODES,
};

const NODES: &[&str] = &["cp1", "cp2", "cp3"];
