//! The compact cluster on the lab's real hosts: three hosts that are balancers, control planes and workers, with
//! certificates that go from host to host. The tests share one cluster, in the order of their names (nextest profile
//! `lab`): `a10` builds it.
#![cfg(test)]
#![cfg(feature = "lab")]

#[expect(dead_code, reason = "shared with the other tests of the lab")]
#[path = "../lab/support/mod.rs"]
mod support;

#[expect(dead_code, reason = "of the cluster's other way of certificates")]
#[path = "../lab/needles.rs"]
mod needles;
#[path = "../lab/sampling.rs"]
mod sampling;

mod cluster;

mod a10_build;
mod a20_certificates;
mod a30_whole;
mod a40_power;
mod a50_reset;
mod a60_growing;
