//! What is made for joins: the token and the sealed certificates; and what a run keeps on hosts while it works.

pub(in crate::remote) mod commands;
mod steps;

pub use commands::Made;
pub use steps::*;

#[cfg(test)]
mod tests;
