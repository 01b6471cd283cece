//! What stops `apply` before it builds: what would make the build of a host fail, and what no step fixes.

use std::collections::BTreeSet;

use super::Grade;
use super::cause::Cause;
use super::cell::{Cell, Port, Purpose, Source, Target};
use super::evaluation::CheckedConnection;
use super::fix::Fix;
use super::fixes::fixes;
use super::host::{Fact, Finding};
use super::stage::Scene;
use crate::error::Problem;
use crate::topology::HostName;

/// The connections that matter to hosts that will be built: those that begin or end at one of them, between hosts that
/// were probed. Whether images can be had is decided by the plan; packages are fetched first of all, and the apt of a
/// host may use a proxy that hawser does not know.
pub fn cells_of(scene: &Scene, cells: Vec<Cell>, built: &BTreeSet<HostName>) -> Vec<Cell> {
    let host = |from: &Source| match from {
        Source::Host(name) => Some(name.clone()),
        Source::Workstation => None,
    };
    let matters = |cell: &Cell| {
        let is_tried = matches!(cell.port, Port::Tcp(_))
            && !matches!(
                cell.purpose,
                Purpose::Ssh | Purpose::Hairpin | Purpose::Registry | Purpose::Packages
            );
        let Some(from) = host(&cell.from).filter(|_| is_tried) else {
            return false;
        };
        let (is_there, is_built) = match &cell.to {
            Target::Host(to) => (scene.facts(to).is_some(), built.contains(to)),
            Target::Endpoint | Target::Registry | Target::Repository => (true, false),
        };
        scene.facts(&from).is_some() && is_there && (is_built || built.contains(&from))
    };
    cells.into_iter().filter(matters).collect()
}

/// Every reason not to build, each with its fix.
pub fn obstacles(
    scene: &Scene,
    built: &BTreeSet<HostName>,
    connections: &[CheckedConnection],
    findings: &[Finding],
) -> Vec<Problem> {
    let of_hosts = findings
        .iter()
        .filter(|finding| blocks_build(finding, built))
        .map(of_fact);
    let blocking: Vec<CheckedConnection> = connections
        .iter()
        .filter(|connection| blocks_apply(scene, connection))
        .cloned()
        .collect();
    let of_connections = fixes(scene, &blocking);
    of_hosts
        .chain(of_connections.into_iter().map(of_connection))
        .collect()
}

/// Hosts that cannot be probed are evaluated by the planner.
fn blocks_build(finding: &Finding, built: &BTreeSet<HostName>) -> bool {
    finding.grade == Grade::Failed && finding.fact != Fact::Access && built.contains(&finding.host)
}

/// Whether no step of a plan fixes it. What refuses or closes where it should serve may be what this run starts; an
/// endpoint that does not answer may be what this run sets up.
fn blocks_apply(scene: &Scene, connection: &CheckedConnection) -> bool {
    let cause = &connection.evaluation.cause;
    let is_endpoint = connection.cell.to == Target::Endpoint;
    connection.evaluation.grade == Grade::Failed
        && match cause {
            Cause::WrongPeer(_) => true,
            Cause::NameNotFound | Cause::WrongAddress(_) => !scene.topology.endpoint.hosts_file,
            Cause::TimedOut | Cause::NoRoute | Cause::NoNetwork => !is_endpoint,
            _ => false,
        }
}

fn of_fact(finding: &Finding) -> Problem {
    Problem::NotReady {
        subject: format!("{} on {}", finding.fact, finding.host),
        found: finding.found.clone(),
        fix: finding.fix.clone(),
        option: format!("--ignore {}", finding.fact),
    }
}

fn of_connection(fix: Fix) -> Problem {
    let detail = fix.cause.detail().map(|detail| format!(": {detail}"));
    Problem::NotReady {
        subject: fix.subject(),
        found: format!("{}{}", fix.cause.meaning(), detail.unwrap_or_default()),
        fix: fix.steps,
        option: "--skip-check".to_owned(),
    }
}
