//! Probing a cluster again until it is healthy: which hosts that asks, and what it reports.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::Stop;
use super::connected_hosts::ConnectedHosts;
use super::pace::pace;
use crate::engine::until_stopped;
use crate::error::Problem;
use crate::events::{Event, PhaseTime, Report};
use crate::facts::Observation;
use crate::plan::{PhaseName, StepId};
use crate::remote::probe::ProbeScope;
use crate::topology::{Role, Topology};
use crate::verify::{FailedExpectation, failed_expectations, remarks};

/// Node leases, DaemonSets and HAProxy's checks follow a join within this.
const SETTLED: Duration = Duration::from_secs(5 * 60);

/// Probes again until everything is as the inventory says. A fresh observation serves as the first probe.
pub(super) async fn await_verified(
    (connected, topology): (&ConnectedHosts, &Topology),
    fresh: Option<Observation>,
    stop: &Stop,
    events: &UnboundedSender<Event>,
    report: &mut Report,
) {
    let since = Instant::now();
    let phase = PhaseName::Verify;
    let _ = events.send(Event::PhaseStarted {
        phase,
        steps: 0,
        bytes: 0,
    });
    let mut waited = Duration::ZERO;
    let settled = settle((connected, topology), fresh, events, report, &mut waited);
    let left = until_stopped(stop, settled).await;
    let took = since.elapsed();
    report.overhead += took.saturating_sub(waited);
    report.phases.push(PhaseTime { phase, took });
    let _ = events.send(Event::PhaseFinished { phase, took });
    if let Some(left) = left {
        report.problems.extend(not_verified(left, took));
    } else {
        report.interrupted = true;
        report.problems.push(Problem::Interrupted {
            running: Vec::new(),
            is_begun: report.changed > 0,
        });
    }
}

/// The checks that still fail after a while.
async fn settle(
    (connected, topology): (&ConnectedHosts, &Topology),
    fresh: Option<Observation>,
    events: &UnboundedSender<Event>,
    report: &Report,
    waited: &mut Duration,
) -> Vec<FailedExpectation> {
    let since = Instant::now();
    let mut asked = reference_nodes(topology);
    let mut seen = match fresh {
        Some(fresh) => fresh,
        None => connected.observe(&asked, ProbeScope::Health, events).await,
    };
    loop {
        let left = failed_expectations(topology, &seen, &report.tolerated);
        if left.is_empty() {
            let remarks = remarks(topology, &seen).into_iter();
            remarks.for_each(|text| drop(events.send(Event::Warning { text })));
        }
        if left.is_empty() || since.elapsed() > SETTLED {
            return left;
        }
        still_waiting(&left, since, events);
        *waited = since.elapsed();
        pace().await;
        asked = who_knows(topology, &left);
        seen.extend(connected.observe(&asked, ProbeScope::Health, events).await);
    }
}

fn still_waiting(left: &[FailedExpectation], since: Instant, events: &UnboundedSender<Event>) {
    for failed_expectations in left {
        let _ = events.send(Event::StillWaiting {
            step: StepId("verify".to_owned()),
            host: failed_expectations.host.clone(),
            reason: failed_expectations.what.clone(),
            waited: since.elapsed(),
        });
    }
}

/// Verification asks control planes, etcd hosts and balancers: they know of the workers.
fn reference_nodes(topology: &Topology) -> Topology {
    let mut asked = topology.clone();
    asked
        .hosts
        .retain(|host| host.is(Role::ControlPlane) || host.is(Role::Etcd) || host.is(Role::Balancer));
    asked
}

/// Who can tell that what was amiss is no longer so: the one control plane that spoke for the cluster, where all
/// else has been seen to be well.
fn who_knows(topology: &Topology, left: &[FailedExpectation]) -> Topology {
    let mut asked = reference_nodes(topology);
    let reference_node = left
        .first()
        .and_then(|failed_expectations| failed_expectations.reported_by.as_ref());
    if reference_node.is_some()
        && left
            .iter()
            .all(|failed_expectations| failed_expectations.reported_by.as_ref() == reference_node)
    {
        asked.hosts.retain(|host| Some(&host.name) == reference_node);
    }
    asked
}

fn not_verified(left: Vec<FailedExpectation>, took: Duration) -> Option<Problem> {
    let first = left.first()?.host.clone();
    Some(Problem::Step {
        host: first,
        what: "verify the cluster".to_owned(),
        how: format!("{} checks failed", left.len()),
        took,
        answer: left
            .into_iter()
            .map(|failed_expectations| format!("{}: {}", failed_expectations.host, failed_expectations.what))
            .collect(),
        hint: None,
    })
}
