//! What every node carries.

pub(in crate::remote) mod commands;
mod steps;

pub use steps::*;
