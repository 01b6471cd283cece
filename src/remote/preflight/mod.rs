//! What a host is asked before it becomes a part of a cluster.

pub(in crate::remote) mod commands;

pub use commands::*;
