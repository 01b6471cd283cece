//! What is done at the end whatever happened: transient secrets go.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::sleep;

use super::run::{Extent, Run};
use super::stop::{self, StopLevel};
use crate::events::Outcome;
use crate::plan::{Cleanup, PhaseName, Step};
use crate::remote::wire::connection::Connection;
use crate::topology::HostName;

impl<C: Connection> Run<'_, C> {
    /// Cleans up: hosts beside each other, each host's in order, a failed step not keeping the next back. Steps are not
    /// counted as changes. Hosts without a connection, or on which something was let go or may still run, are left out;
    /// what such a command may still need stays.
    pub(super) async fn clean_up(&self, cleanup: &[Cleanup]) {
        self.report_left(cleanup);
        let mut hosts: BTreeMap<&HostName, Vec<&Step>> = BTreeMap::new();
        for step in cleanup.iter().filter(|cleanup| self.may_clean_up(cleanup)) {
            hosts.entry(&step.step.host).or_default().push(&step.step);
        }
        let extent = Extent {
            steps: hosts.values().map(Vec::len).sum(),
            bytes: 0,
        };
        if extent.steps > 0 {
            let all = hosts.values().map(|steps| self.clean_host(steps));
            self.timed(PhaseName::CleanUp, extent, async {
                drop(join_all(all).await);
            })
            .await;
        }
    }

    async fn clean_host(&self, steps: &[&Step]) {
        for step in steps {
            if let Outcome::Failed { problem } = self.step(step, None, self.timeout()).await {
                self.warn(self.state().fail_cleanup(problem));
            }
        }
    }

    /// How long a step is waited for: until the operator lets go, or, where that is over, a little while.
    async fn timeout(&self) {
        if self.stop_level() == StopLevel::Detach {
            sleep(AFTER_LET_GO).await;
        } else {
            stop::reaches(&self.stop, StopLevel::Detach).await;
        }
    }

    /// Reports what stays since a command may still run that nobody saw the end of. What the operator let go is
    /// reported by itself.
    fn report_left(&self, cleanup: &[Cleanup]) {
        let left: Vec<String> = cleanup
            .iter()
            .filter(|cleanup| self.sessions.contains_key(&cleanup.step.host) && !self.may_clean_up(cleanup))
            .map(|cleanup| format!("{}: {}", cleanup.step.host, cleanup.step.title))
            .collect();
        if left.is_empty() {
            return;
        }
        let unseen = self.state().unseen();
        let why = if unseen.is_empty() {
            "a command may still run there".to_owned()
        } else {
            format!(
                "the end of {} was not seen, so it counts as running",
                unseen.join(", ")
            )
        };
        let text = format!(
            "{why}; what it may need stays, for the next run to clear: {}",
            left.join("; ")
        );
        self.shared.warn(text);
    }

    fn may_clean_up(&self, cleanup: &Cleanup) -> bool {
        self.sessions.contains_key(&cleanup.step.host) && !self.state().is_needed(cleanup)
    }
}

/// The operator asked twice to stop: removing a file or a Secret takes a second or two where it works at all.
const AFTER_LET_GO: Duration = Duration::from_secs(10);
