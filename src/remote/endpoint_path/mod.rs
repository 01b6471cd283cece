//! The ways that must be open before a cluster is initialised.

pub(in crate::remote) mod commands;
mod steps;

pub use steps::*;
