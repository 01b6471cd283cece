//! Every file that hosts receive: as golden snapshots, against the schemas of who reads
//! them, and by their own programs.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

mod builder;
mod differences;
mod etcd;
mod every_file;
mod haproxy;
mod hosts_block;
mod keepalived;
mod kubeadm;
mod preparation;
mod programs;
mod schema;
mod templates;
