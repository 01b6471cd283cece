//! The operator asks to stop.

use super::super::fake_host::Reply;
use super::*;

#[tokio::test(start_paused = true)]
async fn asked_to_finish_running_steps_end_nothing_new_starts_and_cleanup_runs() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0).taking(30))
        .expects("close", Reply::exit(0));
    let mut plan = plan_of(vec![change("cp1", "init"), change("cp1", "verify")]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(&plan, vec![cp1], 0, Values::default(), &[(5, StopLevel::Finish)]).await;

    assert_eq!(
        ran.outcomes(),
        ["cp1/init: changed", "cp1/verify: skipped", "cp1/close: changed"]
    );
    assert!(ran.report.interrupted);
    assert_eq!(ran.report.took, Duration::from_secs(30));
    let asked = ran
        .events
        .iter()
        .filter(|event| matches!(event, Event::StopRequested))
        .count();
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn asked_again_the_run_lets_go_names_what_still_runs_and_leaves_it_what_it_needs() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("label", Reply::exit(0))
        .expects("close", Reply::exit(0));
    let cp2 = FakeHost::new("cp2", &journal).expects("kubeadm join", Reply::exit(0).taking(300).pid(4711));
    let mut plan = plan_of(vec![change("cp1", "label"), change("cp2", "kubeadm join")]);
    plan.cleanup = cleanup(vec![change("cp1", "close"), change("cp2", "close")]);
    plan.cleanup.insert(0, for_all(change("cp1", "delete the token")));
    let stops = [(5, StopLevel::Finish), (7, StopLevel::Detach)];

    let ran = run_with(&plan, vec![cp1, cp2], 0, Values::default(), &stops).await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp1/label: changed",
            "cp2/kubeadm join: detached",
            "cp1/close: changed"
        ]
    );
    assert!(
        ran.json()
            .contains(r#"{"event":"detached","host":"cp2","pid":4711,"command":"kubeadm join"}"#)
    );
    assert_eq!(ran.report.took, Duration::from_secs(7));
    insta::assert_snapshot!(ran.problem(), @r"
    error: stopped by you
      cp2: process 4711 still runs (kubeadm join)
    hint: run `hawser apply` again to continue from what is on the hosts
    ");
}

#[tokio::test(start_paused = true)]
async fn having_let_go_a_cleanup_step_that_hangs_is_waited_for_only_a_little() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal).expects("close", Reply::exit(0).taking(3600).pid(12));
    let cp2 = FakeHost::new("cp2", &journal).expects("join", Reply::exit(0).taking(300));
    let mut plan = plan_of(vec![change("cp2", "join")]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(
        &plan,
        vec![cp1, cp2],
        0,
        Values::default(),
        &[(5, StopLevel::Detach)],
    )
    .await;

    assert_eq!(ran.outcomes(), ["cp2/join: detached", "cp1/close: detached"]);
    assert_eq!(ran.report.took, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_over_is_not_interrupted() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0))
        .expects("close", Reply::exit(0).taking(9));
    let mut plan = plan_of(vec![change("cp1", "init")]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(&plan, vec![cp1], 0, Values::default(), &[(5, StopLevel::Finish)]).await;

    assert!(!ran.report.interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_ends_at_the_first_request() {
    let journal = journal();
    let answers = (0..6).map(|_| Reply::exit(1).saying("NotReady"));
    let host = FakeHost::new("cp1", &journal).expects("init", Reply::exit(0));
    let host = answers.fold(host, |host, answer| host.expects("is it ready?", answer));
    let host = host.expects("close", Reply::exit(0));
    let mut plan = plan_of(vec![
        change("cp1", "init"),
        wait("cp1", "ready", "is it ready?", 300),
        change("cp1", "label"),
    ]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(&plan, vec![host], 0, Values::default(), &[(4, StopLevel::Finish)]).await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp1/init: changed",
            "cp1/ready: skipped",
            "cp1/label: skipped",
            "cp1/close: changed"
        ]
    );
    assert_eq!(ran.report.skipped, 2);
    assert_eq!(ran.report.took, Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_hangs_is_not_waited_for_and_one_that_says_yes_counts() {
    let journal = journal();
    let hanging = FakeHost::new("cp1", &journal).expects("is it ready?", Reply::exit(0).taking(30));
    let slow = FakeHost::new("cp1", &journal).expects("is it ready?", Reply::exit(0).taking(6));
    let plan = plan_of(vec![wait("cp1", "ready", "is it ready?", 300)]);
    let stops = [(5, StopLevel::Finish)];

    let of_hanging = run_with(&plan, vec![hanging], 0, Values::default(), &stops).await;
    let of_slow = run_with(&plan, vec![slow], 0, Values::default(), &stops).await;

    assert_eq!(of_hanging.outcomes(), ["cp1/ready: skipped"]);
    assert_eq!(of_hanging.report.took, Duration::from_secs(8));
    assert_eq!(of_slow.outcomes(), ["cp1/ready: ok"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_done_and_not_seen_to_be_so_is_let_go_and_still_cleaned_up_after() {
    let journal = journal();
    let host = FakeHost::new("cp1", &journal)
        .expects("is it so?", Reply::exit(1))
        .expects("write", Reply::exit(0).taking(10))
        .expects("is it so?", Reply::exit(1).saying("not yet"))
        .expects("close", Reply::exit(0));
    let mut plan = plan_of(vec![checked("cp1", "write", "is it so?", 300)]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(&plan, vec![host], 0, Values::default(), &[(5, StopLevel::Finish)]).await;

    assert_eq!(ran.outcomes(), ["cp1/write: detached", "cp1/close: changed"]);
    assert_eq!(ran.report.took, Duration::from_secs(10));
    assert_eq!(ran.report.changed, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_cleaned_up_where_nothing_was_begun() {
    let journal = journal();
    let host = FakeHost::new("cp1", &journal).expects("is it there?", Reply::exit(1).taking(6));
    let mut plan = plan_of(vec![checked("cp1", "write", "is it there?", 60)]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run_with(&plan, vec![host], 0, Values::default(), &[(5, StopLevel::Finish)]).await;

    assert_eq!(ran.outcomes(), ["cp1/write: skipped"]);
    insta::assert_snapshot!(ran.problem(), @r"
    error: stopped by you, before anything was changed
    hint: rerun this command when you are ready
    ");
}
