//! Executes a plan, exactly as it is printed. It knows nothing of Kubernetes, never prints, and decides nothing but
//! what may start next; all that happens is told as [`Event`]s.
//!
//! Only questions are asked again: a changing command runs once, and what became of it is checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{Either, select};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::events::{Event, Report};
use crate::plan::Plan;
use crate::remote::connection::Connection;
use crate::topology::HostName;
use crate::values::Values;

mod attempt;
mod certificates;
mod closing;
mod meter;
mod poll;
mod progress;
mod relay;
mod run;
mod shared;
mod stop;

#[cfg(test)]
mod fake_host;
#[cfg(test)]
mod tests;

pub use stop::{StopLevel, signals, until_stopped};

/// How a plan is to be executed.
pub struct Options {
    /// How many chains that may lag can fail before the run stops: what the unreachable hosts have left of
    /// `--max-unreachable-workers`.
    pub may_lag: usize,
    /// Whether the operator asked to stop.
    pub stop: watch::Receiver<StopLevel>,
    /// What went before: phases with their times, lagging hosts, the log's path. The run's report adds to it.
    pub so_far: Report,
}

/// Does what the plan says, and says how it went.
///
/// The caller sends what comes before (`RunStarted`, the hosts' connections); this sends the rest. Every step of the
/// plan ends in exactly one `StepFinished`, and the caller ends the run with `RunFinished`, after whatever it still looks at.
pub async fn execute<C: Connection>(
    plan: &Plan,
    sessions: &BTreeMap<HostName, Arc<C>>,
    values: Values,
    options: Options,
    events: UnboundedSender<Event>,
) -> Report {
    let run = run::Run::new(sessions, values, options, events);
    let phases = Box::pin(run.phases(&plan.phases));
    let announce = Box::pin(run.announce_stop());
    if let Either::Right(((), phases)) = select(phases, announce).await {
        phases.await;
    }
    // Nothing is left behind where nothing was begun.
    if run.has_begun() || !run.is_stopped() {
        run.close(&plan.closing).await;
    }
    run.finish()
}
