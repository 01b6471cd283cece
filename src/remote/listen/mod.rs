//! Listening where nothing listens yet.

pub(in crate::remote) mod commands;

pub use commands::*;
