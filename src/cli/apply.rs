//! `hawser apply`: show the plan, ask, apply exactly it, verify.

mod agreement;
mod apply_run;
mod decision;

use std::time::Instant;

use tokio::sync::mpsc;

use super::arguments::ApplyArguments;
use super::connected_hosts::ConnectedHosts;
use super::lease::{claim, if_held};
use super::saved::SavedPlan;
use super::scope::{load_scope, make_absolute};
use super::verification::await_verified;
use super::watchers::Watchers;
use super::{Outcome, Stop, stopped, workstation};
use crate::engine::{self, Lease, Options, Wants, until_stopped};
use crate::error::{ExitCode, Problem};
use crate::events::{Event, Report};
use crate::facts::Observation;
use crate::report;
use crate::ssh::{Client, Session};
use crate::topology::{HostName, Topology};

use apply_run::ApplyRun;
use decision::{Decision, Elapsed};

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
    let topology = load_scope(&arguments.scope)?;
    let client = workstation::client(&topology)?;
    let run = workstation::run_name();
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
    let apply = ApplyRun {
        topology: &topology,
        arguments: &arguments,
        saved: saved.as_ref(),
        events: events.clone(),
        began,
        log,
        wants: Wants::new(claim, if_held(arguments.wait)),
    };
    let result = apply.connect_and_apply(&client, stop).await;
    drop(apply);
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
        let push = format!("hawser images push -i {inventory} ARCHIVE…    # if hosts may not pull");
        return if topology.images.archives.is_empty() {
            vec![push, apply]
        } else {
            vec![apply]
        };
    }
    vec![
        format!(
            "hawser kubeconfig -i {inventory} --merge    # use the cluster {} with kubectl",
            topology.cluster
        ),
        format!("hawser plan -i {inventory}{templates}    # shows differences from the inventory"),
    ]
}

impl ApplyRun<'_> {
    async fn connect_and_apply(&self, client: &Client, stop: Stop) -> Outcome {
        if let Some(saved) = self.saved
            && let Err(problem) = saved.is_of(&self.arguments.scope.inventory.path, self.topology)
        {
            return Ok(self.finish(Report::of(problem)));
        }
        let connecting = ConnectedHosts::connect(client, self.topology, &self.events);
        let connected = until_stopped(&stop, connecting).await;
        let connected = match connected.unwrap_or_else(|| Err(stopped())) {
            Ok(connected) => connected,
            Err(problem) => return Ok(self.finish(Report::of(problem))),
        };
        let mut elapsed = Elapsed::default();
        let report = match self.agree(&connected, &stop, &mut elapsed).await {
            Ok((decision, lease)) => self.execute(&connected, (decision, lease), elapsed, &stop).await,
            Err(problems) => Report {
                interrupted: problems
                    .iter()
                    .any(|problem| matches!(problem, Problem::Interrupted { .. })),
                problems,
                phases: elapsed.phases,
                ..Report::default()
            },
        };
        connected.close().await;
        Ok(self.finish(report))
    }

    /// Applies the plan that was agreed to, and verifies the cluster.
    async fn execute(
        &self,
        connected: &ConnectedHosts,
        (decision, lease): (Decision, Option<Lease<Session>>),
        elapsed: Elapsed,
        stop: &Stop,
    ) -> Report {
        let Decision {
            observation, plan, ..
        } = decision;
        let silent = self.silent(&observation);
        let mut report = Report {
            overhead: elapsed.overhead(),
            phases: elapsed.phases,
            tolerated: silent.clone(),
            ..Report::default()
        };
        if plan.steps().next().is_some() {
            let allowed = self
                .arguments
                .scope
                .max_unreachable_workers
                .saturating_sub(silent.len());
            let options = Options {
                max_tolerated: allowed,
                stop: stop.clone(),
                so_far: report,
            };
            let values = workstation::values(self.topology);
            let events = self.events.clone();
            // By `engine::run`.
            report = if let Some(lease) = &lease {
                let resources = workstation::resources(values);
                engine::execute(&plan, lease.sessions(), resources, options, events).await
            } else {
                // Nothing is changed, only waited for.
                let resources = workstation::resources(values);
                engine::execute(&plan, &connected.sessions, resources, options, events).await
            };
        }
        if let Some(lease) = lease {
            lease.release().await;
        }
        let is_complete = self.arguments.scope.limit.is_empty() && !self.arguments.scope.prepare_only;
        if report.problems.is_empty() && !report.interrupted && is_complete {
            let fresh = plan.is_empty().then_some(observation);
            await_verified((connected, self.topology), fresh, stop, &self.events, &mut report).await;
        }
        report
    }

    /// Hosts that could not be probed, which the planner tolerated.
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
