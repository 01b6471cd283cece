//! What a check asks of hosts, and in which order: clocks alone, disks next, all else beside each other. One deadline
//! is for all of it: a host that hangs is not waited for again and again.

use std::time::Duration;

use futures::future::{join, join3};
use tokio::sync::mpsc;

use super::hosts::{Extent, measure, preflights};
use super::listeners::Listeners;
use super::trials::{Trials, try_all};
use crate::check::host::Asked;
use crate::check::{
    Cell, CheckedConnection, Evaluation, Port, Purpose, Scene, evaluate, evaluate_listened, evaluate_vrrp,
    not_tested,
};
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::deadline::Deadline;
use crate::facts::Observation;
use crate::remote::probe::ProbeScope;
use crate::topology::Topology;

/// For all that is asked once hosts are connected to.
pub(super) const COMPLETE: Duration = Duration::from_secs(60);

/// And this for disks, and for listeners that are started in between.
const MORE: Duration = Duration::from_secs(30);

/// What came of all the questions.
pub(super) struct Found {
    pub(super) asked: Asked,
    /// What every plan is made from.
    pub(super) observation: Observation,
    /// What came of the connections.
    pub(super) connections: Vec<CheckedConnection>,
}

/// How long all of it may take.
pub(super) fn limit(extent: Extent, listens: bool) -> Duration {
    let measures = extent == Extent::FactsAndDisks;
    COMPLETE + MORE * (u32::from(measures) + u32::from(listens))
}

/// Asks everything.
pub(super) async fn look(
    connected: &ConnectedHosts,
    topology: &Topology,
    cells: Vec<Cell>,
    extent: Extent,
    listens: bool,
    deadline: Deadline,
) -> Found {
    let asked = measure(connected, topology, extent, deadline).await;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    // Where hawser may listen is known from the facts of hosts, which must not show its listeners as foreign ones.
    let first = if listens {
        deadline.part(COMPLETE / 2)
    } else {
        deadline
    };
    let observe = connected.observe_within(topology, ProbeScope::Complete, &events, first);
    let facts = preflights(connected, topology, extent, first);
    let (preflights, observation, connections) = if listens {
        let (facts, observation) = join(facts, observe).await;
        let connections = listening(connected, topology, &observation, cells, deadline).await;
        (facts, observation, connections)
    } else {
        let nobody = Listeners::default();
        let trials = try_all(connected, topology, (&cells, &nobody), deadline);
        let (facts, observation, trials) = join3(facts, observe, trials).await;
        let connections = examine(&scene(topology, &observation), cells, &trials, &nobody);
        (facts, observation, connections)
    };
    Found {
        asked: Asked { preflights, ..asked },
        observation,
        connections,
    }
}

async fn listening(
    connected: &ConnectedHosts,
    topology: &Topology,
    observation: &Observation,
    cells: Vec<Cell>,
    deadline: Deadline,
) -> Vec<CheckedConnection> {
    let scene = scene(topology, observation);
    let listeners = Listeners::start(connected, &scene, &cells, deadline).await;
    let trials = try_all(connected, topology, (&cells, &listeners), deadline).await;
    let connections = examine(&scene, cells, &trials, &listeners);
    listeners.stop().await;
    connections
}

fn scene<'a>(topology: &'a Topology, observation: &'a Observation) -> Scene<'a> {
    Scene {
        topology,
        observation,
    }
}

pub(super) fn examine(
    scene: &Scene,
    cells: Vec<Cell>,
    trials: &Trials,
    listeners: &Listeners,
) -> Vec<CheckedConnection> {
    let evaluation = |number: usize, cell: &Cell| -> Evaluation {
        match trials.get(&number) {
            _ if cell.purpose == Purpose::Vrrp => evaluate_vrrp(scene, cell),
            _ if matches!(cell.port, Port::Udp(_)) => not_tested("UDP has no answer to wait for"),
            Some(Ok(trial)) if listeners.are_at(cell) => evaluate_listened(cell, trial),
            Some(Ok(trial)) => evaluate(scene, cell, trial),
            Some(Err(why)) => not_tested(why.as_str()),
            None => not_tested("it was not tried"),
        }
    };
    let numbered = cells.into_iter().enumerate();
    numbered
        .map(|(number, cell)| CheckedConnection {
            evaluation: evaluation(number, &cell),
            listened: listeners.are_at(&cell),
            cell,
        })
        .collect()
}
