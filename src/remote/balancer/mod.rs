//! HAProxy and keepalived on balancer hosts.

pub(in crate::remote) mod commands;
mod steps;

pub use steps::*;
