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
    Cell, Examined, Port, Purpose, Scene, Verdict, judge, judge_listened, judge_vrrp, untested,
};
use crate::cli::fleet::Fleet;
use crate::cli::patience::Patience;
use crate::facts::Observation;
use crate::remote::probe::Look;
use crate::topology::Topology;

/// For all that is asked once hosts are connected to.
pub(super) const WHOLE: Duration = Duration::from_secs(60);

/// And this for disks, and for listeners that are started in between.
const MORE: Duration = Duration::from_secs(30);

/// What came of all the questions.
pub(super) struct Found {
    /// What hosts are.
    pub(super) asked: Asked,
    /// What every plan is made from.
    pub(super) observation: Observation,
    /// What came of the ways.
    pub(super) ways: Vec<Examined>,
}

/// How long all of it may take.
pub(super) fn limit(extent: Extent, listens: bool) -> Duration {
    let measures = extent == Extent::FactsAndDisks;
    WHOLE + MORE * (u32::from(measures) + u32::from(listens))
}

/// Asks everything.
pub(super) async fn look(
    fleet: &Fleet,
    topology: &Topology,
    cells: Vec<Cell>,
    extent: Extent,
    listens: bool,
    patience: Patience,
) -> Found {
    let asked = measure(fleet, topology, extent, patience).await;
    let (events, mut unheard) = mpsc::unbounded_channel();
    unheard.close();
    // Where hawser listens is known from what hosts tell, and must not be told by them as somebody else's port.
    let first = if listens {
        patience.part(WHOLE / 2)
    } else {
        patience
    };
    let observe = fleet.observe_within(topology, Look::Whole, &events, first);
    let facts = preflights(fleet, topology, extent, first);
    let (preflights, observation, ways) = if listens {
        let (facts, observation) = join(facts, observe).await;
        let ways = listening(fleet, topology, &observation, cells, patience).await;
        (facts, observation, ways)
    } else {
        let nobody = Listeners::default();
        let trials = try_all(fleet, topology, (&cells, &nobody), patience);
        let (facts, observation, trials) = join3(facts, observe, trials).await;
        let ways = examine(&scene(topology, &observation), cells, &trials, &nobody);
        (facts, observation, ways)
    };
    Found {
        asked: Asked { preflights, ..asked },
        observation,
        ways,
    }
}

async fn listening(
    fleet: &Fleet,
    topology: &Topology,
    observation: &Observation,
    cells: Vec<Cell>,
    patience: Patience,
) -> Vec<Examined> {
    let scene = scene(topology, observation);
    let listeners = Listeners::start(fleet, &scene, &cells, patience).await;
    let trials = try_all(fleet, topology, (&cells, &listeners), patience).await;
    let ways = examine(&scene, cells, &trials, &listeners);
    listeners.stop().await;
    ways
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
) -> Vec<Examined> {
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
