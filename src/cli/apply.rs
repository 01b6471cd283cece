//! `hawser apply`: show the plan, ask, do exactly it, verify.

mod agreement;
mod look;

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedSender};

use super::arguments::ApplyArguments;
use super::check;
use super::fleet::Fleet;
use super::lease::{claim, if_held};
use super::plan::{load, make_absolute};
use super::saved::SavedPlan;
use super::verification::verify;
use super::watching::Watchers;
use super::{Outcome, Stop, stopped, surroundings};
use crate::engine::{self, Lease, Options, Wants, until_stopped};
use crate::error::{ExitCode, Problem};
use crate::events::{Event, Report};
use crate::facts::Observation;
use crate::report;
use crate::ssh::{Client, Session};
use crate::topology::{HostName, Topology};

use look::{Seen, Spent};

/// Lets a moment pass before the hosts are looked at again.
pub(super) async fn pace() {
    tokio::time::sleep(AGAIN).await;
}

/// A cluster is asked again this often while it settles: a look costs a control plane half a second of processor time,
/// which it needs for settling.
const AGAIN: Duration = Duration::from_secs(1);

/// `names_inventory`: whether the command line names it, which then stands for the one that a saved plan names.
pub(super) async fn run(mut arguments: ApplyArguments, names_inventory: bool, stop: Stop) -> Outcome {
    let began = Instant::now();
    let saved = match &arguments.plan {
        Some(path) => Some(SavedPlan::read(path)?),
        None => None,
    };
    if let Some(saved) = &saved {
        saved.complete(&mut arguments, names_inventory)?;
        make_absolute(&mut arguments.scope);
    }
    let topology = load(&arguments.scope)?;
    check::ignored(&arguments.ignore)?;
    let client = surroundings::client(&topology)?;
    let run = surroundings::run_name();
    let watchers = Watchers::new(
        arguments.scope.output,
        &topology.cluster,
        &run,
        what_next(&arguments, &topology),
    )
    .map_err(|problem| vec![problem])?;
    let log = watchers.log_path();
    let claim = claim(run.clone());
    let (events, heard) = mpsc::unbounded_channel();
    let watching = tokio::spawn(watchers.follow(heard));

    let _ = events.send(Event::RunStarted {
        cluster: topology.cluster.clone(),
        run,
        hosts: topology.hosts.len(),
    });
    let attempt = Attempt {
        topology: &topology,
        arguments: &arguments,
        saved: saved.as_ref(),
        events: events.clone(),
        began,
        log,
        wants: Wants::new(claim, if_held(arguments.wait)),
    };
    let result = attempt.run(&client, stop).await;
    drop(attempt);
    drop(events);
    let _ = watching.await;
    result
}

fn what_next(arguments: &ApplyArguments, topology: &Topology) -> Vec<String> {
    let inventory = arguments.scope.inventory.path.display();
    let folder = arguments.scope.templates.folder.as_ref();
    let templates = folder.map(|folder| format!(" --templates {}", folder.display()));
    let templates = templates.unwrap_or_default();
    if arguments.scope.prepare_only {
        let apply = format!("hawser apply -i {inventory}{templates}    # builds the cluster on them");
        let push = format!("hawser images push -i {inventory} ARCHIVE…    # where hosts may not pull");
        return if topology.images.archives.is_empty() {
            vec![push, apply]
        } else {
            vec![apply]
        };
    }
    vec![
        format!(
            "hawser kubeconfig -i {inventory} --merge    # kubectl then speaks to {}",
            topology.cluster
        ),
        format!("hawser plan -i {inventory}{templates}    # shows what has drifted"),
    ]
}

struct Attempt<'a> {
    topology: &'a Topology,
    arguments: &'a ApplyArguments,
    /// The plan that somebody has approved, where it is to be exactly that one.
    saved: Option<&'a SavedPlan>,
    events: UnboundedSender<Event>,
    began: Instant,
    log: String,
    wants: Wants,
}

impl Attempt<'_> {
    async fn run(&self, client: &Client, stop: Stop) -> Outcome {
        if let Some(saved) = self.saved
            && let Err(problem) = saved.is_of(&self.arguments.scope.inventory.path, self.topology)
        {
            return Ok(self.finish(Report::of(problem)));
        }
        let connecting = Fleet::connect(client, self.topology, &self.events);
        let fleet = until_stopped(&stop, connecting).await;
        let fleet = match fleet.unwrap_or_else(|| Err(stopped())) {
            Ok(fleet) => fleet,
            Err(problem) => return Ok(self.finish(Report::of(problem))),
        };
        let mut spent = Spent::default();
        let report = match self.agree(&fleet, &stop, &mut spent).await {
            Ok((seen, lease)) => self.execute(&fleet, (seen, lease), spent, &stop).await,
            Err(problems) => Report {
                interrupted: problems
                    .iter()
                    .any(|problem| matches!(problem, Problem::Interrupted { .. })),
                problems,
                phases: spent.phases,
                ..Report::default()
            },
        };
        fleet.close().await;
        Ok(self.finish(report))
    }

    /// Does what was agreed to, and looks whether everything is as it should be.
    async fn execute(
        &self,
        fleet: &Fleet,
        (seen, lease): (Seen, Option<Lease<Session>>),
        spent: Spent,
        stop: &Stop,
    ) -> Report {
        let Seen {
            observation, plan, ..
        } = seen;
        let silent = self.silent(&observation);
        let mut report = Report {
            own: spent.own(),
            phases: spent.phases,
            lagging: silent.clone(),
            ..Report::default()
        };
        if plan.steps().next().is_some() {
            let allowed = self
                .arguments
                .scope
                .max_unreachable_workers
                .saturating_sub(silent.len());
            let options = Options {
                may_lag: allowed,
                stop: stop.clone(),
                so_far: report,
            };
            let values = surroundings::values(self.topology);
            let events = self.events.clone();
            report = if let Some(lease) = &lease {
                let resources = surroundings::resources(values);
                engine::execute(&plan, lease.sessions(), resources, options, events).await
            } else {
                // Nothing is changed, only waited for.
                let resources = surroundings::resources(values);
                engine::execute(&plan, &fleet.sessions, resources, options, events).await
            };
        }
        if let Some(lease) = lease {
            lease.release().await;
        }
        let is_whole = self.arguments.scope.limit.is_empty() && !self.arguments.scope.prepare_only;
        if report.problems.is_empty() && !report.interrupted && is_whole {
            let fresh = plan.is_empty().then_some(observation);
            verify((fleet, self.topology), fresh, stop, &self.events, &mut report).await;
        }
        report
    }

    /// Hosts that could not be looked at and that the planner let lag.
    fn silent(&self, observation: &Observation) -> Vec<HostName> {
        let hosts = self.topology.hosts.iter().map(|host| &host.name);
        hosts
            .filter(|name| !observation.get(*name).is_some_and(Result::is_ok))
            .cloned()
            .collect()
    }

    /// The one last event, and what the program exits with.
    fn finish(&self, mut report: Report) -> ExitCode {
        report.took = self.began.elapsed();
        report.log = Some(self.log.clone());
        let code = report::exit_code(&report);
        let _ = self.events.send(Event::RunFinished { report });
        code
    }
}
