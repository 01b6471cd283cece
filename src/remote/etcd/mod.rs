//! etcd on hosts of its own: its members, and one more of them.

pub(in crate::remote) mod commands;
mod scale_up;
mod steps;

pub use commands::SNAPSHOTS;
pub use scale_up::Addition;
pub use steps::*;

#[cfg(test)]
mod tests;
