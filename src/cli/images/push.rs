//! `hawser images push`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use tokio::sync::mpsc::{self, UnboundedSender};

use super::with_a_runtime;
use crate::archive::{self, Archive};
use crate::cli::arguments::ImagesPushArguments;
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::lease::{claim, if_held};
use crate::cli::watchers::Watchers;
use crate::cli::{Outcome, Stop, scope, stopped, workstation};
use crate::engine::{self, Lease, Options, Wants, until_stopped};
use crate::error::Problem;
use crate::events::{Event, PhaseTime, Report};
use crate::facts::Observation;
use crate::plan::PhaseName;
use crate::planner;
use crate::remote::probe::ProbeScope;
use crate::report;
use crate::topology::{HostName, Topology};
use crate::values::Values;

pub(in crate::cli) async fn run(arguments: ImagesPushArguments, stop: Stop) -> Outcome {
    let began = Instant::now();
    let topology = with_archives(&scope::load(&arguments.inventory.path)?, &arguments)?;
    let client = workstation::client(&topology)?;
    let name = workstation::run_name();
    let watchers = Watchers::new(arguments.output, &topology.cluster, &name, Vec::new())
        .map_err(|problem| vec![problem])?;
    let log = watchers.log_path();
    let wants = Wants::new(claim(name.clone()), if_held(arguments.wait));
    let (events, heard) = mpsc::unbounded_channel();
    let watching = tokio::spawn(watchers.follow(heard));
    let _ = events.send(Event::RunStarted {
        cluster: topology.cluster.clone(),
        run: name,
        hosts: topology.hosts.len(),
    });

    let looked = until_stopped(&stop, async {
        let connected = ConnectedHosts::connect(&client, &topology, &events).await?;
        let observation = connected.observe(&topology, ProbeScope::Images, &events).await;
        Ok::<_, Problem>((connected, observation))
    });
    let mut report = match looked.await.unwrap_or_else(|| Err(stopped())) {
        Ok((connected, observation)) => {
            let images = (&topology, &observation);
            let report = push(
                &connected,
                images,
                (&arguments.limit, wants),
                (began, stop),
                &events,
            )
            .await;
            connected.close().await;
            report
        }
        Err(problem) => Report::of(problem),
    };

    report.took = began.elapsed();
    report.log = Some(log);
    let code = report::exit_code(&report);
    let _ = events.send(Event::RunFinished { report });
    drop(events);
    let _ = watching.await;
    Ok(code)
}

/// Hosts do not wait for each other: what goes wrong on one is reported at the end.
async fn push(
    connected: &ConnectedHosts,
    (topology, observation): (&Topology, &Observation),
    (limit, wants): (&[String], Wants),
    (began, stop): (Instant, Stop),
    events: &UnboundedSender<Event>,
) -> Report {
    let mut report = Report {
        phases: vec![PhaseTime {
            phase: PhaseName::Observe,
            took: began.elapsed(),
        }],
        overhead: began.elapsed(),
        ..Report::default()
    };
    let limit: BTreeSet<HostName> = limit.iter().map(|name| HostName(name.clone())).collect();
    let silent = observation
        .iter()
        .filter(|(name, _)| limit.is_empty() || limit.contains(*name))
        .filter_map(|(_, found)| found.clone().err());
    let silent: Vec<Problem> = silent.collect();
    match planner::push_images(topology, observation, &limit) {
        Err(problems) => report.problems.extend(problems),
        Ok(plan) => {
            for note in &plan.notes {
                let text = note.text.clone();
                let _ = events.send(Event::Warning { text });
            }
            let hosts = plan.changed_hosts();
            report = match Lease::take(&connected.sessions, &hosts, wants, &stop, events).await {
                Ok(lease) => {
                    let options = Options {
                        max_tolerated: 0,
                        stop,
                        so_far: report,
                    };
                    let report = engine::execute(
                        &plan,
                        lease.sessions(),
                        workstation::resources(Values::default()),
                        options,
                        events.clone(),
                    )
                    .await;
                    lease.release().await;
                    report
                }
                Err(problem) => {
                    report.problems.push(problem);
                    report
                }
            };
        }
    }
    report.problems.extend(silent);
    report
}

fn with_archives(topology: &Topology, arguments: &ImagesPushArguments) -> Result<Topology, Vec<Problem>> {
    let mut topology = with_a_runtime(topology);
    if !arguments.files.is_empty() {
        let opened = arguments.files.iter().map(|path| open(path));
        topology.images.archives = opened.collect::<Result<_, _>>()?;
    }
    if topology.images.archives.is_empty() {
        return Err(vec![Problem::Usage {
            message: "there are no archives to push: you gave none, and the inventory names none".to_owned(),
            hint: "`hawser images push FILE…`, or `archives` under [images]; `hawser images list` prints what they should hold"
                .to_owned(),
        }]);
    }
    topology.images.relay |= arguments.relay;
    Ok(topology)
}

fn open(path: &Path) -> Result<Archive, Problem> {
    archive::open(path).map_err(|cause| Problem::LocalFile {
        path: path.display().to_string(),
        verb: "read",
        cause,
    })
}
