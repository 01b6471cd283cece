//! One SSH connection per host: the host's key is judged before anything is sent, then commands run side by side.
//!
//! What a host receives is made in `remote`; this module knows how to bring it there, and nothing of Kubernetes.
//! `~/.ssh/config`, jump hosts and user certificates have their places: the settings of a `SshTarget`,
//! `Client::connect_over`, and `authenticate`.

mod authenticate;
mod client;
mod conversation;
mod forwarding;
mod host_key;
mod identity;
mod jump;
mod known_hosts;
mod openings;
mod output;
mod prompt;
mod sending;
mod session;
mod session_permits;
mod stream;
mod sudo;
mod unreachable;

pub use self::client::Client;
pub use self::forwarding::NotForwarded;
pub use self::prompt::{Prompter, Terminal};
pub use self::session::Session;

#[cfg(test)]
pub(crate) mod tests;
