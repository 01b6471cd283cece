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
            "init",
            vec![lane(
                1,
                vec![required(vec![change("cp1", "prepare"), change("cp1", "init")])],
            )],
        ),
        phase(
            "verify",
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
        .map(|time| (time.phase.name(), time.took.as_secs()))
        .collect();
    assert_eq!(names, [("init", 5), ("verify", 0)]);
    assert_eq!(ran.report.took, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_lane_runs_as_many_chains_as_it_is_wide_and_starts_them_in_order() {
    let journal = journal();
    let worker = |name| FakeHost::new(name, &journal).expects("join", Reply::exit(0).taking(10));
    let chains = ["w1", "w2", "w3"].map(|name| tolerated(vec![change(name, "join")]));
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
            lane(10, vec![tolerated(vec![change("w1", "join")])]),
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
async fn a_phase_without_steps_is_not_told_of() {
    let ran = run(&plan(vec![phase("files", vec![])]), vec![]).await;

    assert!(ran.events.is_empty());
    assert!(ran.report.phases.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_chain_apart_keeps_no_other_back_and_its_failure_is_the_runs() {
    let journal = journal();
    let a = FakeHost::new("a", &journal).expects("one", Reply::exit(1));
    let b = FakeHost::new("b", &journal)
        .expects("one", Reply::exit(0).taking(5))
        .expects("two", Reply::exit(0));
    let chains = vec![
        chain(Necessity::Apart, vec![change("a", "one"), change("a", "two")]),
        chain(Necessity::Apart, vec![change("b", "one"), change("b", "two")]),
    ];

    let ran = run(&plan(vec![phase("images", vec![lane(9, chains)])]), vec![a, b]).await;

    assert_eq!(
        ran.outcomes(),
        [
            "a/one: failed",
            "a/two: skipped",
            "b/one: changed",
            "b/two: changed"
        ]
    );
    assert_eq!(ran.report.problems.len(), 1);
}

#[tokio::test]
async fn a_run_may_be_spawned() {
    let (_stop, stop) = watch::channel(StopLevel::Running);
    let (sender, _events) = unbounded_channel();
    let spawned = tokio::spawn(async move {
        let options = Options {
            max_tolerated: 0,
            stop,
            so_far: Report::default(),
        };
        execute(
            &plan(vec![]),
            &sessions(vec![]),
            resources::<FakeHost>(Values::default()),
            options,
            sender,
        )
        .await
    });

    assert!(spawned.await.unwrap().problems.is_empty());
}
