//! What is done at the end whatever happened: transient secrets go.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::sleep;

use super::run::Run;
use super::stop::{self, StopLevel};
use crate::error::Problem;
use crate::events::{Event, Outcome};
use crate::plan::Step;
use crate::remote::connection::Connection;
use crate::topology::HostName;

impl<C: Connection> Run<'_, C> {
    /// Does the closing steps: hosts beside each other, each host's in order, a failed one not keeping the next back.
    /// They are not counted as changes. Hosts without a connection, or on which something was let go, are left out; what
    /// a command that was let go may still be using stays.
    pub(super) async fn close(&self, closing: &[Step]) {
        let mut hosts: BTreeMap<&HostName, Vec<&Step>> = BTreeMap::new();
        for step in closing.iter().filter(|step| self.can_close(step)) {
            hosts.entry(&step.host).or_default().push(step);
        }
        let steps = hosts.values().map(Vec::len).sum();
        if steps > 0 {
            let all = hosts.values().map(|steps| self.close_host(steps));
            self.timed(NAME, (steps, 0), async { drop(join_all(all).await) })
                .await;
        }
    }

    async fn close_host(&self, steps: &[&Step]) {
        for step in steps {
            if let Outcome::Failed { problem } = self.step(step, None, self.patience()).await {
                self.closing_failed(problem);
            }
        }
    }

    /// A failure is the run's own only where everything else went well: what went wrong before is what to mend first.
    fn closing_failed(&self, problem: Problem) {
        let mut state = self.state();
        if state.failed || state.report.interrupted {
            let text = problem.to_string().trim_end().to_owned();
            self.shared.emit(Event::Warned { text });
        } else {
            state.report.problems.push(problem);
        }
    }

    /// How long a closing step is waited for: until the operator lets go, or, where that is over, a little while.
    async fn patience(&self) {
        if self.stop_level() == StopLevel::LetGo {
            sleep(AFTER_LET_GO).await;
        } else {
            stop::reaches(&self.stop, StopLevel::LetGo).await;
        }
    }

    fn can_close(&self, step: &Step) -> bool {
        let let_go = &self.state().let_go;
        let in_use = let_go.contains(&step.host) || (step.ends_for_all && !let_go.is_empty());
        self.sessions.contains_key(&step.host) && !in_use
    }
}

/// The phase's name in the events.
const NAME: &str = "clean up";

/// The operator asked twice to stop: removing a file or a Secret takes a second or two where it works at all.
const AFTER_LET_GO: Duration = Duration::from_secs(10);
