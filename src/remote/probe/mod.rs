//! What a host is asked before anything is decided.

pub(in crate::remote) mod commands;

pub use commands::*;
