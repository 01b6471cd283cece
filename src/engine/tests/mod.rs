//! The engine against hosts that expect a transcript, with time paused.

use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

use super::fake_host::{FakeHost, Journal, sessions};
use super::{Options, StopLevel, execute};
use crate::events::{Event, Outcome, Report};
use crate::plan::{Chain, Check, Lane, Necessity, Phase, Plan, Step};
use crate::remote::{self, Effect};
use crate::values::Values;

mod certificates;
mod failure;
mod hostile;
mod order;
mod relay;
mod secrets;
mod step;
mod stopping;

/// A step that changes something and tells by its exit status: `HOST/WHAT`, its command's purpose is WHAT.
fn change(host: &str, what: &'static str) -> Step {
    Step::on(&host.into(), what, what)
        .change(remote::any(what, Effect::Changes, ""), Duration::from_secs(600))
}

/// A step that only asks.
fn wait(host: &str, what: &'static str, question: &'static str, deadline_s: u64) -> Step {
    Step {
        change: None,
        ..checked(host, what, question, deadline_s)
    }
}

/// A step that changes something and is checked.
fn checked(host: &str, what: &'static str, question: &'static str, deadline_s: u64) -> Step {
    change(host, what).done_when(
        remote::any(question, Effect::Reads, ""),
        Duration::from_secs(deadline_s),
    )
}

fn required(steps: Vec<Step>) -> Chain {
    chain(Necessity::Required, steps)
}

fn may_lag(steps: Vec<Step>) -> Chain {
    chain(Necessity::MayLag, steps)
}

fn chain(necessity: Necessity, steps: Vec<Step>) -> Chain {
    Chain {
        subject: steps[0].host.clone(),
        necessity,
        steps,
    }
}

fn lane(width: usize, chains: Vec<Chain>) -> Lane {
    Lane { width, chains }
}

fn phase(name: &'static str, lanes: Vec<Lane>) -> Phase {
    Phase {
        name: name.into(),
        lanes,
    }
}

fn plan(phases: Vec<Phase>) -> Plan {
    Plan {
        cluster: "test".to_owned(),
        phases,
        closing: Vec::new(),
        notes: Vec::new(),
    }
}

/// A plan of one phase, one lane, one chain.
fn plan_of(steps: Vec<Step>) -> Plan {
    plan(vec![phase("only", vec![lane(1, vec![required(steps)])])])
}

/// What a run did and told.
struct Ran {
    report: Report,
    events: Vec<Event>,
}

impl Ran {
    /// `STEP: outcome`, in order.
    fn outcomes(&self) -> Vec<String> {
        let ended = self.events.iter().filter_map(|event| match event {
            Event::StepFinished { step, outcome, .. } => Some(format!("{step}: {}", word(outcome))),
            _ => None,
        });
        ended.collect()
    }

    /// The whole stream as JSON lines.
    fn json(&self) -> String {
        let lines = self
            .events
            .iter()
            .map(|event| serde_json::to_string(event).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The first problem as the operator reads it.
    fn problem(&self) -> String {
        self.report
            .problems
            .first()
            .map_or_else(String::new, ToString::to_string)
    }

    /// What hosts took from each other, `HOST: BYTES from HOST`.
    fn taken(&self) -> Vec<String> {
        let taken = self.events.iter().filter_map(|event| match event {
            Event::Taken {
                host, from, bytes, ..
            } => Some(format!("{host}: {bytes} from {from}")),
            _ => None,
        });
        taken.collect()
    }

    fn warnings(&self) -> Vec<&str> {
        let warned = self.events.iter().filter_map(|event| match event {
            Event::Warned { text } => Some(text.as_str()),
            _ => None,
        });
        warned.collect()
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::AlreadyDone => "already done",
        Outcome::Changed => "changed",
        Outcome::Ok => "ok",
        Outcome::Failed { .. } => "failed",
        Outcome::LetGo => "let go",
        Outcome::Skipped => "skipped",
    }
}

/// A run that nobody stops.
async fn run(plan: &Plan, hosts: Vec<FakeHost>) -> Ran {
    run_with(plan, hosts, 0, Values::for_new_run(), &[]).await
}

/// A run with everything set: `stops` are the levels asked for, each with the second at which.
async fn run_with(
    plan: &Plan,
    hosts: Vec<FakeHost>,
    may_lag: usize,
    values: Values,
    stops: &[(u64, StopLevel)],
) -> Ran {
    let (stop, receiver) = watch::channel(StopLevel::Running);
    let (sender, mut receiver_of_events) = unbounded_channel();
    let options = Options {
        may_lag,
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
    let (report, ()) = tokio::join!(execute(plan, &sessions, values, options, sender), asking);
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

fn journal() -> Journal {
    Journal::new()
}
