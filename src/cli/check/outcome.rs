//! The result of a check: which hosts that could not be probed it concerns, and what the program exits with.

use std::collections::BTreeSet;

use crate::check::host::Fact;
use crate::check::{CheckedConnection, Grade, Purpose, Source, Target};
use crate::error::{ExitCode, Problem, most_severe};
use crate::facts::Observation;
use crate::topology::HostName;

/// Why hosts could not be probed that are an end of a wanted connection; without narrowing all are.
pub(super) fn concerned(observation: &Observation, connections: &[CheckedConnection]) -> Vec<Problem> {
    let failed = observation
        .iter()
        .filter_map(|(name, found)| Some((name, found.as_ref().err()?)));
    failed
        .filter(|(name, _)| connections.iter().any(|connection| is_end(connection, name)))
        .map(|(_, problem)| problem.clone())
        .collect()
}

fn is_end(connection: &CheckedConnection, name: &HostName) -> bool {
    let begins = matches!(&connection.cell.from, Source::Host(from) if from == name);
    begins || leads_to(connection, name)
}

fn leads_to(connection: &CheckedConnection, name: &HostName) -> bool {
    matches!(&connection.cell.to, Target::Host(to) if to == name)
}

/// Those that no cell of the matrix shows: a host that cannot be connected to is red where it was dialled.
pub(super) fn unreported<'a>(
    problems: &'a [Problem],
    connections: &'a [CheckedConnection],
) -> impl Iterator<Item = &'a Problem> {
    let is_red = |name: &HostName| {
        connections.iter().any(|connection| {
            connection.cell.purpose == Purpose::Ssh
                && connection.evaluation.grade == Grade::Failed
                && leads_to(connection, name)
        })
    };
    problems
        .iter()
        .filter(move |problem| !matches!(problem, Problem::Unreachable { host, .. } if is_red(host)))
}

/// What the program exits with. That a host cannot be probed is the fact `access`.
pub(super) fn exit_code(problems: &[Problem], grade: Option<Grade>, ignored: &BTreeSet<Fact>) -> ExitCode {
    let counted = most_severe(problems).filter(|_| !ignored.contains(&Fact::Access));
    match (counted, grade) {
        (Some(code), _) => code,
        (None, Some(Grade::Failed)) => ExitCode::StepFailed,
        (None, _) => ExitCode::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Cause, Cell, Evaluation, Port};

    fn connection(from: &str, to: &str, grade: Grade) -> CheckedConnection {
        let (from, purpose) = match from {
            "workstation" => (Source::Workstation, Purpose::Ssh),
            name => (Source::Host(name.into()), Purpose::ApiServer),
        };
        CheckedConnection {
            cell: Cell {
                from,
                to: Target::Host(to.into()),
                port: Port::Tcp(22),
                purpose,
                address: to.to_owned(),
                expected: None,
                connections: 1,
            },
            evaluation: Evaluation {
                cause: Cause::TimedOut,
                grade,
            },
            listened: false,
        }
    }

    fn off(name: &str) -> Problem {
        Problem::Unreachable {
            host: name.into(),
            address: "192.0.2.1:22".to_owned(),
            cause: "timed out after 10 s".to_owned(),
        }
    }

    fn without(names: &[&str]) -> Observation {
        let failed = names.iter().map(|name| (HostName::from(*name), Err(off(name))));
        failed.collect()
    }

    #[test]
    fn a_host_that_is_no_end_of_a_wanted_way_does_not_count() {
        let connections = [connection("cp1", "cp2", Grade::Ok)];

        assert_eq!(concerned(&without(&["w2"]), &connections), []);
        assert_eq!(concerned(&without(&["cp1", "w2"]), &connections), [off("cp1")]);
        assert_eq!(concerned(&without(&["cp2", "w2"]), &connections), [off("cp2")]);
    }

    #[test]
    fn a_host_that_is_off_is_told_where_no_red_cell_does() {
        let problems = [off("cp2")];
        let reported = [connection("workstation", "cp2", Grade::Failed)];
        let narrow = [connection("cp1", "cp2", Grade::Failed)];

        assert_eq!(unreported(&problems, &reported).count(), 0);
        assert_eq!(unreported(&problems, &narrow).count(), 1);
    }

    #[test]
    fn the_exit_code_follows_what_is_ignored() {
        let problems = [off("w2")];
        let access = [Fact::Access].into();

        let strict = exit_code(&problems, Some(Grade::Ok), &[].into());
        assert_eq!(strict, ExitCode::Unreachable);
        assert_eq!(
            exit_code(&problems, Some(Grade::Warning), &access),
            ExitCode::Done
        );
        // The connection to it failed anyway.
        assert_eq!(
            exit_code(&problems, Some(Grade::Failed), &access),
            ExitCode::StepFailed
        );
        assert_eq!(exit_code(&[], Some(Grade::Warning), &[].into()), ExitCode::Done);
    }
}
