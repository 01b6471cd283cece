//! The operator asks to stop.

use super::super::fake_host::Reply;
use super::*;

#[tokio::test(start_paused = true)]
async fn asked_to_finish_running_steps_end_nothing_new_starts_and_closing_runs() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0).taking(30))
        .expects("close", Reply::exit(0));
    let mut plan = plan_of(vec![change("cp1", "init"), change("cp1", "verify")]);
    plan.closing = vec![change("cp1", "close")];

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
    let delete_token = change("cp1", "delete the token").ends_for_all();
    plan.closing = vec![delete_token, change("cp1", "close"), change("cp2", "close")];
    let stops = [(5, StopLevel::Finish), (7, StopLevel::LetGo)];

    let ran = run_with(&plan, vec![cp1, cp2], 0, Values::default(), &stops).await;

    assert_eq!(
        ran.outcomes(),
        [
            "cp1/label: changed",
            "cp2/kubeadm join: let go",
            "cp1/close: changed"
        ]
    );
    assert!(
        ran.json()
            .contains(r#"{"event":"let-go","host":"cp2","pid":4711,"command":"kubeadm join"}"#)
    );
    assert_eq!(ran.report.took, Duration::from_secs(7));
    insta::assert_snapshot!(ran.problem(), @r"
    error: stopped as asked
      cp2: process 4711 still runs (kubeadm join)
    hint: run `hawser apply` again to go on from what is on the hosts
    ");
}

#[tokio::test(start_paused = true)]
async fn having_let_go_a_closing_step_that_hangs_is_waited_for_only_a_little() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal).expects("close", Reply::exit(0).taking(3600).pid(12));
    let cp2 = FakeHost::new("cp2", &journal).expects("join", Reply::exit(0).taking(300));
    let mut plan = plan_of(vec![change("cp2", "join")]);
    plan.closing = vec![change("cp1", "close")];

    let ran = run_with(
        &plan,
        vec![cp1, cp2],
        0,
        Values::default(),
        &[(5, StopLevel::LetGo)],
    )
    .await;

    assert_eq!(ran.outcomes(), ["cp2/join: let go", "cp1/close: let go"]);
    assert_eq!(ran.report.took, Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_over_is_not_interrupted() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("init", Reply::exit(0))
        .expects("close", Reply::exit(0).taking(9));
    let mut plan = plan_of(vec![change("cp1", "init")]);
    plan.closing = vec![change("cp1", "close")];

    let ran = run_with(&plan, vec![cp1], 0, Values::default(), &[(5, StopLevel::Finish)]).await;

    assert!(!ran.report.interrupted);
}
