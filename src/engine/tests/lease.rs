//! One run at a time, as far as hosts tell who has their lock.

mod held;

use std::collections::BTreeSet;

use tokio::sync::mpsc::UnboundedReceiver;

use super::super::fake_host::Reply;
use super::super::{IfHeld, Lease, Wants};
use super::*;
use crate::error::{ExitCode, Problem};
use crate::remote::lease::Claim;
use crate::topology::HostName;

const TAKE: &str = "take the lock";
const RENEW: &str = "renew the lock";
const GIVE_BACK: &str = "release the lock";

fn claim(id: &str, pid: u32) -> Claim {
    Claim {
        id: id.to_owned(),
        run: format!("run-{id}"),
        user: "alice".to_owned(),
        workstation: "desk".to_owned(),
        boot: "b".to_owned(),
        pid_namespace: "pid:[1]".to_owned(),
        pid,
        since: "2026-01-02 03:04:05 UTC".to_owned(),
    }
}

fn wants() -> Wants {
    Wants::new(claim("mine", 1), IfHeld::Refuse)
}

fn taken() -> Reply {
    Reply::exit(0).saying("taken")
}

/// Another run has it, of the process here.
fn held(works: &str, pid: u32) -> Reply {
    [
        &format!("held {works} 12"),
        "renewed         1234 kubeadm join",
        "id other",
        "run run-other",
        "user alice",
        "workstation desk",
        "boot b",
        "pid-namespace pid:[1]",
        &format!("pid {pid}"),
        "since 2026-01-02 03:04:05 UTC",
    ]
    .iter()
    .fold(Reply::exit(0), |reply, line| reply.saying(line))
}

/// A process of this machine that is alive: this one.
fn alive() -> u32 {
    std::process::id()
}

/// One that is not.
fn dead() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

fn lost() -> Reply {
    Reply::exit(5).complaining("lock lost: run run-other of alice on desk has it since noon")
}

fn hosts(names: &[&str]) -> BTreeSet<HostName> {
    names.iter().map(|name| HostName::from(*name)).collect()
}

/// Takes the locks of these hosts; when it is given a second, the operator asks to stop then.
async fn take(
    names: &[&str],
    there: Vec<FakeHost>,
    wants: Wants,
    stops_at: Option<u64>,
) -> (Result<Lease<FakeHost>, Problem>, Vec<String>) {
    let (stop, stopped) = watch::channel(StopLevel::Running);
    let (sender, events) = unbounded_channel();
    let (sessions, wanted) = (sessions(there), hosts(names));
    let taking = Lease::take(&sessions, &wanted, wants, &stopped, &sender);
    let asking = async {
        if let Some(second) = stops_at {
            tokio::time::sleep(Duration::from_secs(second)).await;
            stop.send_replace(StopLevel::Finish);
        }
    };
    let (lease, ()) = tokio::join!(taking, asking);
    drop(sender);
    (lease, warnings(events).await)
}

async fn warnings(mut events: UnboundedReceiver<Event>) -> Vec<String> {
    let mut warned = Vec::new();
    while let Some(event) = events.recv().await {
        if let Event::Warning { text } = event {
            warned.push(text);
        }
    }
    warned
}

/// A run under the locks of all its hosts.
async fn run_under_lock(plan: &Plan, there: Vec<FakeHost>, stops: &[(u64, StopLevel)]) -> Ran {
    let names = plan.changed_hosts();
    let names: Vec<&str> = names.iter().map(|name| name.0.as_str()).collect();
    let lease = take(&names, there, wants(), None).await.0.unwrap();
    let (stop, stopped) = watch::channel(StopLevel::Running);
    let (sender, mut reported) = unbounded_channel();
    let options = Options {
        max_tolerated: 3,
        stop: stopped,
        so_far: Report::default(),
    };
    let began = tokio::time::Instant::now();
    let asking = async {
        for (second, level) in stops {
            tokio::time::sleep_until(began + Duration::from_secs(*second)).await;
            stop.send_replace(*level);
        }
    };
    let running = execute(
        plan,
        lease.sessions(),
        resources(Values::default()),
        options,
        sender,
    );
    let (report, ()) = tokio::join!(running, asking);
    lease.release().await;
    let mut events = Vec::new();
    while let Some(event) = reported.recv().await {
        events.push(event);
    }
    Ran { report, events }
}

#[tokio::test(start_paused = true)]
async fn locks_are_taken_in_the_order_of_names_before_the_first_change_and_given_back_after_the_last() {
    let journal = journal();
    let b = FakeHost::new("b", &journal)
        .expects(TAKE, taken())
        .expects("is it so?", Reply::exit(1))
        .expects("write", Reply::exit(0))
        .expects("is it so?", Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects("close", Reply::exit(0))
        .expects(GIVE_BACK, Reply::exit(0));
    let c = FakeHost::new("c", &journal).expects("is it there?", Reply::exit(0));
    let lines = b.lines();
    let mut plan = plan_of(vec![
        checked("b", "write", "is it so?", 60),
        wait("c", "there", "is it there?", 60),
    ]);
    plan.cleanup = cleanup(vec![change("a", "close")]);

    let ran = run_under_lock(&plan, vec![c, b, a], &[]).await;

    assert_eq!(
        ran.outcomes(),
        ["b/write: changed", "c/there: ok", "a/close: changed"]
    );
    let begun: Vec<String> = journal
        .entries()
        .iter()
        .filter(|entry| entry.contains('>'))
        .cloned()
        .collect();
    assert_eq!(begun[..2], ["  0 a > take the lock", "  0 b > take the lock"]);
    let lines = lines.lock().unwrap();
    let planned = plan.phases[0].lanes[0].chains[0].steps[0]
        .change()
        .unwrap()
        .command
        .line();
    assert!(
        lines[2].ends_with(&planned) && lines[2].contains("/run/hawser.lease mine write sh -c"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[1], planned, "a question is asked as it is");
}

#[tokio::test(start_paused = true)]
async fn who_comes_second_is_told_who_has_it_and_gives_back_what_it_took() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0));
    let b = FakeHost::new("b", &journal).expects(TAKE, held("no", alive()));
    let c = FakeHost::new("c", &journal);

    let (lease, _) = take(&["a", "b", "c"], vec![a, b, c], wants(), None).await;

    let problem = lease.err().unwrap();
    assert_eq!(problem.explain().exit, ExitCode::Unsafe);
    let text = problem.to_string().replace(&alive().to_string(), "PID");
    insta::assert_snapshot!(text, @"
    error: refused: another run holds the lock of b; nothing was changed
      run run-other of alice on desk (process PID), since 2026-01-02 03:04:05 UTC
      b was last sent: kubeadm join
      the lock is released when that run ends, or in 49 s if it has died
    hint: wait for that run to end, then rerun this command; `hawser apply` and `hawser images push` wait with --wait
    ");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_is_no_lock() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, Reply::exit(127).complaining("flock is not on this host"))
        .expects(GIVE_BACK, Reply::exit(0));

    let (lease, _) = take(&["a"], vec![a], wants(), None).await;

    assert!(
        lease
            .err()
            .unwrap()
            .to_string()
            .contains("flock is not on this host")
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_of_the_same_user_here_whose_process_is_gone_is_taken_over_from() {
    let journal = journal();
    let there = |host: FakeHost| host.expects(GIVE_BACK, Reply::exit(0));
    let gone = there(
        FakeHost::new("a", &journal)
            .expects(TAKE, held("no", dead()))
            .expects(TAKE, taken()),
    );
    let lines = gone.lines();
    let still_works = FakeHost::new("a", &journal).expects(TAKE, held("yes", dead()));
    let elsewhere = FakeHost::new("a", &journal).expects(TAKE, held("no", dead()));
    let mut of_another = wants();
    of_another.claim.workstation = "laptop".to_owned();

    let (lease, warned) = take(&["a"], vec![gone], wants(), None).await;
    lease.unwrap().release().await;
    let (refused, _) = take(&["a"], vec![still_works], wants(), None).await;
    let (of_others, _) = take(&["a"], vec![elsewhere], of_another, None).await;

    assert!(lines.lock().unwrap()[1].contains("/run/hawser.lease mine other"));
    assert!(
        warned[0].contains("a: takes the lock over from run run-other of alice on desk"),
        "{warned:?}"
    );
    assert!(
        refused
            .err()
            .unwrap()
            .to_string()
            .contains("a command of that run still runs there")
    );
    assert!(
        of_others
            .err()
            .unwrap()
            .to_string()
            .contains("or in 49 s if it has died")
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_holds_nothing_meanwhile_and_begins_again_when_it_is_free() {
    let journal = journal();
    let a = FakeHost::new("a", &journal)
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0))
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0));
    let b = FakeHost::new("b", &journal).expects(TAKE, held("no", alive()));
    let b = (0..40).fold(b, |b, _| b.expects(TAKE, held("yes", alive())));
    let b = b
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0))
        .expects(TAKE, taken())
        .expects(GIVE_BACK, Reply::exit(0));

    let (lease, warned) = take(
        &["a", "b"],
        vec![a, b],
        Wants {
            if_held: IfHeld::Wait,
            ..wants()
        },
        None,
    )
    .await;
    lease.unwrap().release().await;

    let entries = journal.entries();
    assert!(
        entries.contains(&" 41 a > take the lock".to_owned()),
        "{entries:#?}"
    );
    assert_eq!(warned.len(), 2, "now and after half a minute: {warned:?}");
    assert!(warned[0].starts_with("waiting for b: run run-other of alice on desk (process "));
    assert!(warned[1].ends_with("a command of that run still runs there, and keeps the lock"));
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_to_stop_waits_no_longer() {
    let journal = journal();
    let a = FakeHost::new("a", &journal);
    let a = (0..6).fold(a, |a, _| a.expects(TAKE, held("no", alive())));
    let hangs = FakeHost::new("a", &journal)
        .expects(TAKE, taken().taking(30))
        .expects(GIVE_BACK, Reply::exit(0));
    let waiting = Wants {
        if_held: IfHeld::Wait,
        ..wants()
    };

    let (lease, _) = take(&["a"], vec![a], waiting.clone(), Some(5)).await;
    let (of_hanging, _) = take(&["a"], vec![hangs], waiting, Some(5)).await;

    for lease in [lease, of_hanging] {
        assert!(matches!(
            lease.err().unwrap(),
            Problem::Interrupted { is_begun: false, .. }
        ));
    }
}
