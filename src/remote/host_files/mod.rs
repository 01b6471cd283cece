//! Files on hosts: written where they differ, and only over what the plan saw.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::Validator;
pub use steps::*;

#[cfg(test)]
mod tests;
