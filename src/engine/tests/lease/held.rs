//! A lock while the run works: it is renewed, or found lost.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_run_that_has_lost_a_lock_ends_and_leaves_that_host_alone() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("close", Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let w = FakeHost::new("w", &journal)
        .expects(TAKE, taken())
        .expects("is it so?", Reply::exit(1))
        .expects("join", lost());
    let chains = vec![
        tolerated(vec![checked("w", "join", "is it so?", 300)]),
        tolerated(vec![change("a", "label")]),
    ];
    let mut plan = plan(vec![phase("join", vec![lane(1, chains)])]);
    plan.cleanup = cleanup(vec![change("a", "close"), change("w", "close")]);
    plan.cleanup.insert(0, for_all(change("a", "delete the token")));

    let ran = run_under_lock(&plan, vec![a, w], &[]).await;

    assert_eq!(
        ran.outcomes(),
        ["w/join: failed", "a/label: skipped", "a/close: changed"]
    );
    assert_eq!(ran.report.problems.len(), 1);
    insta::assert_snapshot!(ran.problem(), @"
    error: w: lost the lock before join: hawser did not start it and ends the run
      run run-other of alice on desk has it since noon
    hint: make sure that no other run works on these hosts, then run `hawser apply` again; use --wait to wait for another run
    ");
}

#[tokio::test(start_paused = true)]
async fn an_idle_hosts_lock_is_renewed_and_one_where_a_command_works_too() {
    let journal = journal();
    let renewed = |host: FakeHost| (0..4).fold(host, |host, _| host.expects(RENEW, Reply::exit(0)));
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("init", Reply::exit(0).taking(90));
    // It may end at any moment, and another run must not find the lock run out then.
    let a = renewed(a).expects(GIVE_BACK, Reply::exit(0));
    let b = FakeHost::new("b", &journal).expects(TAKE, taken());
    let b = renewed(b);
    let b = b
        .expects("write", Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let plan = plan_of(vec![change("a", "init"), change("b", "write")]);

    let ran = run_under_lock(&plan, vec![a, b], &[]).await;

    assert_eq!(ran.outcomes(), ["a/init: changed", "b/write: changed"]);
    let mut renewed: Vec<String> = journal
        .entries()
        .into_iter()
        .filter(|entry| entry.ends_with("> renew the lock"))
        .collect();
    renewed.sort();
    let times = [20, 40, 60, 80];
    let all = times.map(|second| ["a", "b"].map(|host| format!("{second:>3} {host} > renew the lock")));
    assert_eq!(renewed, all.concat());
}

/// As where a host has one session: no renewal gets in while a command works.
#[tokio::test(start_paused = true)]
async fn after_a_long_command_the_lock_is_renewed_at_once() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("init", Reply::exit(0).taking(90));
    let a = (0..14).fold(a, |a, _| a.expects(RENEW, Reply::exit(1)));
    let a = a
        .expects(RENEW, Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let plan = plan_of(vec![change("a", "init")]);

    let ran = run_under_lock(&plan, vec![a], &[]).await;

    assert_eq!(ran.outcomes(), ["a/init: changed"]);
    let last = journal
        .entries()
        .into_iter()
        .rfind(|entry| entry.ends_with("> renew the lock"));
    assert_eq!(last.as_deref(), Some(" 90 a > renew the lock"));
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_a_renewal_finds_lost_ends_the_run_too() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("init", Reply::exit(0).taking(30))
        .expects(RENEW, Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let b = FakeHost::new("b", &journal)
        .expects(TAKE, taken())
        .expects(RENEW, lost());
    let plan = plan_of(vec![
        change("a", "init"),
        change("a", "label"),
        change("b", "write"),
    ]);

    let ran = run_under_lock(&plan, vec![a, b], &[]).await;

    assert_eq!(
        ran.outcomes(),
        ["a/init: changed", "a/label: skipped", "b/write: skipped"]
    );
    assert!(
        ran.problem().contains("b: lost the lock before renewing it"),
        "{}",
        ran.problem()
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_where_a_command_was_let_go_keeps_its_lock() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("join", Reply::exit(0).taking(300));
    let b = FakeHost::new("b", &journal)
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0));
    let plan = plan_of(vec![change("a", "join"), change("b", "write")]);

    let ran = run_under_lock(&plan, vec![a, b], &[(5, StopLevel::Detach)]).await;

    assert_eq!(ran.outcomes(), ["a/join: detached", "b/write: skipped"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_changes_a_host_is_sent_where_its_lock_was_not_taken() {
    let journal = journal();
    let a = FakeHost::new("a", &journal).expects("is it so?", Reply::exit(1));
    let plan = plan_of(vec![checked("a", "write", "is it so?", 60)]);
    let (lease, _) = take(&[], vec![a], wants(), None).await;
    let (_stop, stop) = watch::channel(StopLevel::Running);
    let options = Options {
        max_tolerated: 0,
        stop,
        so_far: Report::default(),
    };

    let report = execute(
        &plan,
        lease.unwrap().sessions(),
        resources(Values::default()),
        options,
        unbounded_channel().0,
    )
    .await;

    assert!(
        report.problems[0]
            .to_string()
            .contains("this run has not taken it")
    );
}
