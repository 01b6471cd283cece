//! Trying the ways from a host.

pub(in crate::remote) mod commands;

pub use commands::*;
