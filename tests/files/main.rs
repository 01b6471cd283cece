//! Every file that hosts receive: as golden snapshots, against the schemas of who reads them, and by their own programs.

mod builder;
mod differences;
mod haproxy;
mod hosts_block;
mod keepalived;
mod kubeadm;
mod programs;
mod schema;
