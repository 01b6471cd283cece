//! What of a check keeps `apply` from beginning: what would let a host's building fail, and what no step mends.

use std::collections::BTreeSet;

use super::Grade;
use super::cause::Cause;
use super::cell::{Cell, Port, Purpose, Source, Target};
use super::fix::{Fix, fixes};
use super::host::{Fact, Finding};
use super::judgement::Examined;
use super::stage::Scene;
use crate::error::Problem;
use crate::topology::HostName;

/// The ways that matter to hosts that are to be built, of all that the topology needs: those that begin or end at one
/// of them, between hosts that could be looked at. Whether images can be had is the plan's to tell; packages are
/// fetched first of all, and a host's own apt may know a way that hawser does not.
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

/// Every reason not to begin, each with what to do about it.
pub fn obstacles(
    scene: &Scene,
    built: &BTreeSet<HostName>,
    ways: &[Examined],
    findings: &[Finding],
) -> Vec<Problem> {
    let of_hosts = findings
        .iter()
        .filter(|finding| keeps_from_beginning(finding, built))
        .map(of_fact);
    let standing: Vec<Examined> = ways.iter().filter(|way| stands(scene, way)).cloned().collect();
    let of_ways = fixes(scene, &standing);
    of_hosts.chain(of_ways.into_iter().map(of_way)).collect()
}

/// Whether a host cannot be looked at is the plan's to judge.
fn keeps_from_beginning(finding: &Finding, built: &BTreeSet<HostName>) -> bool {
    finding.grade == Grade::Failed && finding.fact != Fact::Access && built.contains(&finding.host)
}

/// Whether no step of a plan mends it. What refuses or closes where it should serve may be what this run starts; an
/// endpoint that nobody answers for may be what this run sets up.
fn stands(scene: &Scene, way: &Examined) -> bool {
    let cause = &way.verdict.cause;
    let is_endpoint = way.cell.to == Target::Endpoint;
    way.verdict.grade == Grade::Failed
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
        begin_anyway: format!("--ignore {}", finding.fact),
    }
}

fn of_way(fix: Fix) -> Problem {
    let detail = fix.cause.detail().map(|detail| format!(": {detail}"));
    Problem::NotReady {
        subject: fix.subject(),
        found: format!("{}{}", fix.cause.meaning(), detail.unwrap_or_default()),
        fix: fix.steps,
        begin_anyway: "--skip-check".to_owned(),
    }
}
