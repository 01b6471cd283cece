//! `kubeadm init`.

pub(in crate::remote) mod commands;
mod steps;

pub use steps::*;

#[cfg(test)]
mod tests;
