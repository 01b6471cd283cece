//! The engine against hosts that expect a transcript, with time paused.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

use super::fake_host::{FakeHost, Journal, sessions};
use super::{Options, Resources, StopLevel, execute};
use crate::events::{Event, Outcome, Report};
use crate::issuer::Issuer;
use crate::plan::{Chain, ChangeBuilder, Cleanup, Lane, Necessity, NeededBy, Phase, PhaseName, Plan, Step};
use crate::remote::wire::connection::Connection;
use crate::remote::wire::{self, Effect};
use crate::transfer::ImageTransport;
use crate::values::{Content, Slot, Values};

mod evidence;
mod failure;
mod hostile;
mod lease;
mod order;
mod secrets;
mod step;
mod stopping;
mod unknown;

/// A step that changes something and tells by its exit status: `HOST/WHAT`, its command's purpose is WHAT.
pub(crate) fn change(host: &str, what: &'static str) -> Step {
    draft(host, what).run_once()
}

/// The same, of which it is not said yet how it is seen to be done.
pub(crate) fn draft(host: &str, what: &'static str) -> ChangeBuilder {
    Step::on(&host.into(), what, what).change(wire::any(what, Effect::Changes, ""), Duration::from_secs(600))
}

/// A step that sends this.
pub(crate) fn sends(host: &str, what: &'static str, input: impl Into<Content>) -> ChangeBuilder {
    Step::on(&host.into(), what, what)
        .change(wire::any(what, Effect::Changes, input), Duration::from_secs(600))
}

/// A step whose answer gives a value.
pub(crate) fn read(host: &str, what: &'static str, question: &'static str, gives: Slot) -> Step {
    Step::on(&host.into(), what, what).read(
        wire::any(question, Effect::Reads, ""),
        Duration::from_secs(10),
        gives,
    )
}

/// A step that only asks.
pub(crate) fn wait(host: &str, what: &'static str, question: &'static str, deadline_s: u64) -> Step {
    Step::on(&host.into(), what, what).wait(
        wire::any(question, Effect::Reads, ""),
        Duration::from_secs(deadline_s),
    )
}

/// A step that changes something and is checked.
pub(crate) fn checked(host: &str, what: &'static str, question: &'static str, deadline_s: u64) -> Step {
    draft(host, what).until(
        wire::any(question, Effect::Reads, ""),
        Duration::from_secs(deadline_s),
    )
}

pub(crate) fn required(steps: Vec<Step>) -> Chain {
    chain(Necessity::Required, steps)
}

fn tolerated(steps: Vec<Step>) -> Chain {
    chain(Necessity::Tolerated, steps)
}

pub(crate) fn chain(necessity: Necessity, steps: Vec<Step>) -> Chain {
    Chain {
        subject: steps[0].host.clone(),
        necessity,
        milestone: None,
        steps,
    }
}

pub(crate) fn lane(width: usize, chains: Vec<Chain>) -> Lane {
    Lane { width, chains }
}

/// A phase by its name in JSON.
pub(crate) fn phase(name: &str, lanes: Vec<Lane>) -> Phase {
    let name = *PhaseName::ALL.iter().find(|one| one.name() == name).unwrap();
    Phase { name, lanes }
}

pub(crate) fn plan(phases: Vec<Phase>) -> Plan {
    Plan {
        cluster: "test".to_owned(),
        phases,
        cleanup: Vec::new(),
        notes: Vec::new(),
    }
}

/// A plan of one phase, one lane, one chain.
pub(crate) fn plan_of(steps: Vec<Step>) -> Plan {
    plan(vec![phase("init", vec![lane(1, vec![required(steps)])])])
}

/// What a run did and told.
pub(crate) struct Ran {
    pub(crate) report: Report,
    pub(crate) events: Vec<Event>,
}

impl Ran {
    /// `STEP: outcome`, in order.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let ended = self.events.iter().filter_map(|event| match event {
            Event::StepFinished { step, outcome, .. } => Some(format!("{step}: {}", word(outcome))),
            _ => None,
        });
        ended.collect()
    }

    /// The whole stream as JSON lines.
    pub(crate) fn json(&self) -> String {
        let lines = self
            .events
            .iter()
            .map(|event| serde_json::to_string(event).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The first problem as the operator reads it.
    pub(crate) fn problem(&self) -> String {
        self.report
            .problems
            .first()
            .map_or_else(String::new, ToString::to_string)
    }

    /// What hosts took from each other, `HOST: BYTES from HOST`.
    pub(crate) fn taken(&self) -> Vec<String> {
        let taken = self.events.iter().filter_map(|event| match event {
            Event::ImageReceived {
                host, from, bytes, ..
            } => Some(format!("{host}: {bytes} from {from}")),
            _ => None,
        });
        taken.collect()
    }

    pub(crate) fn warnings(&self) -> Vec<&str> {
        let warned = self.events.iter().filter_map(|event| match event {
            Event::Warning { text } => Some(text.as_str()),
            _ => None,
        });
        warned.collect()
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Changed => "changed",
        Outcome::Ok => "ok",
        Outcome::Failed { .. } => "failed",
        Outcome::Detached => "detached",
        Outcome::Skipped => "skipped",
    }
}

/// A run that nobody stops.
pub(crate) async fn run(plan: &Plan, hosts: Vec<FakeHost>) -> Ran {
    run_with(plan, hosts, 0, Values::for_new_run(), &[]).await
}

/// A run with everything set: `stops` are the levels asked for, each with the second at which.
pub(crate) async fn run_with(
    plan: &Plan,
    hosts: Vec<FakeHost>,
    max_tolerated: usize,
    values: Values,
    stops: &[(u64, StopLevel)],
) -> Ran {
    let (stop, receiver) = watch::channel(StopLevel::Running);
    let (sender, mut receiver_of_events) = unbounded_channel();
    let options = Options {
        max_tolerated,
        stop: receiver,
        so_far: Report::default(),
    };
    let sessions = sessions(hosts);
    let began = tokio::time::Instant::now();
    let asking = async {
        for (second, level) in stops {
            tokio::time::sleep_until(began + Duration::from_secs(*second)).await;
            stop.send_replace(*level);
        }
    };
    let (report, ()) = tokio::join!(
        execute(plan, &sessions, resources(values), options, sender),
        asking
    );
    let mut events = Vec::new();
    while let Some(event) = receiver_of_events.recv().await {
        events.push(event);
    }
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::RunFinished { .. })),
        "the end is the caller's to tell"
    );
    Ran { report, events }
}

/// Steps at the end, each of what commands of its own host may need.
pub(crate) fn cleanup(steps: Vec<Step>) -> Vec<Cleanup> {
    let of_host = |step| Cleanup {
        step,
        needed_by: NeededBy::ItsHost,
    };
    steps.into_iter().map(of_host).collect()
}

/// The same of what commands of all hosts may need.
pub(crate) fn for_all(step: Step) -> Cleanup {
    Cleanup {
        step,
        needed_by: NeededBy::AllHosts,
    }
}

/// What hawser gives a run.
pub(crate) fn resources<C: Connection>(values: Values) -> Resources<C> {
    Resources {
        values,
        source: Arc::new(Issuer::default()),
        transport: Arc::new(ImageTransport::default()),
    }
}

pub(crate) fn journal() -> Journal {
    Journal::new()
}
