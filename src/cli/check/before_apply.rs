//! The check that `apply` makes before it builds a host.

use std::collections::BTreeSet;

use futures::future::join;

use super::hosts::{Extent, ask_hosts};
use super::listeners::Listeners;
use super::rounds::{COMPLETE, examine};
use super::trials::try_all;
use crate::check::host::{Fact, findings};
use crate::check::{Narrowing, Scene, cells, cells_of, obstacles};
use crate::cli::connected_hosts::ConnectedHosts;
use crate::cli::deadline::Deadline;
use crate::error::Problem;
use crate::facts::Observation;
use crate::topology::{HostName, Topology};

/// Every reason not to build these hosts. Ways and facts are asked for at the same time: a clock that is read beside
/// other work is reported with its doubt.
pub(in crate::cli) async fn check_before_apply(
    connected: &ConnectedHosts,
    (topology, observation): (&Topology, &Observation),
    built: &BTreeSet<HostName>,
    ignored: &BTreeSet<Fact>,
) -> Result<(), Vec<Problem>> {
    let scene = Scene {
        topology,
        observation,
    };
    let nobody = Listeners::default();
    let cells = cells_of(&scene, cells(topology, &Narrowing::default()), built);
    let deadline = Deadline::after(COMPLETE);
    let (asked, trials) = join(
        ask_hosts(connected, topology, Extent::Facts, deadline),
        try_all(connected, topology, (&cells, &nobody), deadline),
    )
    .await;
    let connections = examine(&scene, cells, &trials, &nobody);
    let findings = findings(&scene, &asked, ignored);
    let obstacles = obstacles(&scene, built, &connections, &findings);
    if obstacles.is_empty() {
        Ok(())
    } else {
        Err(obstacles)
    }
}
