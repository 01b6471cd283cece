//! What control planes run, and what kubeadm keeps in the cluster.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::read_admin_conf;
pub use steps::*;
