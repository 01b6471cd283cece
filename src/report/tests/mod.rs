//! Every consumer against one recorded run, and the plan as people read it.

use std::time::Duration;

use super::exit_code;
use crate::error::{ExitCode, Problem};
use crate::events::{Event, Outcome, PhaseTime, Report};
use crate::plan::{PhaseName, StepId};
use crate::topology::HostName;

mod check;
mod documentation;
mod hostile;
mod overhead;
mod plan_text;
mod screen;
mod streams;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn host(name: &str) -> HostName {
    name.into()
}

fn failed_join(name: &str) -> Problem {
    Problem::Step {
        host: host(name),
        what: "join as a worker".to_owned(),
        how: "exit 1".to_owned(),
        took: seconds(41.0),
        answer: vec!["port 6443 of api.lab.example does not answer".to_owned()],
        hint: None,
    }
}

fn started(name: &str, what: &str, title: &str) -> Event {
    Event::StepStarted {
        step: StepId(format!("{name}/{what}")),
        host: host(name),
        title: title.to_owned(),
    }
}

fn finished(name: &str, what: &str, outcome: Outcome, took: f64) -> Event {
    let changed = outcome == Outcome::Changed;
    Event::StepFinished {
        step: StepId(format!("{name}/{what}")),
        host: host(name),
        outcome,
        took: seconds(took),
        remote: seconds(if changed { took - 0.1 } else { 0.0 }),
        waited: seconds(0.0),
    }
}

fn phase_started(phase: PhaseName, steps: usize) -> Event {
    Event::PhaseStarted {
        phase,
        steps,
        bytes: 0,
    }
}

fn phase_finished(phase: PhaseName, took: f64) -> Event {
    Event::PhaseFinished {
        phase,
        took: seconds(took),
    }
}

fn time(phase: PhaseName, took: f64) -> PhaseTime {
    PhaseTime {
        phase,
        took: seconds(took),
    }
}

/// A run in which everything happens that can: each kind of event, and each outcome.
fn everything() -> Vec<Event> {
    let mut events = vec![
        Event::RunStarted {
            cluster: "lab".to_owned(),
            run: "20261122T161800Z-1234".to_owned(),
            hosts: 3,
        },
        Event::HostConnected {
            host: host("cp1"),
            took: seconds(0.2134),
        },
        Event::HostUnreachable {
            host: host("w2"),
            reason: "timed out after 10 s".to_owned(),
        },
        Event::HostObserved { host: host("cp1") },
        phase_started(PhaseName::Init, 3),
        started("cp1", "hosts", "keep the endpoint in /etc/hosts"),
        finished("cp1", "hosts", Outcome::Unchanged, 0.05),
        started("cp1", "init", "kubeadm init"),
        Event::OutputLine {
            step: StepId("cp1/init".to_owned()),
            host: host("cp1"),
            line: "[certs] Generating \"ca\" certificate and key".to_owned(),
        },
        Event::ImageSent {
            step: StepId("cp1/init".to_owned()),
            host: host("cp1"),
            bytes: 48_200_000,
            of: 110_100_480,
            took: seconds(4.0),
        },
        Event::ImageReceived {
            step: StepId("cp1/init".to_owned()),
            host: host("cp1"),
            from: host("cp2"),
            bytes: 12_400_000,
            took: seconds(5.0),
        },
        Event::StillWaiting {
            step: StepId("cp1/init".to_owned()),
            host: host("cp1"),
            reason: "/readyz answers 500".to_owned(),
            waited: seconds(1.0),
        },
        finished("cp1", "init", Outcome::Changed, 40.8),
        started("cp1", "ready", "wait for the node to be Ready"),
        finished("cp1", "ready", Outcome::Ok, 3.0),
        phase_finished(PhaseName::Init, 43.9),
        phase_started(PhaseName::Join, 3),
        started("w1", "join", "join as a worker"),
        Event::Warning {
            text: "w2 may be finished later".to_owned(),
        },
    ];
    events.extend(the_end());
    events
}

fn the_end() -> Vec<Event> {
    vec![
        finished(
            "w1",
            "join",
            Outcome::Failed {
                problem: failed_join("w1"),
            },
            41.0,
        ),
        started("cp2", "join", "join as a control plane"),
        Event::StopRequested,
        Event::Detached {
            host: host("cp2"),
            pid: 4711,
            command: "kubeadm join".to_owned(),
        },
        finished("cp2", "join", Outcome::Detached, 12.0),
        finished("w1", "label", Outcome::Skipped, 0.0),
        phase_finished(PhaseName::Join, 53.0),
        Event::RunFinished { report: report() },
    ]
}

fn report() -> Report {
    let running = vec![(host("cp2"), 4711, "kubeadm join".to_owned())];
    Report {
        changed: 1,
        unchanged: 1,
        skipped: 1,
        problems: vec![
            failed_join("w1"),
            Problem::Interrupted {
                running,
                is_begun: true,
            },
        ],
        tolerated: vec![host("w2")],
        phases: vec![time(PhaseName::Init, 43.9), time(PhaseName::Join, 153.0)],
        took: seconds(197.2),
        overhead: seconds(1.3),
        interrupted: true,
        log: Some("/home/ops/.local/state/hawser/lab/20261122T161800Z-1234.log".to_owned()),
    }
}

fn good_report() -> Report {
    Report {
        problems: Vec::new(),
        tolerated: Vec::new(),
        interrupted: false,
        skipped: 0,
        ..report()
    }
}

#[test]
fn the_exit_code_is_the_gravest_problems() {
    let unreachable = Problem::MissingHosts {
        hosts: Vec::new(),
        because: "every control plane must be reachable before hawser changes anything".to_owned(),
    };
    let failed = Report {
        problems: vec![failed_join("w1"), unreachable, failed_join("w2")],
        ..good_report()
    };

    assert_eq!(exit_code(&good_report()), ExitCode::Done);
    assert_eq!(exit_code(&failed), ExitCode::Unreachable);
    assert_eq!(exit_code(&report()), ExitCode::Interrupted);
}
