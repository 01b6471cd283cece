//! `hawser apply`: show the plan, ask, do exactly it, verify.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedSender};

use jiff::Timestamp;

use super::arguments::{ApplyArguments, OutputFormat};
use super::fleet::Fleet;
use super::plan::{allowance, decide};
use super::watching::Watchers;
use super::{Outcome, surroundings};
use crate::engine::{self, Options, StopLevel};
use crate::error::{ExitCode, Problem};
use crate::events::{Event, PhaseTime, Report};
use crate::facts::Observation;
use crate::pki::Authority;
use crate::plan::{Plan, StepId};
use crate::remote::probe::Look;
use crate::report::paint::Paint;
use crate::report::{self, plan_text};
use crate::topology::{HostName, Role, Topology};
use crate::values::{Bundle, Values};
use crate::verify::{Unmet, remarks, unmet};

/// Node leases, DaemonSets and HAProxy's checks follow a join within this.
const SETTLED: Duration = Duration::from_secs(5 * 60);

/// kubelet starts static pods within a minute of a host's start; etcd without a quorum is started again after 80 s.
const POWER_ON: Duration = Duration::from_secs(90);

/// Lets a moment pass before the hosts are looked at again.
async fn pace() {
    tokio::time::sleep(AGAIN).await;
}

/// A cluster is asked again this often while it settles: a look costs a control plane half a second of processor time,
/// which it needs for settling.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(arguments: ApplyArguments) -> Outcome {
    let began = Instant::now();
    let topology = surroundings::load_with(&arguments.scope.inventory.path, &arguments.scope.templates)?;
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
    let (events, heard) = mpsc::unbounded_channel();
    let watching = tokio::spawn(watchers.follow(heard));
    let stop = engine::signals().map_err(|cause| vec![no_signals(&cause)])?;

    let _ = events.send(Event::RunStarted {
        cluster: topology.cluster.clone(),
        run,
        hosts: topology.hosts.len(),
    });
    let attempt = Attempt {
        topology: &topology,
        arguments: &arguments,
        events: events.clone(),
        began,
        log,
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
    vec![
        format!(
            "hawser kubeconfig -i {inventory} --merge    # kubectl then speaks to {}",
            topology.cluster
        ),
        format!("hawser plan -i {inventory}{templates}    # shows what has drifted"),
    ]
}

fn no_signals(cause: &std::io::Error) -> Problem {
    Problem::Workstation {
        what: "listen to signals",
        cause: cause.to_string(),
    }
}

struct Attempt<'a> {
    topology: &'a Topology,
    arguments: &'a ApplyArguments,
    events: UnboundedSender<Event>,
    began: Instant,
    log: String,
}

impl Attempt<'_> {
    async fn run(
        &self,
        client: &crate::ssh::Client,
        stop: tokio::sync::watch::Receiver<StopLevel>,
    ) -> Outcome {
        let fleet = Fleet::connect(client, self.topology, &self.events).await;
        let (observation, decided, waited) = self.decide(&fleet, &stop).await;
        let connected = PhaseTime {
            phase: "connect and observe".to_owned(),
            took: self.began.elapsed(),
        };
        let plan = match decided {
            Ok(plan) => plan,
            Err(problems) => {
                fleet.close().await;
                return Ok(self.finish(Report {
                    problems,
                    phases: vec![connected],
                    ..Report::default()
                }));
            }
        };
        self.show(&plan);
        if !plan.is_empty() && !self.agreed() {
            fleet.close().await;
            return Ok(self.finish(Report {
                interrupted: true,
                ..Report::default()
            }));
        }
        let silent = self.silent(&observation);
        let mut report = Report {
            own: connected.took.saturating_sub(waited),
            phases: vec![connected],
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
            report = engine::execute(
                &plan,
                &fleet.sessions,
                values(self.topology),
                options,
                self.events.clone(),
            )
            .await;
        }
        if report.problems.is_empty() && !report.interrupted && self.arguments.scope.limit.is_empty() {
            self.verify(&fleet, plan.is_empty().then_some(observation), stop, &mut report)
                .await;
        }
        fleet.close().await;
        Ok(self.finish(report))
    }

    /// Looks at the hosts and decides. What may be gone a minute later is looked at again for so long: the power has just
    /// come back. Also tells how long that was waited for.
    async fn decide(
        &self,
        fleet: &Fleet,
        stop: &tokio::sync::watch::Receiver<StopLevel>,
    ) -> (Observation, Result<Plan, Vec<Problem>>, Duration) {
        let mut starting_since = None;
        loop {
            let since = Instant::now();
            let observation = fleet.observe(self.topology, Look::Whole, &self.events).await;
            let decided = decide(self.topology, &observation, &allowance(&self.arguments.scope));
            let passing = decided
                .as_ref()
                .err()
                .and_then(|problems| problems.iter().find(|problem| problem.may_pass()));
            let waited = starting_since.map_or(Duration::ZERO, |since: Instant| since.elapsed());
            let Some(passing) = passing else {
                return (observation, decided, waited);
            };
            if self.began.elapsed() > POWER_ON || *stop.borrow() != StopLevel::Running {
                return (observation, decided, waited);
            }
            if starting_since.is_none() {
                starting_since = Some(since);
                let text = format!(
                    "{}; they have just started: looking again until {} s",
                    passing.headline(),
                    POWER_ON.as_secs()
                );
                let _ = self.events.send(Event::Warned { text });
            }
            pace().await;
        }
    }

    fn show(&self, plan: &Plan) {
        if self.arguments.scope.output == OutputFormat::Text {
            surroundings::say(&plan_text::render(plan, None, Paint::for_stdout()));
        }
    }

    fn agreed(&self) -> bool {
        if self.arguments.yes {
            return true;
        }
        if !surroundings::is_interactive() {
            surroundings::tell("not on a terminal: give --yes to do it without being asked\n");
            return false;
        }
        surroundings::confirm("Do it?")
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

    /// Looks again until everything is as the inventory says. An observation that is fresh serves as the first look.
    async fn verify(
        &self,
        fleet: &Fleet,
        fresh: Option<Observation>,
        stop: tokio::sync::watch::Receiver<StopLevel>,
        report: &mut Report,
    ) {
        let since = Instant::now();
        let phase = "verify".to_owned();
        let _ = self.events.send(Event::PhaseStarted {
            phase: phase.clone(),
            steps: 0,
        });
        let mut waited = Duration::ZERO;
        let mut asked = who_speaks_for_the_cluster(self.topology);
        let mut seen = match fresh {
            Some(fresh) => fresh,
            None => fleet.observe(&asked, Look::Health, &self.events).await,
        };
        let left = loop {
            let left = unmet(self.topology, &seen, &report.lagging);
            if left.is_empty() {
                let remarks = remarks(self.topology, &seen).into_iter();
                remarks.for_each(|text| drop(self.events.send(Event::Warned { text })));
            }
            if left.is_empty() || since.elapsed() > SETTLED || *stop.borrow() != StopLevel::Running {
                break left;
            }
            self.still_waiting(&left, since);
            waited = since.elapsed();
            pace().await;
            asked = who_knows(self.topology, &left);
            seen.extend(fleet.observe(&asked, Look::Health, &self.events).await);
        };
        report.own += since.elapsed().saturating_sub(waited);
        report.phases.push(PhaseTime {
            phase: phase.clone(),
            took: since.elapsed(),
        });
        let _ = self.events.send(Event::PhaseFinished {
            phase,
            took: since.elapsed(),
        });
        report.problems.extend(not_verified(left, since.elapsed()));
    }

    fn still_waiting(&self, left: &[Unmet], since: Instant) {
        for unmet in left {
            let _ = self.events.send(Event::StillWaiting {
                step: StepId("verify".to_owned()),
                host: unmet.host.clone(),
                reason: unmet.what.clone(),
                waited: since.elapsed(),
            });
        }
    }
}

/// The run's own secrets, and the user's authority for etcd, which the inventory has shown to be one.
fn values(topology: &Topology) -> Values {
    let mut values = Values::for_new_run();
    if let Some(own) = &topology.external_etcd.authority {
        let loaded = Authority::load(&own.certificate, &own.key.0, Timestamp::now());
        let known = loaded.and_then(|own| values.set_files(Bundle::EtcdAuthority, own.lines().as_bytes()));
        // One that has ended since is told by the step that cannot sign.
        drop(known);
    }
    values
}

/// Verification asks control planes, etcd hosts and balancers: they know of the workers.
fn who_speaks_for_the_cluster(topology: &Topology) -> Topology {
    let mut asked = topology.clone();
    asked
        .hosts
        .retain(|host| host.is(Role::ControlPlane) || host.is(Role::Etcd) || host.is(Role::Balancer));
    asked
}

/// Who can tell that what was amiss is no longer so: the one control plane that spoke for the cluster, where all else has
/// been seen to be well.
fn who_knows(topology: &Topology, left: &[Unmet]) -> Topology {
    let mut asked = who_speaks_for_the_cluster(topology);
    let speaker = left.first().and_then(|unmet| unmet.told_by.as_ref());
    if speaker.is_some() && left.iter().all(|unmet| unmet.told_by.as_ref() == speaker) {
        asked.hosts.retain(|host| Some(&host.name) == speaker);
    }
    asked
}

fn not_verified(left: Vec<Unmet>, took: Duration) -> Option<Problem> {
    let first = left.first()?.host.clone();
    Some(Problem::Step {
        host: first,
        what: "verification".to_owned(),
        how: format!("{} things are not as they should be", left.len()),
        took,
        answer: left
            .into_iter()
            .map(|unmet| format!("{}: {}", unmet.host, unmet.what))
            .collect(),
        hint: None,
    })
}
