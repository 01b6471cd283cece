//! A command on its way to a host: what it is, what is sent, and what comes back.
//!
//! The lowest layer of `remote`: plans hold commands and sessions run them, and neither needs to know any subject.

mod command;
pub mod connection;
mod effect;
mod filled;
#[cfg(test)]
mod sample;

pub use command::{MOVED, RemoteCommand, STARTED};
pub(in crate::remote) use command::{PRELUDE, quote};
pub use effect::Effect;
pub use filled::Wire;
#[cfg(test)]
pub(crate) use sample::{any, any_script, any_secret};
