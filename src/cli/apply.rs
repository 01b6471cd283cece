//! `hawser apply`: show the plan, ask, do exactly it, verify.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedSender};

use super::arguments::{ApplyArguments, OutputFormat};
use super::check;
use super::fleet::Fleet;
use super::plan::{allowance, decide, load, narrowed};
use super::verification::verify;
use super::watching::Watchers;
use super::{Outcome, Stop, stopped, surroundings};
use crate::engine::{self, Options, until_stopped};
use crate::error::{ExitCode, Problem};
use crate::events::{Event, PhaseTime, Report};
use crate::facts::Observation;
use crate::plan::Plan;
use crate::planner;
use crate::remote::probe::Look;
use crate::report::paint::Paint;
use crate::report::{self, plan_text};
use crate::ssh::Client;
use crate::topology::{HostName, Topology};

/// kubelet starts static pods within a minute of a host's start; etcd without a quorum is started again after 80 s.
const POWER_ON: Duration = Duration::from_secs(90);

/// Lets a moment pass before the hosts are looked at again.
pub(super) async fn pace() {
    tokio::time::sleep(AGAIN).await;
}

/// A cluster is asked again this often while it settles: a look costs a control plane half a second of processor time,
/// which it needs for settling.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(arguments: ApplyArguments, stop: Stop) -> Outcome {
    let began = Instant::now();
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

/// The hosts as they were found, and what is to be done about it.
struct Looked {
    fleet: Fleet,
    observation: Observation,
    plan: Result<Plan, Vec<Problem>>,
    phases: Vec<PhaseTime>,
    /// How long of that was waited for.
    waited: Duration,
}

struct Attempt<'a> {
    topology: &'a Topology,
    arguments: &'a ApplyArguments,
    events: UnboundedSender<Event>,
    began: Instant,
    log: String,
}

impl Attempt<'_> {
    async fn run(&self, client: &Client, stop: Stop) -> Outcome {
        let looked = until_stopped(&stop, self.look(client)).await;
        let looked = looked.unwrap_or_else(|| Err(stopped()));
        let Looked {
            fleet,
            observation,
            plan,
            phases,
            waited,
        } = match looked {
            Ok(looked) => looked,
            Err(problem) => return Ok(self.finish(Report::of(problem))),
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(problems) => {
                fleet.close().await;
                return Ok(self.finish(Report {
                    problems,
                    phases,
                    ..Report::default()
                }));
            }
        };
        self.show(&plan);
        if !plan.is_empty()
            && let Err(problem) = self.agreed(&stop).await
        {
            fleet.close().await;
            return Ok(self.finish(Report {
                phases,
                ..Report::of(problem)
            }));
        }
        let silent = self.silent(&observation);
        let mut report = Report {
            own: phases
                .iter()
                .map(|phase| phase.took)
                .sum::<Duration>()
                .saturating_sub(waited),
            phases,
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
                surroundings::values(self.topology),
                options,
                self.events.clone(),
            )
            .await;
        }
        let is_whole = self.arguments.scope.limit.is_empty() && !self.arguments.scope.prepare_only;
        if report.problems.is_empty() && !report.interrupted && is_whole {
            let fresh = plan.is_empty().then_some(observation);
            verify((&fleet, self.topology), fresh, &stop, &self.events, &mut report).await;
        }
        fleet.close().await;
        Ok(self.finish(report))
    }

    /// Connects, looks, and decides; then, where hosts are to be built, whether they are as they must be.
    async fn look(&self, client: &Client) -> Result<Looked, Problem> {
        let fleet = Fleet::connect(client, self.topology, &self.events).await?;
        let (observation, decided, waited) = self.decide(&fleet).await;
        let mut phases = vec![PhaseTime {
            phase: "connect and observe".to_owned(),
            took: self.began.elapsed(),
        }];
        let plan = match decided {
            Ok(plan) => self.check(&fleet, &observation, plan, &mut phases).await,
            Err(problems) => Err(problems),
        };
        Ok(Looked {
            plan: plan.map(|plan| narrowed(plan, &self.arguments.scope)),
            fleet,
            observation,
            phases,
            waited,
        })
    }

    /// Looks at the hosts and decides. What may be gone a minute later is looked at again for so long: the power has just
    /// come back. Also tells how long that was waited for.
    async fn decide(&self, fleet: &Fleet) -> (Observation, Result<Plan, Vec<Problem>>, Duration) {
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
            if self.began.elapsed() > POWER_ON {
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

    /// Where hosts are to be built, whether they and the ways that they need are as they must be.
    async fn check(
        &self,
        fleet: &Fleet,
        observation: &Observation,
        plan: Plan,
        phases: &mut Vec<PhaseTime>,
    ) -> Result<Plan, Vec<Problem>> {
        let built = planner::built(&plan, observation);
        if built.is_empty() || self.arguments.skip_check {
            return Ok(plan);
        }
        let since = Instant::now();
        let checked = check::beforehand(
            fleet,
            (self.topology, observation),
            &built,
            &self.arguments.ignore,
        )
        .await;
        phases.push(PhaseTime {
            phase: "check".to_owned(),
            took: since.elapsed(),
        });
        checked.map(|()| plan)
    }

    fn show(&self, plan: &Plan) {
        if self.arguments.scope.output == OutputFormat::Text {
            surroundings::say(&plan_text::render(plan, None, Paint::for_stdout()));
        }
    }

    /// Whether the operator wants it, having read the plan; `Err` says why not.
    async fn agreed(&self, stop: &Stop) -> Result<(), Problem> {
        if self.arguments.yes {
            return Ok(());
        }
        if self.arguments.scope.output == OutputFormat::Json {
            return Err(Problem::Usage {
                message: "`-o json` shows no plan to confirm: nothing was changed".to_owned(),
                hint: "pass --yes, or use text output".to_owned(),
            });
        }
        if !surroundings::is_interactive() {
            return Err(Problem::Usage {
                message: "this is not a terminal, so nobody can confirm the plan: nothing was changed"
                    .to_owned(),
                hint: "pass --yes to apply without confirmation".to_owned(),
            });
        }
        match until_stopped(stop, surroundings::confirm("Apply this plan?")).await {
            Some(true) => Ok(()),
            Some(false) => Err(stopped()),
            None => {
                surroundings::tell("\n");
                Err(stopped())
            }
        }
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
