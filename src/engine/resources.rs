//! What a run is given beside its plan: how it is to go, the values that it begins with, who creates others, and who
//! brings hosts what is no command.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::attempt::Attempt;
use super::stop::StopLevel;
use crate::error::Problem;
use crate::events::{Outcome, Report};
use crate::plan::{Step, Transfer};
use crate::remote::wire::connection::Connection;
use crate::values::Values;

/// How a plan is to be executed.
pub struct Options {
    /// How many chains that may lag can fail before the run stops: what the unreachable hosts have left of
    /// `--max-unreachable-workers`.
    pub max_tolerated: usize,
    /// Whether the operator asked to stop.
    pub stop: watch::Receiver<StopLevel>,
    /// What went before: phases with their times, tolerated hosts, the log's path. The run's report adds to it.
    pub so_far: Report,
}

/// What a run is given beside its plan.
pub struct Resources<C> {
    /// The values that are known when it begins.
    pub values: Values,
    /// Who creates those that a step needs and no host gives.
    pub source: Arc<dyn ValueSource>,
    /// Who brings hosts what is no command.
    pub transport: Arc<dyn Transport<C>>,
}

/// Creates values that a step needs and no host gives.
pub trait ValueSource: Send + Sync {
    /// Creates what this step needs, unless it is there.
    fn provide<'a>(&'a self, step: &'a Step, values: &'a Mutex<Values>)
    -> BoxFuture<'a, Result<(), Problem>>;
}

/// Brings hosts what is no command, such as images.
pub trait Transport<C: Connection>: Send + Sync {
    /// Brings it to the host of this attempt's step.
    fn transfer<'a>(
        &'a self,
        attempt: &'a Attempt<'a, C>,
        transfer: &'a Transfer,
    ) -> BoxFuture<'a, Result<Outcome, Problem>>;
}
