//! `hawser check` on the lab's real hosts: ways and facts are broken for real, one after the other, and each is named
//! rightly from the right host. The tests share hosts in the order of their names (nextest profile `lab`): `a10` starts
//! them, `b10` builds the cluster, `c10` starts those with etcd on hosts of its own.
#![cfg(test)]
#![cfg(feature = "lab")]

#[expect(dead_code, reason = "shared with the other tests of the lab")]
#[path = "../lab/support/mod.rs"]
mod support;

mod broken;
mod seen;

mod a10_fresh;
mod a20_firewalls;
mod a30_facts;
mod b10_built;
mod b20_endpoint;
mod b30_hosts;
mod c10_external;
