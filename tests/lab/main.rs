//! hawser on the lab's real hosts. One cluster is shared: tests run in the order of their names (nextest profile
//! `lab`), and each is a process of its own. `a10` builds the cluster and leaves evidence for those after it.
#![cfg(test)]
#![cfg(feature = "lab")]

mod evidence;
mod fulfilment;

mod a10_build;
mod a11_as_planned;
mod a12_secrets;
mod a13_rendered;
mod a20_healthy;
mod a30_second_apply;
mod a32_agreed;
mod a40_pods_and_services;
mod a50_host_keys;
mod a60_power;
mod a65_cut_join;
mod a69_others_etcd;
mod a70_growing;
mod a80_join_command;
