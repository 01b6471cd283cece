//! Files that one host tells and another receives: through memory, and never into an event.

use super::super::fake_host::Reply;
use super::*;
use crate::values::{Bundle, Slot};

/// The end of a line that hands a private key over: the base64 of its PEM.
const KEY: &str = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2Z0lCQURBTkJna3Foa2lHOXcwQkFRRUYKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo=";

/// A line of the same key as kubeadm might repeat it.
const PEM: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEF";

fn reported() -> String {
    format!("/etc/kubernetes/pki/ca.key {KEY}")
}

fn read() -> Step {
    Step::on(&"cp1".into(), "read", "read").read(
        wire::any_secret("read the keys"),
        Duration::from_secs(2),
        Slot::Files(Bundle::ControlPlane),
    )
}

fn write() -> Step {
    let files = Slot::Files(Bundle::ControlPlane);
    let sums = Slot::Sums(Bundle::ControlPlane);
    Step::on(&"cp2".into(), "write", "write")
        .change(
            wire::any("write the keys", Effect::Changes, files),
            Duration::from_secs(600),
        )
        .until(
            wire::any("are they there?", Effect::Reads, sums),
            Duration::from_secs(10),
        )
}

#[tokio::test(start_paused = true)]
async fn what_one_host_tells_another_receives_and_no_event_holds() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal).expects("read the keys", Reply::exit(0).saying(&reported()));
    let cp2 = FakeHost::new("cp2", &journal)
        .expects("are they there?", Reply::exit(1).saying("ca.key is not there"))
        .expects("write the keys", Reply::exit(0).saying(&format!("had {KEY}")))
        .expects("are they there?", Reply::exit(0));
    let inputs = cp2.inputs();

    let ran = run(&plan_of(vec![read(), write()]), vec![cp1, cp2]).await;

    assert_eq!(ran.outcomes(), ["cp1/read: ok", "cp2/write: changed"]);
    let inputs = inputs.lock().unwrap();
    assert_eq!(inputs[1], format!("{}\n", reported()));
    assert!(
        inputs[0].starts_with("/etc/kubernetes/pki/ca.key ") && !inputs[0].contains(KEY),
        "only sums are asked with"
    );
    assert!(!ran.json().contains(KEY));
    assert!(ran.json().contains(r#""line":"had <private key>""#));
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_fails_halfway_tells_nothing_of_what_it_has_read() {
    let replies = (0..5).map(|_| Reply::exit(1).saying(&reported()));
    let cp1 = replies.fold(FakeHost::new("cp1", &journal()), |host, reply| {
        host.expects("read the keys", reply)
    });

    let ran = run(&plan_of(vec![read(), write()]), vec![cp1]).await;

    assert!(!ran.json().contains(KEY), "{}", ran.json());
    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: failed: read (timed out after 2 s)
      read the keys: not yet
    hint: fix the cause and run `hawser apply` again: it continues from what is on the hosts
    ");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_bundle_is_not_repeated_in_the_error() {
    let cp1 = FakeHost::new("cp1", &journal()).expects("read the keys", Reply::exit(0).saying(KEY));

    let ran = run(&plan_of(vec![read()]), vec![cp1]).await;

    assert!(!ran.json().contains(KEY));
    insta::assert_snapshot!(ran.problem(), @r"
    error: cp1: cannot determine certificates and keys of control planes, read by this run
      line 1 of the answer is not a path and its content
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_repeats_a_key_after_it_was_handed_over_is_not_quoted() {
    let journal = journal();
    let cp1 = FakeHost::new("cp1", &journal).expects("read the keys", Reply::exit(0).saying(&reported()));
    let cp2 =
        FakeHost::new("cp2", &journal).expects("join", Reply::exit(1).saying(&format!("bad key: {PEM}")));

    let ran = run(&plan_of(vec![read(), change("cp2", "join")]), vec![cp1, cp2]).await;

    assert!(!ran.json().contains(PEM));
    assert!(!ran.problem().contains(PEM), "{}", ran.problem());
    assert!(
        ran.problem().contains("bad key: <private key>"),
        "{}",
        ran.problem()
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_where_nobody_has_read() {
    let ran = run(&plan_of(vec![write()]), vec![FakeHost::new("cp2", &journal())]).await;

    insta::assert_snapshot!(ran.problem(), @r"
    error: cp2: cannot determine certificates and keys of control planes, read by this run
      no earlier step has read it
    hint: hawser never treats an unreadable value as missing. Fix the cause, then rerun this command
    ");
}
