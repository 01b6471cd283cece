//! What tests share. Most of it is the lab's: its hosts, hawser and kubectl as programs, what is broken on a host and
//! whole again, what users of a cluster notice, waiting, the record.
//!
//! Everything here panics with what was said where something fails: a test has no use for less.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "a test has no use for less"
)]

pub mod api;
pub mod archives;
pub mod broken;
pub mod cluster;
pub mod dice;
pub mod etcd;
pub mod external;
pub mod foreign_host;
pub mod hawser;
pub mod host;
pub mod kubectl;
pub mod lab;
pub mod login;
pub mod needles;
pub mod others_etcd;
pub mod process;
pub mod record;
pub mod relay;
pub mod requests;
pub mod rig;
pub mod sampling;
pub mod seen;
pub mod users;
pub mod wait;
