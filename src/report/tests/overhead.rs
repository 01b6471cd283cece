//! The overhead of a run, as its events show it.

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use tokio::time::advance;

use super::*;
use crate::engine::fake_host::{FakeHost, Journal, Reply, sessions};
use crate::engine::tests::{change, checked, plan_of, resources, wait};
use crate::engine::{Options, StopLevel, execute};
use crate::plan::Step;
use crate::report::overhead::Overhead;
use crate::values::Values;

/// How a run of these steps on one host ends.
async fn measured(steps: Vec<Step>, host: FakeHost) -> Report {
    let (_stop, stop) = watch::channel(StopLevel::Running);
    let (sender, mut receiver) = unbounded_channel();
    let options = Options {
        max_tolerated: 0,
        stop,
        so_far: Report::default(),
    };
    let (plan, sessions) = (plan_of(steps), sessions(vec![host]));
    let running = execute(&plan, &sessions, resources(Values::default()), options, sender);
    let mut share = Overhead::default();
    let watching = async {
        while let Some(mut event) = receiver.recv().await {
            share.observe(&mut event);
        }
    };
    let (report, ()) = tokio::join!(running, watching);
    reported(&mut share, report)
}

fn reported(share: &mut Overhead, report: Report) -> Report {
    let mut last = Event::RunFinished { report };
    share.observe(&mut last);
    let Event::RunFinished { report } = last else {
        unreachable!()
    };
    report
}

#[tokio::test(start_paused = true)]
async fn time_in_which_a_host_worked_or_was_waited_for_is_not_hawsers_own() {
    let cp1 = FakeHost::new("cp1", &Journal::new())
        .expects("init", Reply::exit(0).taking(40))
        .expects("ready?", Reply::exit(1))
        .expects("ready?", Reply::exit(0));

    let report = measured(
        vec![change("cp1", "init"), wait("cp1", "wait", "ready?", 60)],
        cp1,
    )
    .await;

    assert_eq!(report.took, Duration::from_millis(40_250));
    assert_eq!(report.overhead, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_hawsers_own_where_nothing_is_waited_for() {
    let cp1 = FakeHost::new("cp1", &Journal::new())
        .expects("is there?", Reply::exit(1).taking(1))
        .expects("init", Reply::exit(0).taking(40))
        .expects("is there?", Reply::exit(0).taking(2))
        .expects("ready?", Reply::exit(1).taking(4))
        .expects("ready?", Reply::exit(0).taking(8))
        .expects("well?", Reply::exit(0).taking(16));

    let report = measured(
        vec![
            checked("cp1", "init", "is there?", 60),
            wait("cp1", "wait", "ready?", 60),
            wait("cp1", "look", "well?", 60),
        ],
        cp1,
    )
    .await;

    assert_eq!(report.took, Duration::from_millis(71_250));
    assert_eq!(report.overhead, Duration::from_secs(1 + 16));
}

fn ended(remote: f64, waited: f64) -> Event {
    Event::StepFinished {
        step: StepId("cp1/step".to_owned()),
        host: host("cp1"),
        outcome: Outcome::Changed,
        took: seconds(remote + waited),
        remote: seconds(remote),
        waited: seconds(waited),
    }
}

/// What is measured of events, each so many seconds after the one before.
async fn measured_of(events: Vec<(f64, Event)>) -> Duration {
    let mut share = Overhead::default();
    for (after, mut event) in events {
        advance(seconds(after)).await;
        share.observe(&mut event);
    }
    reported(&mut share, Report::default()).overhead
}

#[tokio::test(start_paused = true)]
async fn only_time_without_anything_in_flight_is_its_own() {
    let overhead = measured_of(vec![
        (5.0, phase_started(PhaseName::Join, 2)),
        (21.0, ended(10.0, 0.0)),
        (10.0, ended(30.0, 0.0)),
        (2.0, phase_finished(PhaseName::Join, 33.0)),
        (7.0, phase_started(PhaseName::Verify, 0)),
        (7.0, phase_finished(PhaseName::Verify, 7.0)),
    ])
    .await;

    assert_eq!(overhead, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_may_be_known_later() {
    let overhead = measured_of(vec![
        (0.0, phase_started(PhaseName::Join, 2)),
        (3.0, ended(0.0, 0.0)),
        (7.0, ended(0.0, 9.0)),
        (5.0, phase_finished(PhaseName::Join, 15.0)),
    ])
    .await;

    assert_eq!(overhead, Duration::from_secs(6));
}
