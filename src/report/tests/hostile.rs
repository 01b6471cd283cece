//! Text of hosts that would move a cursor, hide or turn words, on every page: it is shown, and does nothing.

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::super::check::{Page, render};
use super::super::json::Json;
use super::super::log::RunLog;
use super::super::paint::Paint;
use super::super::plain::Plain;
use super::super::plan_text::{self, Detail};
use super::super::summary;
use super::super::terminal::Terminal;
use super::screen::Screen;
use super::*;
use crate::check::host::{Fact, Finding};
use crate::check::{Cause, Cell, CheckedConnection, Evaluation, Fix, Grade, Port, Purpose, Source, Target};
use crate::error::sanitize::is_invisible;
use crate::plan::{FileChange, Note, NoteLevel, Plan};
use crate::remote::wire::{self, Effect};

/// Clears the screen, colours by C1, turns what follows, hides, goes back on the line, and begins a line of its own.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}drow\u{200b}\u{7f}\rback\n[   0.1s] cp1       done";

fn hostile_run() -> Vec<Event> {
    let mut events = everything();
    for event in &mut events {
        event
            .texts()
            .into_iter()
            .for_each(|text| HOSTILE.clone_into(text));
    }
    events
}

#[track_caller]
fn does_nothing(text: &str) {
    let raw: Vec<char> = text.chars().filter(|c| *c != '\n' && is_invisible(*c)).collect();
    assert!(raw.is_empty(), "{raw:?} in {text}");
    assert!(text.contains(r"\x1b[2J\x9b31m\u{202e}drow\u{200b}\x7f"), "{text}");
    let forged = text
        .lines()
        .find(|line| line.starts_with("[   0.1s] cp1       done"));
    assert_eq!(forged, None, "{text}");
}

#[test]
fn plain_lines_and_the_log() {
    let state = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out, Vec::new());
    let mut log = RunLog::create(state.path(), "lab", "1").unwrap();

    for event in hostile_run() {
        plain.handle(&event);
        log.handle(&event);
    }

    does_nothing(&String::from_utf8(out).unwrap());
    does_nothing(&std::fs::read_to_string(log.path()).unwrap());
}

/// What a terminal shows of these events: what stays, and all that has stood on its live lines.
fn on_a_terminal(events: &[Event]) -> (String, String) {
    let mut out = Vec::new();
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let bars = MultiProgress::with_draw_target(target);
    let mut terminal = Terminal::new(&mut out, bars, Paint::Plain, Vec::new());
    let mut live = String::new();
    for event in events {
        terminal.handle(event);
        terminal.redraw();
        live.push_str(&screen.text());
    }
    (String::from_utf8(out).unwrap(), live)
}

#[test]
fn the_terminal() {
    // A line has room for what a command says beside a description that is short.
    let mut described = everything();
    for event in &mut described {
        if let Event::OutputLine { line, .. } = event {
            HOSTILE.clone_into(line);
        }
    }

    for events in [hostile_run(), described] {
        let (_, live) = on_a_terminal(&events);
        assert!(live.contains(r"\x1b[2J"), "{live}");
        assert!(!live.chars().any(|c| c != '\n' && is_invisible(c)), "{live:?}");
    }
    does_nothing(&on_a_terminal(&hostile_run()).0);
}

#[test]
fn the_summary() {
    let mut report = report();
    for problem in &mut report.problems {
        problem
            .texts()
            .into_iter()
            .for_each(|text| HOSTILE.clone_into(text));
    }

    does_nothing(&summary::render(&report, &[], Paint::Plain));
}

#[test]
fn json_holds_it_whole_and_a_terminal_that_shows_it_obeys_nothing() {
    let mut out = Vec::new();
    let mut json = Json::new(&mut out);

    for event in hostile_run() {
        json.handle(&event);
    }

    let text = String::from_utf8(out).unwrap();
    assert!(!text.chars().any(|c| c != '\n' && is_invisible(c)), "{text:?}");
    let line = text.lines().find(|line| line.contains("output-line")).unwrap();
    let event: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(event["line"], HOSTILE);
}

#[test]
fn a_check() {
    let connection = CheckedConnection {
        cell: Cell {
            from: Source::Host(host("cp1")),
            to: Target::Endpoint,
            port: Port::Tcp(6443),
            purpose: Purpose::Endpoint,
            address: "192.0.2.10".to_owned(),
            expected: None,
            connections: 1,
        },
        evaluation: Evaluation {
            cause: Cause::WrongPeer(HOSTILE.to_owned()),
            grade: Grade::Failed,
        },
        listened: false,
    };
    let fix = Fix {
        from: vec![Source::Host(host("cp1"))],
        to: vec![Target::Endpoint],
        ports: vec![Port::Tcp(6443)],
        purposes: vec![Purpose::Endpoint],
        addresses: vec![HOSTILE.to_owned()],
        cause: Cause::NotTested(HOSTILE.to_owned()),
        grade: Grade::Failed,
        steps: vec![HOSTILE.to_owned()],
        listened: false,
    };
    let finding = |name: &str, grade, found: &str| Finding {
        host: host(name),
        fact: Fact::Access,
        grade,
        found: found.to_owned(),
        fix: vec![HOSTILE.to_owned()],
        is_ignored: false,
    };
    let findings = [
        finding("cp1", Grade::Failed, HOSTILE),
        finding("cp2", Grade::Warning, HOSTILE),
        finding("cp3", Grade::Warning, "something else"),
    ];
    let hosts = ["cp1", "cp2", "cp3"].map(HostName::from);
    let page = Page {
        hosts: &hosts,
        connections: &[connection],
        fixes: &[fix],
        findings: &findings,
        is_ready: false,
        took: seconds(1.0),
    };

    does_nothing(&render(&page, Paint::Plain));
}

#[test]
fn a_plan() {
    let step = crate::plan::Step::on(&host("cp1"), "hosts", HOSTILE)
        .change(wire::any("test", Effect::Destroys, ""), seconds(60.0))
        .destroys([HOSTILE.to_owned()])
        .writes(FileChange {
            path: "/etc/hosts".to_owned(),
            owner: "root:root".to_owned(),
            mode: 0o644,
            sha256: String::new(),
            diff: format!("-{HOSTILE}\n+{HOSTILE}\n {HOSTILE}\n"),
        })
        .run_once();
    let plan = Plan {
        cluster: "lab".to_owned(),
        phases: vec![crate::plan::Phase {
            name: crate::plan::PhaseName::Files,
            lanes: vec![crate::plan::Lane {
                width: 1,
                chains: vec![crate::plan::Chain {
                    subject: host("cp1"),
                    necessity: crate::plan::Necessity::Required,
                    milestone: None,
                    steps: vec![step],
                }],
            }],
        }],
        cleanup: Vec::new(),
        notes: vec![Note {
            level: NoteLevel::Warning,
            text: format!("{HOSTILE}\n{HOSTILE}"),
        }],
    };

    for detail in [Detail::Folded, Detail::Complete] {
        does_nothing(&plan_text::render(&plan, None, &detail, Paint::Plain));
    }
}
