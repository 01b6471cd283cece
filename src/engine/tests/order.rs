//! What starts when.

use super::super::fake_host::Reply;
use super::*;

#[tokio::test(start_paused = true)]
async fn phases_and_a_chains_steps_run_in_order() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("prepare", Reply::exit(0).taking(2))
        .expects("init", Reply::exit(0).taking(3))
        .expects("verify", Reply::exit(0));
    let plan = plan(vec![
        phase(
            "first",
            vec![lane(
                1,
                vec![required(vec![change("cp1", "prepare"), change("cp1", "init")])],
            )],
        ),
        phase(
            "second",
            vec![lane(1, vec![required(vec![change("cp1", "verify")])])],
        ),
    ]);

    let ran = run(&plan, vec![cp1]).await;

    assert_eq!(
        ran.outcomes(),
        ["cp1/prepare: changed", "cp1/init: changed", "cp1/verify: changed"]
    );
    assert_eq!(ran.report.changed, 3);
    let names: Vec<_> = ran
        .report
        .phases
        .iter()
        .map(|time| (time.phase.as_str(), time.took.as_secs()))
        .collect();
    assert_eq!(names, [("first", 5), ("second", 0)]);
    assert_eq!(ran.report.took, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_lane_runs_as_many_chains_as_it_is_wide_and_starts_them_in_order() {
    let journal = journal();
    let worker = |name| FakeHost::new(name, &journal).expects("join", Reply::exit(0).taking(10));
    let chains = ["w1", "w2", "w3"].map(|name| may_lag(vec![change(name, "join")]));
    let plan = plan(vec![phase("join", vec![lane(2, chains.into())])]);

    let ran = run(&plan, vec![worker("w1"), worker("w2"), worker("w3")]).await;

    assert_eq!(ran.report.changed, 3);
    assert_eq!(
        journal.entries(),
        [
            "  0 w1 > join",
            "  0 w2 > join",
            " 10 w1 < join",
            " 10 w2 < join",
            " 10 w3 > join",
            " 20 w3 < join"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn lanes_of_a_phase_run_beside_each_other() {
    let journal = journal();
    let cp2 = FakeHost::new("cp2", &journal).expects("join", Reply::exit(0).taking(30));
    let w1 = FakeHost::new("w1", &journal).expects("join", Reply::exit(0).taking(10));
    let plan = plan(vec![phase(
        "join",
        vec![
            lane(1, vec![required(vec![change("cp2", "join")])]),
            lane(10, vec![may_lag(vec![change("w1", "join")])]),
        ],
    )]);

    run(&plan, vec![cp2, w1]).await;

    assert_eq!(
        journal.entries(),
        [
            "  0 cp2 > join",
            "  0 w1 > join",
            " 10 w1 < join",
            " 30 cp2 < join"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn time_in_which_a_host_worked_or_was_waited_for_is_not_hawsers_own() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0).taking(40))
        .expects("ready?", Reply::exit(1))
        .expects("ready?", Reply::exit(0));

    let ran = run(
        &plan_of(vec![change("cp1", "init"), wait("cp1", "wait", "ready?", 60)]),
        vec![cp1],
    )
    .await;

    assert_eq!(ran.report.took, Duration::from_millis(40_250));
    assert_eq!(ran.report.own, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_hawsers_own_where_nothing_is_waited_for() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("is there?", Reply::exit(1).taking(1))
        .expects("init", Reply::exit(0).taking(40))
        .expects("is there?", Reply::exit(0).taking(2))
        .expects("ready?", Reply::exit(1).taking(4))
        .expects("ready?", Reply::exit(0).taking(8))
        .expects("well?", Reply::exit(0).taking(16));

    let ran = run(
        &plan_of(vec![
            checked("cp1", "init", "is there?", 60),
            wait("cp1", "wait", "ready?", 60),
            wait("cp1", "look", "well?", 60),
        ]),
        vec![cp1],
    )
    .await;

    assert_eq!(ran.report.took, Duration::from_millis(71_250));
    assert_eq!(ran.report.own, Duration::from_secs(1 + 16));
}

#[tokio::test(start_paused = true)]
async fn a_phase_without_steps_is_not_told_of() {
    let ran = run(&plan(vec![phase("nothing", vec![])]), vec![]).await;

    assert!(ran.events.is_empty());
    assert!(ran.report.phases.is_empty());
}

#[tokio::test]
async fn a_run_may_be_spawned() {
    let (_stop, stop) = watch::channel(StopLevel::Running);
    let (sender, _events) = unbounded_channel();
    let spawned = tokio::spawn(async move {
        let options = Options {
            may_lag: 0,
            stop,
            so_far: Report::default(),
        };
        execute(
            &plan(vec![]),
            &sessions(vec![]),
            Values::default(),
            options,
            sender,
        )
        .await
    });

    assert!(spawned.await.unwrap().problems.is_empty());
}
