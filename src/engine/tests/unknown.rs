//! A change whose end nobody saw counts as running.

use super::super::fake_host::Reply;
use super::*;

/// A join beside a host through which the token goes at the end.
fn joining(join: Step) -> Plan {
    let mut plan = plan_of(vec![change("cp1", "create the token"), join]);
    plan.cleanup = cleanup(vec![change("cp1", "close"), change("cp2", "close")]);
    plan.cleanup.insert(0, for_all(change("cp1", "delete the token")));
    plan
}

const STAYS: &str = "the end of join on cp2 was not seen, so it counts as running; what it may need stays, for the next run to \
    clear: cp1: delete the token; cp2: close";

#[tokio::test(start_paused = true)]
async fn what_a_command_may_need_that_did_not_end_in_time_stays() {
    let journal = journal();
    for reply in [Reply::late(), Reply::lost()] {
        let cp1 = FakeHost::new("cp1", &journal)
            .expects("create the token", Reply::exit(0))
            .expects("close", Reply::exit(0));
        let cp2 = FakeHost::new("cp2", &journal).expects("join", reply);

        let ran = run(&joining(change("cp2", "join")), vec![cp1, cp2]).await;

        assert_eq!(
            ran.outcomes(),
            [
                "cp1/create the token: changed",
                "cp2/join: failed",
                "cp1/close: changed"
            ]
        );
        assert_eq!(ran.warnings(), [STAYS]);
    }
}

#[tokio::test(start_paused = true)]
async fn it_stays_too_where_what_became_of_it_cannot_be_seen() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("create the token", Reply::exit(0))
        .expects("close", Reply::exit(0));
    let cp2 = FakeHost::new("cp2", &journal)
        .expects("has it joined?", Reply::exit(1))
        .expects("join", Reply::lost())
        .expects("has it joined?", Reply::exit(1).saying("not yet"));

    let ran = run(
        &joining(checked("cp2", "join", "has it joined?", 0)),
        vec![cp1, cp2],
    )
    .await;

    assert_eq!(ran.outcomes().last().unwrap(), "cp1/close: changed");
    assert_eq!(ran.warnings().last(), Some(&STAYS));
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_to_have_ended_keeps_nothing_back() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("create the token", Reply::exit(0))
        .expects("delete the token", Reply::exit(0))
        .expects("close", Reply::exit(0));
    let cp2 = FakeHost::new("cp2", &journal)
        .expects("has it joined?", Reply::exit(1))
        .expects("join", Reply::late())
        .expects("has it joined?", Reply::exit(0))
        .expects("close", Reply::exit(0));

    let ran = run(
        &joining(checked("cp2", "join", "has it joined?", 60)),
        vec![cp1, cp2],
    )
    .await;

    assert_eq!(ran.outcomes().len(), 5, "{:?}", ran.outcomes());
    assert!(ran.report.problems.is_empty(), "{}", ran.problem());
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_keeps_nothing_back() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("is it ready?", Reply::late())
        .expects("close", Reply::exit(0));
    let mut plan = plan_of(vec![wait("cp1", "ready", "is it ready?", 0)]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);

    let ran = run(&plan, vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/ready: failed", "cp1/close: changed"]);
}
