//! A plan from its first phase to its cleanup.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{Either, select};
use tokio::sync::mpsc::UnboundedSender;

use super::resources::{Options, Resources};
use super::run::Run;
use crate::events::{Event, Report};
use crate::plan::Plan;
use crate::remote::wire::connection::Connection;
use crate::topology::HostName;

/// Does what the plan says, and reports how it went.
///
/// The caller sends what comes before (`RunStarted`, the hosts' connections); this sends the rest. Every step of the
/// plan ends in exactly one `StepFinished`, and the caller ends the run with `RunFinished`, after whatever it still
/// looks at.
pub async fn execute<C: Connection>(
    plan: &Plan,
    sessions: &BTreeMap<HostName, Arc<C>>,
    resources: Resources<C>,
    options: Options,
    events: UnboundedSender<Event>,
) -> Report {
    let run = Run::new(sessions, resources, options, events);
    let phases = Box::pin(run.phases(&plan.phases));
    let announce = Box::pin(run.announce_stop());
    if let Either::Right(((), phases)) = select(phases, announce).await {
        phases.await;
    }
    // Nothing is left behind where nothing was begun.
    if run.has_begun() || !run.is_interrupted() {
        run.clean_up(&plan.cleanup).await;
    }
    run.finish()
}
