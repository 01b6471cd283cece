//! `hawser check`: will it work, and why not.

mod before_apply;
mod hosts;
mod listeners;
mod outcome;
mod rounds;
mod trials;

#[cfg(test)]
mod tests;

use std::time::Instant;

use serde_json::json;
use tokio::sync::mpsc;

pub(super) use self::before_apply::check_before_apply;
use self::hosts::Extent;
use self::outcome::{concerned, exit_code, unreported};
use self::rounds::{limit, look};
use super::arguments::{CheckArguments, OutputFormat};
use super::connected_hosts::ConnectedHosts;
use super::deadline::Deadline;
use super::{Outcome, scope, workstation};
use crate::check::host::{Finding, findings};
use crate::check::{Cell, CheckedConnection, Grade, Narrowing, Scene, cells, fixes};
use crate::error::{ExitCode, Problem};
use crate::report;
use crate::report::check::Page;
use crate::report::paint::Paint;
use crate::topology::{HostName, Topology};

pub(super) async fn run(arguments: CheckArguments) -> Outcome {
    let began = Instant::now();
    let topology = scope::load(&arguments.inventory.path)?;
    let cells = wanted(&topology, &arguments)?;
    let ignored = arguments.ignore.iter().copied().collect();
    let client = workstation::client(&topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();

    let connected = ConnectedHosts::connect(&client, &topology, &events).await?;
    // Where only some connections are asked for, what hosts are is not.
    let extent = match (narrowing(&arguments).is_narrow(), arguments.disk) {
        (true, _) => Extent::Nothing,
        (false, false) => Extent::Facts,
        (false, true) => Extent::FactsAndDisks,
    };
    let deadline = Deadline::after(limit(extent, arguments.listen));
    let found = look(&connected, &topology, cells, extent, arguments.listen, deadline).await;
    connected.close().await;

    let scene = Scene {
        topology: &topology,
        observation: &found.observation,
    };
    let fixes = fixes(&scene, &found.connections);
    let findings = match extent {
        Extent::Nothing => Vec::new(),
        Extent::Facts | Extent::FactsAndDisks => findings(&scene, &found.asked, &ignored),
    };
    let hosts: Vec<HostName> = topology.hosts.iter().map(|host| host.name.clone()).collect();
    let problems = concerned(&found.observation, &found.connections);
    let grade = worst(&found.connections, &findings);
    let code = exit_code(&problems, grade, &ignored);
    let page = Page {
        hosts: &hosts,
        connections: &found.connections,
        fixes: &fixes,
        findings: &findings,
        is_ready: code == ExitCode::Done,
        took: began.elapsed(),
    };
    match arguments.output {
        OutputFormat::Text => workstation::print(&report::check::render(&page, Paint::for_stdout())),
        OutputFormat::Json => workstation::print_json(&as_json(&page, grade, &problems)),
    }
    unreported(&problems, &found.connections)
        .for_each(|problem| workstation::print_to_stderr(&problem.to_string()));
    Ok(code)
}

fn worst(connections: &[CheckedConnection], findings: &[Finding]) -> Option<Grade> {
    let of_connections = connections.iter().map(|connection| connection.evaluation.grade);
    of_connections
        .chain(findings.iter().map(|finding| finding.grade))
        .max()
}

fn narrowing(arguments: &CheckArguments) -> Narrowing {
    Narrowing {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        port: arguments.port,
    }
}

/// The connections that were asked for.
fn wanted(topology: &Topology, arguments: &CheckArguments) -> Result<Vec<Cell>, Vec<Problem>> {
    let is_host = |name: &str| topology.host(&HostName::from(name)).is_some();
    let ends = [
        ("--from", &arguments.from, &["workstation"][..]),
        ("--to", &arguments.to, &["endpoint", "registry", "repository"]),
    ];
    let unknown = ends.into_iter().filter_map(|(option, name, others)| {
        let name = name.as_deref()?;
        let is_known = is_host(name) || others.contains(&name);
        (!is_known).then(|| Problem::Usage {
            message: format!("{option} {name}: the inventory has no such host"),
            hint: format!(
                "use the name of a host of the inventory, or {}",
                others.join(" or ")
            ),
        })
    });
    let problems: Vec<Problem> = unknown.collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let cells = cells(topology, &narrowing(arguments));
    if cells.is_empty() {
        return Err(vec![Problem::Usage {
            message: "the topology needs no such connection".to_owned(),
            hint: "`hawser check` without --from, --to and --port shows every connection".to_owned(),
        }]);
    }
    Ok(cells)
}

fn as_json(page: &Page, grade: Option<Grade>, problems: &[Problem]) -> serde_json::Value {
    json!({
        "grade": grade,
        "facts": page.findings,
        "connections": page.connections,
        "fixes": page.fixes,
        "problems": problems,
    })
}
