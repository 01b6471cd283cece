//! Files that go from one host to another through the memory of the workstation.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::{HandedFile, Replaced, Seen};
pub use steps::*;
