//! One step: asked before, done once, checked after.

use super::super::fake_host::Reply;
use super::*;
use crate::values::Slot;

fn cp1() -> FakeHost {
    FakeHost::new("cp1", &journal())
}

#[tokio::test(start_paused = true)]
async fn what_is_already_so_is_left_alone() {
    let cp1 = cp1().expects("is it so?", Reply::exit(0));

    let ran = run(
        &plan_of(vec![checked("cp1", "write", "is it so?", 10)]),
        vec![cp1],
    )
    .await;

    assert_eq!(ran.outcomes(), ["cp1/write: unchanged"]);
    assert_eq!((ran.report.changed, ran.report.unchanged), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_made_once_and_polled_until_it_is_so() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("ready?", Reply::exit(1))
        .expects("init", Reply::exit(0).taking(5))
        .expects("ready?", Reply::exit(1).saying("0 of 1 ready"))
        .expects("ready?", Reply::exit(1).saying("0 of 1 ready"))
        .expects("ready?", Reply::exit(0));

    let ran = run(&plan_of(vec![checked("cp1", "init", "ready?", 60)]), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/init: changed"]);
    assert_eq!(ran.report.took, Duration::from_millis(5_750));
    assert!(
        ran.json()
            .contains(r#""event":"still-waiting","step":"cp1/init","host":"cp1","reason":"0 of 1 ready""#)
    );
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_never_comes_fails_at_its_deadline_with_its_reason() {
    let replies = (0..6).map(|_| Reply::exit(1).saying("node is NotReady"));
    let cp1 = replies.fold(cp1(), |host, reply| host.expects("ready?", reply));

    let ran = run(
        &plan_of(vec![wait("cp1", "wait for the node", "ready?", 3)]),
        vec![cp1],
    )
    .await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: timed out after 3 s waiting for the node
      node is NotReady
    hint: fix the cause and run `hawser apply` again: it continues from what is on the hosts
    ");
    let reported = ran
        .events
        .iter()
        .filter(|event| matches!(event, Event::StillWaiting { .. }))
        .count();
    assert_eq!(reported, 3, "told at most each second");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_cannot_tell_fails_the_step_before_anything_is_changed() {
    let replies = (0..13).map(|_| Reply::exit(2).saying("etcdctl: not found"));
    let cp1 = replies.fold(cp1(), |host, reply| host.expects("member?", reply));

    let ran = run(&plan_of(vec![checked("cp1", "join", "member?", 60)]), vec![cp1]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: cannot determine the result of: member?
      exit 2: etcdctl: not found
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[tokio::test(start_paused = true)]
async fn a_question_is_asked_again_when_the_connection_breaks() {
    let cp1 = cp1()
        .expects("ready?", Reply::lost())
        .expects("ready?", Reply::exit(0));

    let ran = run(&plan_of(vec![wait("cp1", "wait", "ready?", 60)]), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/wait: ok"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_connection_broke_is_done_if_the_check_says_so() {
    let cp1 = cp1()
        .expects("joined?", Reply::exit(1))
        .expects("join", Reply::lost())
        .expects("joined?", Reply::exit(0));

    let ran = run(&plan_of(vec![checked("cp1", "join", "joined?", 60)]), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/join: changed"]);
    assert_eq!(
        ran.warnings(),
        [
            "cp1: the connection broke during join; it is unknown whether the command ran; checking on the host what became of it"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_connection_broke_and_that_has_no_check_failed() {
    let cp1 = cp1().expects("restart", Reply::lost());

    let ran = run(&plan_of(vec![change("cp1", "restart")]), vec![cp1]).await;

    assert!(
        ran.problem()
            .starts_with("error: cp1: the connection broke during restart")
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_out_of_reach_is_given_up_before_a_long_deadline() {
    let cp1 = (0..63).fold(cp1(), |host, _| host.expects("ready?", Reply::lost()));

    let ran = run(&plan_of(vec![wait("cp1", "wait", "ready?", 3600)]), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/wait: failed"]);
    assert!(ran.report.took < Duration::from_secs(62));
}

#[tokio::test(start_paused = true)]
async fn a_failed_change_shows_its_last_lines_and_the_hosts_own_story() {
    let cp1 = cp1()
        .expects(
            "init",
            Reply::exit(1).saying("[kubelet-check] timed out").taking(41),
        )
        .expects("kubelet's log", Reply::exit(0).saying("kubelet: no such runtime"));
    let step = change("cp1", "init").diagnostics(wire::any("kubelet's log", Effect::Reads, ""));

    let ran = run(&plan_of(vec![step]), vec![cp1]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: failed: init (exit 1, after 41 s)
      [kubelet-check] timed out
      kubelet: no such runtime
    hint: fix the cause and run `hawser apply` again: it continues from what is on the hosts
    ");
}

#[tokio::test(start_paused = true)]
async fn the_cluster_cas_hash_is_captured_and_fills_a_later_command() {
    let certificate = include_str!("../../../tests/data/ca.crt");
    let cp1 = cp1()
        .expects("read the CA", Reply::exit(0).saying(certificate))
        .expects("join", Reply::exit(0));
    let read = read("cp1", "read", "read the CA", Slot::CaHash);
    let join = sends("cp1", "join", Slot::CaHash.placeholder()).run_once();

    let ran = run(&plan_of(vec![read, join]), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/read: ok", "cp1/join: changed"]);
}

/// What kubeadm 1.36.2 said, cut to what matters.
const IMAGES: &str =
    "registry.k8s.io/coredns/coredns:v1.14.2\nregistry.k8s.io/pause:3.10.2\nregistry.k8s.io/etcd:3.6.8-0";

/// Reads which pause image a host's kubeadm names, and writes a file with it.
fn with_sandbox_image(host: &str) -> Vec<Step> {
    let read = read(host, "read", "ask kubeadm", Slot::SandboxImage);
    let line = format!("sandbox_image = \"{}\"\n", Slot::SandboxImage.placeholder());
    vec![read, sends(host, "write", line).run_once()]
}

#[tokio::test(start_paused = true)]
async fn the_pause_image_that_kubeadm_names_fills_a_later_file() {
    let cp1 = cp1()
        .expects("ask kubeadm", Reply::exit(0).saying(IMAGES))
        .expects("write", Reply::exit(0));
    let inputs = cp1.inputs();

    let ran = run(&plan_of(with_sandbox_image("cp1")), vec![cp1]).await;

    assert_eq!(ran.outcomes(), ["cp1/read: ok", "cp1/write: changed"]);
    let sent = "sandbox_image = \"registry.k8s.io/pause:3.10.2\"\n";
    assert_eq!(inputs.lock().unwrap().last().unwrap(), sent);
}

#[tokio::test(start_paused = true)]
async fn hosts_whose_kubeadms_name_different_pause_images_are_not_given_each_others() {
    let other = IMAGES.replace("3.10.2", "3.10.1");
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal)
        .expects("ask kubeadm", Reply::exit(0).saying(IMAGES))
        .expects("write", Reply::exit(0));
    let w1 = FakeHost::new("w1", &journal).expects("ask kubeadm", Reply::exit(0).saying(&other));
    let steps = [with_sandbox_image("cp1"), with_sandbox_image("w1")].concat();

    let ran = run(&plan_of(steps), vec![cp1, w1]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: w1: cannot determine pause image, as the installed kubeadm names it
      its kubeadm names registry.k8s.io/pause:3.10.1, and another host's registry.k8s.io/pause:3.10.2: set `sandbox_image` in [preparation]
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[tokio::test(start_paused = true)]
async fn where_kubeadm_names_no_pause_image_no_file_is_written_without_one() {
    let cp1 = cp1().expects(
        "ask kubeadm",
        Reply::exit(0).saying("registry.k8s.io/etcd:3.6.8-0"),
    );

    let ran = run(&plan_of(with_sandbox_image("cp1")), vec![cp1]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: cannot determine pause image, as the installed kubeadm names it
      kubeadm names no pause image
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_value_nobody_told_is_not_sent() {
    let join = sends("cp1", "join", Slot::CaHash.placeholder()).run_once();

    let ran = run(&plan_of(vec![join]), vec![cp1()]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: cannot determine cluster CA hash, known after init
      no earlier step has read it
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[tokio::test(start_paused = true)]
async fn no_event_holds_a_secret_or_a_control_character() {
    let values = Values::for_new_run();
    let token = values.get(Slot::BootstrapToken).unwrap().to_owned();
    let leak = format!("\u{1b}[31mkubeadm join --token {token}\u{1b}[0m\u{7}");
    let cp1 = cp1()
        .expects("join", Reply::exit(1).saying(&leak))
        .expects("story", Reply::exit(0).saying(&leak));
    let step = change("cp1", "join").diagnostics(wire::any("story", Effect::Reads, ""));

    let ran = run_with(&plan_of(vec![step]), vec![cp1], 0, values, &[]).await;

    assert!(!ran.json().contains(&token));
    assert!(
        ran.json()
            .contains(r#""line":"kubeadm join --token <bootstrap token, made by this run>""#)
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_as_the_plan_saw_it_is_told_and_no_story_is_asked() {
    let words = "changed since the plan: node w2 is Ready";
    let cp1 = cp1().expects("reset", Reply::exit(4).saying(words));
    let step = change("cp1", "reset").diagnostics(wire::any("kubelet's log", Effect::Reads, ""));

    let ran = run(&plan_of(vec![step]), vec![cp1]).await;

    let problem = ran.problem();
    assert!(problem.contains("not started"), "{problem}");
    assert!(problem.contains(words), "{problem}");
    assert!(problem.contains("hawser plan"), "{problem}");
}
