//! hawser on the lab's real hosts. One cluster is shared: tests run in the order of their names (nextest profile
//! `lab`), and each is a process of its own. `a10` builds the cluster and leaves evidence for those after it.
#![cfg(test)]
#![cfg(feature = "lab")]

mod support;

mod evidence;
mod fulfilment;
mod needles;
mod sampling;

mod a10_build;
mod a11_as_planned;
mod a12_secrets;
mod a20_healthy;
