//! One run at a time: the lock of a host, and the fence before each command that changes it.

pub(in crate::remote) mod commands;

pub use commands::*;

#[cfg(test)]
mod tests;
