//! One recorded run as each consumer shows it. Times of the test itself are redacted by [`settled`].

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::super::json::Json;
use super::super::log::RunLog;
use super::super::paint::Paint;
use super::super::plain::Plain;
use super::super::summary;
use super::super::terminal::Terminal;
use super::screen::Screen;
use super::*;

/// What a snapshot sees: the time at which a line was written is replaced.
fn settled(written: &[u8]) -> String {
    let text = String::from_utf8(written.to_vec()).unwrap();
    let lines = text.lines().map(|line| match line {
        line if line.starts_with("[   ") => format!("[ time]{}", line.split_once(']').unwrap().1),
        line if line.starts_with("{\"time\":\"") => {
            format!("{{\"time\":\"TIME\",{}", line.split_once(',').unwrap().1)
        }
        line if line.starts_with("20") => format!("TIME{}", line.split_once('Z').unwrap().1),
        line => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn next() -> Vec<String> {
    vec![
        "hawser kubeconfig -i lab/stacked.toml --merge    # use the cluster lab-stacked with kubectl"
            .to_owned(),
    ]
}

#[test]
fn plain_lines() {
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out, next());

    for event in everything() {
        plain.handle(&event);
    }

    insta::assert_snapshot!(settled(&out));
}

#[test]
fn plain_lines_tell_of_a_long_wait_every_fifteen_seconds() {
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out, next());
    let waiting = |second: u32| Event::StillWaiting {
        step: StepId("cp1/ready".to_owned()),
        host: host("cp1"),
        reason: "NotReady".to_owned(),
        waited: seconds(second.into()),
    };

    plain.handle(&started("cp1", "ready", "wait for the node"));
    (0..40).for_each(|second| plain.handle(&waiting(second)));

    insta::assert_snapshot!(settled(&out), @r"
    [ time] cp1       wait for the node …
    [ time] cp1       wait for the node: not yet after 15.0 s: NotReady
    [ time] cp1       wait for the node: not yet after 30.0 s: NotReady
    ");
}

#[test]
fn json_lines() {
    let mut out = Vec::new();
    let mut json = Json::new(&mut out);

    for event in everything() {
        json.handle(&event);
    }

    insta::assert_snapshot!(settled(&out));
}

#[test]
fn what_stays_on_a_terminal() {
    let mut out = Vec::new();
    let screen = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
    let mut terminal = Terminal::new(&mut out, screen, Paint::Plain, next());

    for event in everything() {
        terminal.handle(&event);
    }

    insta::assert_snapshot!(settled(&out));
}

#[test]
fn the_live_lines_name_host_step_time_and_the_last_words() {
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let mut terminal = Terminal::new(
        Vec::new(),
        MultiProgress::with_draw_target(target),
        Paint::Plain,
        next(),
    );

    terminal.handle(&phase_started(crate::plan::PhaseName::Join, 4));
    terminal.handle(&started("w1", "join", "join as a worker"));
    terminal.handle(&started(
        "cp2",
        "join",
        "join as a control plane, with a name too long for its column",
    ));
    terminal.handle(&Event::OutputLine {
        step: StepId("cp2/join".to_owned()),
        host: host("cp2"),
        line: "[check-etcd] Checking that the etcd cluster is healthy, which it is".to_owned(),
    });
    terminal.handle(&finished("w1", "join", Outcome::Changed, 9.0));
    terminal.redraw();

    insta::assert_snapshot!(screen.text(), @r"
    join hosts                                   0s  1 of 4
       cp2       join as a control plane, with a…   0s  [check-etcd] Checking that
    ");
}

#[test]
fn the_run_log() {
    let state = tempfile::tempdir().unwrap();
    let mut log = RunLog::create(state.path(), "lab", "20261122T161800Z-1234").unwrap();

    for event in everything() {
        log.handle(&event);
    }

    insta::assert_snapshot!(settled(&std::fs::read(log.path()).unwrap()));
}

#[test]
fn the_summary_of_a_run_that_went_well() {
    insta::assert_snapshot!(summary::render(&good_report(), &next(), Paint::Plain));
}

#[test]
fn the_summary_in_colours_marks_the_verdict_and_the_problems() {
    let text = summary::render(&report(), &next(), Paint::Colours);

    assert!(text.contains("\u{1b}[33mstopped\u{1b}[0m"));
    assert!(text.contains("\u{1b}[31m\u{1b}[1merror:\u{1b}[0m"));
}
