//! What hosts say on every way on which it can reach an event, a problem, the log or a screen: nothing of it is this
//! run's secret, and nothing of it reaches a terminal as it was said.

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::super::fake_host::Reply;
use super::*;
use crate::error::sanitize::is_invisible;
use crate::report::log::RunLog;
use crate::report::paint::Paint;
use crate::report::plain::Plain;
use crate::report::terminal::Terminal;
use crate::values::Slot;

const TOKEN: &str = "abcdef.0123456789abcdef";

/// Clears the screen, turns the words around, colours a token in its middle, says it whole, and its halves as the
/// cluster keeps them.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}abcdef.01234\u{1b}[1m56789abcdef abcdef.0123456789abcdef \
    MDEyMzQ1Njc4OWFiY2RlZg==\u{7}";

fn values() -> Values {
    let mut values = Values::default();
    values.set(Slot::BootstrapToken, TOKEN.to_owned());
    values
}

/// Everything that the run's events look like as text: plain lines, the log, what stays on a terminal.
fn texts(ran: &Ran) -> String {
    let state = tempfile::tempdir().unwrap();
    let (mut plain, mut stays) = (Vec::new(), Vec::new());
    let mut log = RunLog::create(state.path(), "lab", "1").unwrap();
    let screen = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
    {
        let mut plain = Plain::new(&mut plain, Vec::new());
        let mut terminal = Terminal::new(&mut stays, screen, Paint::Plain, Vec::new());
        let end = Event::RunFinished {
            report: ran.report.clone(),
        };
        for event in ran.events.iter().chain([&end]) {
            plain.handle(event);
            terminal.handle(event);
            log.handle(event);
        }
    }
    let log = std::fs::read(log.path()).unwrap();
    String::from_utf8([plain, stays, log].concat()).unwrap()
}

/// Runs a plan against hostile hosts and sees that nothing comes through.
async fn nothing_comes_through(name: &str, plan: &Plan, hosts: Vec<FakeHost>, max_tolerated: usize) {
    let ran = run_with(plan, hosts, max_tolerated, values(), &[]).await;

    let json = ran.json() + &serde_json::to_string(&ran.report).unwrap();
    let text = texts(&ran) + &ran.problem();
    let secrets = ["0123456789abcdef", "56789abcdef", "MDEyMzQ1"];
    for secret in secrets {
        assert!(!json.contains(secret), "{name}: {json}");
        assert!(!text.contains(secret), "{name}: {text}");
    }
    let raw: Vec<char> = text.chars().filter(|c| *c != '\n' && is_invisible(*c)).collect();
    assert!(raw.is_empty(), "{name}: {raw:?} in {text}");
    assert!(json.contains("made by this run"), "{name} was not said: {json}");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_a_change_says_comes_through_however_it_ends() {
    let replies = [
        ("exit 0", Reply::exit(0)),
        ("exit 1", Reply::exit(1)),
        ("too late", Reply::late()),
        ("killed", Reply::killed_by(HOSTILE)),
        ("lost", Reply::lost()),
    ];
    for (name, reply) in replies {
        let host = FakeHost::new("cp1", &journal()).expects("init", reply.saying(HOSTILE));
        nothing_comes_through(name, &plan_of(vec![change("cp1", "init")]), vec![host], 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_a_question_says_comes_through() {
    let replies = [
        ("not yet", Reply::exit(1)),
        ("unclear", Reply::exit(3)),
        ("too late", Reply::late()),
    ];
    for (name, reply) in replies {
        let question = wait("cp1", "ready", "is it ready?", 0);
        let host = FakeHost::new("cp1", &journal()).expects("is it ready?", reply.saying(HOSTILE));
        nothing_comes_through(name, &plan_of(vec![question]), vec![host], 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_through_while_it_is_waited_for() {
    let host = FakeHost::new("cp1", &journal())
        .expects("is it ready?", Reply::exit(1).saying(HOSTILE))
        .expects("is it ready?", Reply::exit(0));
    let plan = plan_of(vec![wait("cp1", "ready", "is it ready?", 60)]);

    nothing_comes_through("waiting", &plan, vec![host], 0).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_through_of_a_change_that_nobody_saw_end() {
    let host = FakeHost::new("cp1", &journal())
        .expects("is it there?", Reply::exit(1))
        .expects("write", Reply::late().saying(HOSTILE))
        .expects("is it there?", Reply::exit(1).saying(HOSTILE));
    let plan = plan_of(vec![checked("cp1", "write", "is it there?", 0)]);

    nothing_comes_through("settled", &plan, vec![host], 0).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_through_of_the_story_of_a_failure() {
    for (name, host_diagnostics) in [("told", Reply::exit(0)), ("too late", Reply::late())] {
        let host = FakeHost::new("cp1", &journal())
            .expects("init", Reply::exit(1))
            .expects("tell why", host_diagnostics.saying(HOSTILE));
        let step = change("cp1", "init").diagnostics(wire::any("tell why", Effect::Reads, ""));
        // The headline of a story that was not told in time holds nothing of it.
        if name == "told" {
            nothing_comes_through(name, &plan_of(vec![step]), vec![host], 0).await;
        } else {
            let ran = run_with(&plan_of(vec![step]), vec![host], 0, values(), &[]).await;
            assert!(!ran.problem().contains("abcdef"), "{}", ran.problem());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_through_of_what_is_only_warned_about() {
    let failing = |what| FakeHost::new("w1", &journal()).expects(what, Reply::late().saying(HOSTILE));
    let tolerated = plan(vec![phase(
        "join",
        vec![lane(1, vec![tolerated(vec![change("w1", "join")])])],
    )]);
    let advisory = plan(vec![phase(
        "labels",
        vec![lane(
            1,
            vec![chain(Necessity::Advisory, vec![change("w1", "label")])],
        )],
    )]);

    nothing_comes_through("tolerated", &tolerated, vec![failing("join")], 1).await;
    nothing_comes_through("advisory", &advisory, vec![failing("label")], 0).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_through_of_the_cleanup() {
    let mut plan = plan_of(vec![change("cp1", "init")]);
    plan.cleanup = cleanup(vec![change("cp1", "close")]);
    for (name, reply) in [
        ("after success", Reply::exit(0)),
        ("after failure", Reply::exit(1)),
    ] {
        let host = FakeHost::new("cp1", &journal())
            .expects("init", reply)
            .expects("close", Reply::late().saying(HOSTILE));
        nothing_comes_through(name, &plan, vec![host], 0).await;
    }
}
