//! `hawser check`: will it work, and why not.

mod hosts;
mod listeners;
mod onward;
mod trials;

use std::collections::BTreeSet;
use std::time::Instant;

use futures::future::join;
use serde_json::json;
use tokio::sync::mpsc;

use self::hosts::{Extent, ask_hosts};
use self::listeners::Listeners;
use self::trials::{Trials, try_all};
use super::arguments::{CheckArguments, OutputFormat};
use super::fleet::Fleet;
use super::{Outcome, surroundings};
use crate::check::host::{Fact, findings};
use crate::check::{
    Cell, Examined, Grade, Narrowing, Port, Purpose, Scene, Verdict, cells, judge, judge_listened,
    judge_vrrp, remedies, untested,
};
use crate::error::{ExitCode, Problem, gravest};
use crate::facts::Observation;
use crate::remote::probe::Look;
use crate::report;
use crate::report::check::Page;
use crate::report::paint::Paint;
use crate::topology::{HostName, Topology};

pub(super) async fn run(arguments: CheckArguments) -> Outcome {
    let began = Instant::now();
    let topology = surroundings::load(&arguments.inventory.path)?;
    let cells = wanted(&topology, &arguments)?;
    let ignored = ignored(&arguments)?;
    let client = surroundings::client(&topology)?;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();

    let fleet = Fleet::connect(&client, &topology, &events).await;
    // Where only some ways are asked for, what hosts are is not.
    let extent = match (narrowing(&arguments).is_narrow(), arguments.disk) {
        (true, _) => Extent::Nothing,
        (false, false) => Extent::Facts,
        (false, true) => Extent::FactsAndDisks,
    };
    let asked = ask_hosts(&fleet, &topology, extent).await;
    let observe = fleet.observe(&topology, Look::Whole, &events);
    let (observation, ways) = if arguments.listen {
        let observation = observe.await;
        let scene = Scene {
            topology: &topology,
            observation: &observation,
        };
        let listeners = Listeners::start(&fleet, &scene, &cells).await;
        let trials = try_all(&fleet, &topology, &cells, &listeners).await;
        let ways = examine(&scene, cells, &trials, &listeners);
        listeners.stop().await;
        (observation, ways)
    } else {
        let nobody = Listeners::default();
        let (observation, trials) = join(observe, try_all(&fleet, &topology, &cells, &nobody)).await;
        let scene = Scene {
            topology: &topology,
            observation: &observation,
        };
        let ways = examine(&scene, cells, &trials, &nobody);
        (observation, ways)
    };
    fleet.close().await;

    let scene = Scene {
        topology: &topology,
        observation: &observation,
    };
    let remedies = remedies(&scene, &ways);
    let findings = match extent {
        Extent::Nothing => Vec::new(),
        Extent::Facts | Extent::FactsAndDisks => findings(&scene, &asked, &ignored),
    };
    let hosts: Vec<HostName> = topology.hosts.iter().map(|host| host.name.clone()).collect();
    let page = Page {
        hosts: &hosts,
        ways: &ways,
        remedies: &remedies,
        findings: &findings,
        took: began.elapsed(),
    };
    Ok(tell(&page, &observation, arguments.output))
}

/// Prints it all, and says what the program exits with.
fn tell(page: &Page, observation: &Observation, output: OutputFormat) -> ExitCode {
    let failed = observation.values().filter_map(|found| found.as_ref().err());
    let problems: Vec<Problem> = failed.cloned().collect();
    let grades = page.ways.iter().map(|way| way.verdict.grade);
    let grade = grades
        .chain(page.findings.iter().map(|finding| finding.grade))
        .max();
    surroundings::say(&match output {
        OutputFormat::Text => report::check::render(page, Paint::for_stdout()),
        OutputFormat::Json => as_json(page, grade, &problems),
    });
    // A host that cannot be connected to is told in the matrix.
    let untold = problems
        .iter()
        .filter(|problem| !matches!(problem, Problem::Unreachable { .. }));
    untold.for_each(|problem| surroundings::tell(&problem.to_string()));
    match (gravest(&problems), grade) {
        (Some(code), _) => code,
        (None, Some(Grade::Error)) => ExitCode::StepFailed,
        (None, _) => ExitCode::Done,
    }
}

/// The facts of `--ignore`.
fn ignored(arguments: &CheckArguments) -> Result<BTreeSet<Fact>, Vec<Problem>> {
    let fact = |name: &String| {
        let found = Fact::ALL.into_iter().find(|fact| fact.name() == name);
        found.ok_or_else(|| Problem::Usage {
            message: format!("--ignore {name}: there is no such fact"),
            hint: format!("name one of {}", Fact::ALL.map(Fact::name).join(", ")),
        })
    };
    arguments
        .ignore
        .iter()
        .map(fact)
        .collect::<Result<_, _>>()
        .map_err(Into::into)
}

fn narrowing(arguments: &CheckArguments) -> Narrowing {
    Narrowing {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        port: arguments.port,
    }
}

/// The ways that were asked for.
fn wanted(topology: &Topology, arguments: &CheckArguments) -> Result<Vec<Cell>, Vec<Problem>> {
    let is_host = |name: &str| topology.host(&HostName::from(name)).is_some();
    let ends = [
        ("--from", &arguments.from, &["workstation"][..]),
        ("--to", &arguments.to, &["endpoint", "registry"]),
    ];
    let unknown = ends.into_iter().filter_map(|(option, name, others)| {
        let name = name.as_deref()?;
        let is_known = is_host(name) || others.contains(&name);
        (!is_known).then(|| Problem::Usage {
            message: format!("{option} {name}: the inventory has no such host"),
            hint: format!("name a host as the inventory does, or {}", others.join(" or ")),
        })
    });
    let problems: Vec<Problem> = unknown.collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let cells = cells(topology, &narrowing(arguments));
    if cells.is_empty() {
        return Err(vec![Problem::Usage {
            message: "the topology needs no such way".to_owned(),
            hint: "`hawser check` without --from, --to and --port shows those that there are".to_owned(),
        }]);
    }
    Ok(cells)
}

fn examine(scene: &Scene, cells: Vec<Cell>, trials: &Trials, listeners: &Listeners) -> Vec<Examined> {
    let verdict = |number: usize, cell: &Cell| -> Verdict {
        match trials.get(&number) {
            _ if cell.purpose == Purpose::Vrrp => judge_vrrp(scene, cell),
            _ if matches!(cell.port, Port::Udp(_)) => untested("UDP has no answer to wait for"),
            Some(Ok(trial)) if listeners.are_at(cell) => judge_listened(cell, trial),
            Some(Ok(trial)) => judge(scene, cell, trial),
            Some(Err(why)) => untested(why.as_str()),
            None => untested("it was not tried"),
        }
    };
    let numbered = cells.into_iter().enumerate();
    numbered
        .map(|(number, cell)| Examined {
            verdict: verdict(number, &cell),
            listened: listeners.are_at(&cell),
            cell,
        })
        .collect()
}

fn as_json(page: &Page, grade: Option<Grade>, problems: &[Problem]) -> String {
    let value = json!({
        "grade": grade,
        "facts": page.findings,
        "ways": page.ways,
        "remedies": page.remedies,
        "problems": problems,
    });
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default())
}
