//! Executes a plan, exactly as it is printed. It knows commands, conditions, values and time, and nothing else: not
//! Kubernetes, not what is sent. It never prints, and decides nothing but what may start next; all that happens is
//! reported as [events](crate::events).
//!
//! Only questions are asked again: a changing command runs once, and what became of it is checked.

mod attempt;
mod cleanup;
mod lease;
mod perform;
mod resources;
mod run;
mod shared;
mod state;
mod stop;
mod timeouts;
mod watch;

#[cfg(test)]
pub(crate) mod fake_host;
#[cfg(test)]
pub(crate) mod tests;

pub use attempt::{Attempt, describe_exit};
pub use lease::{IfHeld, Lease, Wants};
pub use resources::{Options, Resources, Transport, ValueSource};
pub use run::execute;
pub use stop::{StopLevel, signals, until_stopped};
