//! How a run has gone so far, and what that means for what comes next. `cli::watchers` gives each event to
//! `report::terminal`, `report::plain` or `report::json`, and to the log; the problems at the end are told by
//! `report::summary`.

use super::shared::Shared;
use crate::error::Problem;
use crate::events::{Outcome, PhaseTime, Report};
use crate::plan::{Chain, Cleanup, Necessity, NeededBy};
use crate::topology::HostName;

pub(super) struct State {
    report: Report,
    /// How many chains that may lag can fail.
    max_tolerated: usize,
    /// A required chain failed, or too many others.
    has_failed: bool,
    /// Chains that failed and may be finished later.
    tolerated: Vec<(HostName, Problem)>,
    /// Commands that were let go: host, process id, purpose.
    running: Vec<(HostName, u32, String)>,
    /// Hosts on which something was let go, or whose lock is lost.
    detached: Vec<HostName>,
    /// Commands of which nobody saw the end, with their hosts: they count as running.
    unseen: Vec<(HostName, String)>,
}

impl State {
    pub(super) fn new(so_far: Report, max_tolerated: usize) -> Self {
        Self {
            report: so_far,
            max_tolerated,
            has_failed: false,
            tolerated: Vec::new(),
            running: Vec::new(),
            detached: Vec::new(),
            unseen: Vec::new(),
        }
    }

    /// Whether nothing new may start.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the operator asked to stop before the phases had ended.
    pub(super) fn is_interrupted(&self) -> bool {
        self.report.interrupted
    }

    pub(super) fn interrupt(&mut self) {
        self.report.interrupted = true;
    }

    /// Whether a host may be finished later.
    pub(super) fn is_tolerated(&self, host: &HostName) -> bool {
        self.tolerated.iter().any(|(name, _)| name == host)
    }

    /// A step of a chain has ended so.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Unchanged => self.report.unchanged += 1,
            Outcome::Changed => self.report.changed += 1,
            Outcome::Skipped => self.report.skipped += 1,
            Outcome::Ok | Outcome::Detached | Outcome::Failed { .. } => {}
        }
    }

    pub(super) fn add_phase(&mut self, phase: PhaseTime) {
        self.report.phases.push(phase);
    }

    /// A chain has failed; what is to be said of it, where the run goes on.
    pub(super) fn fail_chain(&mut self, chain: &Chain, problem: Problem) -> Option<String> {
        match chain.necessity {
            _ if matches!(problem, Problem::LockLost { .. }) => self.lose_lock(problem),
            Necessity::Required => {
                self.has_failed = true;
                self.report.problems.push(problem);
            }
            Necessity::Apart => self.report.problems.push(problem),
            Necessity::Advisory => return Some(problem.to_string().trim_end().to_owned()),
            Necessity::Tolerated if !self.has_failed && self.may_tolerate(&chain.subject) => {
                let text = format!(
                    "{} may be finished later: {}",
                    chain.subject,
                    problem.to_string().trim_end()
                );
                if !self.is_tolerated(&chain.subject) {
                    self.tolerated.push((chain.subject.clone(), problem));
                }
                return Some(text);
            }
            Necessity::Tolerated => {
                self.has_failed = true;
                let tolerated: Vec<_> = self.tolerated.drain(..).map(|(_, problem)| problem).collect();
                self.report.problems.extend(tolerated);
                self.report.problems.push(problem);
            }
        }
        None
    }

    fn may_tolerate(&self, host: &HostName) -> bool {
        self.tolerated.len() < self.max_tolerated || self.is_tolerated(host)
    }

    /// A cleanup has failed. That is the run's own failure only where everything else went well: what went wrong before
    /// is what to mend first, and then this is what is to be said of it.
    pub(super) fn fail_cleanup(&mut self, problem: Problem) -> Option<String> {
        if self.has_failed || self.report.interrupted {
            return Some(problem.to_string().trim_end().to_owned());
        }
        self.report.problems.push(problem);
        None
    }

    /// Another run works on the host: it is left alone, as is what that run may be using.
    pub(super) fn lose_lock(&mut self, problem: Problem) {
        let Some(host) = unlocked(&problem).cloned() else {
            return;
        };
        self.has_failed = true;
        let mut known = self.report.problems.iter();
        if !known.any(|known| unlocked(known) == Some(&host)) {
            self.detached.push(host);
            self.report.problems.push(problem);
        }
    }

    pub(super) fn detach(&mut self, host: HostName) {
        self.detached.push(host);
    }

    /// This still runs there.
    pub(super) fn leave_running(&mut self, host: HostName, pid: u32, purpose: String) {
        self.running.push((host, pid, purpose));
    }

    /// Nobody saw the end of a command on a host.
    pub(super) fn miss_end(&mut self, host: HostName, purpose: String) {
        self.unseen.push((host, purpose));
    }

    /// The commands of which nobody saw the end.
    pub(super) fn unseen(&self) -> Vec<String> {
        let unseen = self.unseen.iter();
        let mut commands: Vec<String> = unseen
            .map(|(host, purpose)| format!("{purpose} on {host}"))
            .collect();
        commands.dedup();
        commands
    }

    /// Whether a command that may still run may need what a cleanup removes.
    pub(super) fn is_needed(&self, cleanup: &Cleanup) -> bool {
        let unseen = self.unseen.iter().map(|(host, _)| host);
        let mut busy = self.detached.iter().chain(unseen);
        match cleanup.needed_by {
            NeededBy::ItsHost => busy.any(|host| *host == cleanup.step.host),
            NeededBy::AllHosts => busy.next().is_some(),
        }
    }

    /// All that is reported of the run.
    pub(super) fn into_report(self, shared: &Shared) -> Report {
        let mut report = self.report;
        let tolerated = self.tolerated.into_iter().map(|(host, _)| host);
        report.tolerated.extend(tolerated);
        if report.interrupted {
            report.problems.push(Problem::Interrupted {
                running: self.running,
                is_begun: shared.has_begun(),
            });
        }
        let problems = report.problems.into_iter();
        report.problems = problems.map(|problem| shared.redacted(problem)).collect();
        report
    }
}

fn unlocked(problem: &Problem) -> Option<&HostName> {
    match problem {
        Problem::LockLost { host, .. } => Some(host),
        _ => None,
    }
}
