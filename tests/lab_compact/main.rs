//! The compact cluster on the lab's real hosts: three hosts that are balancers, control planes and workers, with
//! certificates that go from host to host; and `hawser check` on them, before and after, with ways and facts
//! that are broken for real, one after the other. The tests share hosts in the order of their names (nextest
//! profile `lab`): `a05` starts them, `a10` builds the cluster. Those of the ways are made of hosts of one
//! role each too, in `lab_external`.
#![cfg(test)]
#![cfg(feature = "lab")]

use support::cluster::Cluster;

mod cluster;

mod a05_fresh;
mod a06_firewalls;
mod a06_programs;
mod a07_wrong_hosts;
mod a10_build;
mod a20_certificates;
mod a30_whole;
mod a32_ways;
mod a34_endpoint;
mod a38_firewalls;
mod a40_power;
mod a50_reset;
mod a60_growing;
mod b10_cut_off;

const PROFILE: &str = "compact";

/// Where the balancers answer.
const ENDPOINT: &str = "10.77.0.100:8443";

const BALANCERS: &[&str] = &["cp1", "cp2", "cp3"];

const CLUSTER: Cluster = Cluster {
    profile: PROFILE,
    endpoint: ENDPOINT,
    balancers: BALANCERS,
};
