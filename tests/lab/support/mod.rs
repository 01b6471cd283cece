//! What lab tests share: the lab, its hosts, hawser and kubectl as programs, waiting, and the record.
//!
//! Everything here panics with what was said where something fails: a test has no use for less.

pub(crate) mod api;
pub(crate) mod hawser;
pub(crate) mod host;
pub(crate) mod kubectl;
pub(crate) mod lab;
pub(crate) mod process;
pub(crate) mod record;
pub(crate) mod relay;
pub(crate) mod requests;
pub(crate) mod wait;
