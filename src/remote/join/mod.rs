//! `kubeadm join`.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::reads_configuration;
pub use steps::*;

#[cfg(test)]
mod tests;
