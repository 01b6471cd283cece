//! What makes a bare host one that kubeadm can work on.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::{Wanted, look, of_the_release};
pub use steps::*;
