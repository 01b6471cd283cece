//! What a failure ends, and what it does not.

use super::super::fake_host::Reply;
use super::*;
use crate::error::ExitCode;

#[tokio::test(start_paused = true)]
async fn after_a_required_failure_running_steps_end_and_nothing_new_starts() {
    let journal = journal();
    let cp2 = FakeHost::new("cp2", &journal).expects("join", Reply::exit(1).taking(5));
    let w1 = FakeHost::new("w1", &journal).expects("join", Reply::exit(0).taking(10));
    let plan = plan(vec![
        phase(
            "join",
            vec![
                lane(
                    1,
                    vec![required(vec![change("cp2", "join"), change("cp2", "admit")])],
                ),
                lane(
                    1,
                    vec![
                        tolerated(vec![change("w1", "join"), change("w1", "label")]),
                        tolerated(vec![change("w2", "join")]),
                    ],
                ),
            ],
        ),
        phase(
            "verify",
            vec![lane(1, vec![required(vec![change("cp1", "verify")])])],
        ),
    ]);

    let ran = run(&plan, vec![cp2, w1]).await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp2/join: failed",
            "cp2/admit: skipped",
            "w1/join: changed",
            "w1/label: skipped",
            "w2/join: skipped",
            "cp1/verify: skipped"
        ]
    );
    assert_eq!(
        (ran.report.changed, ran.report.skipped, ran.report.problems.len()),
        (1, 4, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn workers_may_lag_as_far_as_the_operator_allows() {
    let journal = journal();
    let w1 = FakeHost::new("w1", &journal).expects("join", Reply::exit(1).saying("no route"));
    let w2 = FakeHost::new("w2", &journal)
        .expects("join", Reply::exit(0))
        .expects("label", Reply::exit(0));
    let chains = ["w1", "w2"].map(|name| tolerated(vec![change(name, "join"), change(name, "label")]));
    let plan = plan(vec![phase("join", vec![lane(1, chains.into())])]);

    let ran = run_with(&plan, vec![w1, w2], 1, Values::default(), &[]).await;

    assert_eq!(
        ran.outcomes(),
        [
            "w1/join: failed",
            "w1/label: skipped",
            "w2/join: changed",
            "w2/label: changed"
        ]
    );
    assert!(ran.report.problems.is_empty());
    assert_eq!(ran.report.tolerated, ["w1".into()]);
    assert!(ran.warnings()[0].starts_with("w1 may be finished later: error: w1: failed: join (exit 1"));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lags_is_left_out_of_what_follows_and_counts_once() {
    let journal = journal();
    let w1 = FakeHost::new("w1", &journal).expects("prepare", Reply::exit(1).saying("disk full"));
    let w2 = FakeHost::new("w2", &journal)
        .expects("prepare", Reply::exit(0))
        .expects("join", Reply::exit(0));
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("prepare", Reply::exit(0))
        .expects("label w2", Reply::exit(0));
    let labelled = |name: &str, step| Chain {
        subject: name.into(),
        ..tolerated(vec![change("cp1", step)])
    };
    let each = |what| ["w1", "w2"].map(|name| tolerated(vec![change(name, what)]));
    let mut prepared = vec![required(vec![change("cp1", "prepare")])];
    prepared.extend(each("prepare"));
    let plan = plan(vec![
        phase("prepare", vec![lane(1, prepared)]),
        phase("join", vec![lane(1, each("join").into())]),
        phase(
            "labels",
            vec![lane(
                1,
                vec![labelled("w1", "label w1"), labelled("w2", "label w2")],
            )],
        ),
    ]);

    let ran = run_with(&plan, vec![cp1, w1, w2], 1, Values::default(), &[]).await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp1/prepare: changed",
            "w1/prepare: failed",
            "w2/prepare: changed",
            "w1/join: skipped",
            "w2/join: changed",
            "cp1/label w1: skipped",
            "cp1/label w2: changed"
        ]
    );
    assert!(ran.report.problems.is_empty());
    assert_eq!(ran.report.tolerated, ["w1".into()]);
}

#[tokio::test(start_paused = true)]
async fn one_worker_more_stops_the_run_and_all_their_problems_are_shown() {
    let journal = journal();
    let worker = |name| FakeHost::new(name, &journal).expects("join", Reply::exit(1));
    let chains = ["w1", "w2", "w3"].map(|name| tolerated(vec![change(name, "join")]));
    let plan = plan(vec![phase("join", vec![lane(1, chains.into())])]);

    let ran = run_with(&plan, vec![worker("w1"), worker("w2")], 1, Values::default(), &[]).await;

    assert_eq!(
        ran.outcomes(),
        ["w1/join: failed", "w2/join: failed", "w3/join: skipped"]
    );
    assert_eq!(ran.report.problems.len(), 2);
    assert!(ran.report.tolerated.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_step_on_a_host_without_a_connection_fails() {
    let ran = run(&plan_of(vec![change("cp1", "init")]), vec![]).await;

    assert_eq!(ran.report.problems[0].explain().exit, ExitCode::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn cleanup_runs_after_a_failure_and_its_own_failure_is_then_a_warning() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(1))
        .expects("delete the token", Reply::exit(1))
        .expects("empty /run/hawser", Reply::exit(0));
    let mut plan = plan_of(vec![change("cp1", "init")]);
    plan.cleanup = cleanup(vec![
        change("cp1", "delete the token"),
        change("cp1", "empty /run/hawser"),
        change("gone", "x"),
    ]);

    let ran = run(&plan, vec![cp1]).await;

    assert_eq!(ran.report.problems.len(), 1);
    assert!(ran.warnings()[0].starts_with("error: cp1: failed: delete the token (exit 1"));
    assert_eq!(ran.report.changed, 0, "cleanup steps are not counted");
}

#[tokio::test(start_paused = true)]
async fn a_failed_cleanup_fails_a_run_that_went_well() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0))
        .expects("delete the token", Reply::exit(1));
    let mut plan = plan_of(vec![change("cp1", "init")]);
    plan.cleanup = cleanup(vec![change("cp1", "delete the token")]);

    let ran = run(&plan, vec![cp1]).await;

    assert!(
        ran.problem()
            .starts_with("error: cp1: failed: delete the token (exit 1")
    );
}
