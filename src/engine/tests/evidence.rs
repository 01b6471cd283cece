//! What is reported of a change whose end nobody saw, and of a question that tells nothing.

use super::super::fake_host::Reply;
use super::*;

const QUESTION: &str = "has it joined?";

fn cp1() -> FakeHost {
    FakeHost::new("cp1", &journal())
}

/// What is reported of a join whose condition, asked later, is answered so.
async fn joined(join: Reply, later: Reply, deadline_s: u64) -> String {
    let cp1 = cp1()
        .expects(QUESTION, Reply::exit(1))
        .expects("join", join)
        .expects(QUESTION, later)
        .expects("log", Reply::exit(0).saying("kubelet: no such runtime"));
    let step = checked("cp1", "kubeadm join", QUESTION, deadline_s);
    let step = Step {
        action: checked("cp1", "join", QUESTION, deadline_s).action,
        ..step
    };
    let step = step.diagnostics(wire::any("log", Effect::Reads, ""));
    run(&plan_of(vec![step]), vec![cp1]).await.problem()
}

#[tokio::test(start_paused = true)]
async fn a_lost_change_shows_what_the_host_said_of_it_later() {
    let problem = joined(Reply::lost(), Reply::exit(1).saying("no kubelet.conf"), 0).await;

    assert!(
        problem.contains("; asked later, the host said: no kubelet.conf"),
        "{problem}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_late_change_is_named_by_its_step_and_keeps_the_hint_to_its_process() {
    let problem = joined(Reply::late(), Reply::exit(1).saying("no kubelet.conf"), 0).await;

    assert!(problem.contains("failed: kubeadm join ("), "{problem}");
    assert!(problem.contains("no kubelet.conf"), "{problem}");
    assert!(problem.contains("kubelet: no such runtime"), "{problem}");
    assert!(problem.contains("ps -f -g"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_a_host_cannot_tell_after_a_change_shows_its_logs() {
    let problem = joined(Reply::exit(0), Reply::exit(2).saying("etcdctl: not found"), 0).await;

    assert!(problem.contains("has it joined?: exit 2"), "{problem}");
    assert!(problem.contains("etcdctl: not found"), "{problem}");
    assert!(problem.contains("kubelet: no such runtime"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_late_keeps_its_own_name() {
    let cp1 = (0..7).fold(cp1(), |host, _| host.expects(QUESTION, Reply::late().taking(1)));
    let step = checked("cp1", "kubeadm join", QUESTION, 60);

    let problem = run(&plan_of(vec![step]), vec![cp1]).await.problem();

    assert!(problem.contains(QUESTION), "{problem}");
    assert!(!problem.contains("kubeadm join"), "{problem}");
}
