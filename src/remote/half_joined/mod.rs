//! Hosts whose join did not come to its end.

pub(in crate::remote) mod commands;
mod steps;

pub use steps::*;

#[cfg(test)]
pub(in crate::remote) mod tests;
