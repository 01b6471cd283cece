//! What goes before a host joins again.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::Expected;
pub use steps::*;

#[cfg(test)]
mod tests;
