//! etcd on hosts of its own, on the lab's real hosts. The tests share one cluster, in the order of their names (nextest
//! profile `lab`): `a10` builds it.
#![cfg(test)]
#![cfg(feature = "lab")]

#[expect(dead_code, reason = "shared with the other tests of the lab")]
#[path = "../lab/support/mod.rs"]
mod support;

mod a10_build;
mod a60_growing;
