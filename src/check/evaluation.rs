//! What a trial of a connection means: its cause, and how bad it is at this stage.

use serde::Serialize;

use super::Grade;
use super::cause::{Cause, Peers};
use super::cell::{Cell, Purpose, Source, Target};
use super::stage::{Scene, Stage};
use crate::facts::{HostFacts, Trial, is_archived, is_prepared, missing_images};
use crate::remote::preparation::{Wanted, of_the_release};
use crate::topology::{Host, Role, Topology};

/// What came of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// Why it is as it is.
    #[serde(flatten)]
    pub cause: Cause,
    /// How severe that is.
    pub grade: Grade,
}

/// A connection, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedConnection {
    #[serde(flatten)]
    pub cell: Cell,
    /// What came of it.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Whether hawser itself listened there at that moment.
    pub listened: bool,
}

/// Evaluates a trial of a connection, with the facts of the hosts.
pub fn evaluate(scene: &Scene, cell: &Cell, trial: &Trial) -> Evaluation {
    let stage = scene.stage(cell);
    let cause = Cause::of(trial, cell.expected, peers(scene, cell, stage));
    let cause = if stage == Stage::Unbuilt && is_foreign_vip(scene, cell, trial, &cause) {
        Cause::WrongPeer("another machine, because no balancer of this cluster holds the VIP yet".to_owned())
    } else {
        cause
    };
    let grade = match cell.purpose {
        Purpose::Registry => registry(scene, cell, &cause),
        Purpose::Packages => repository(scene, cell, &cause),
        Purpose::EndpointName => named(scene, cell, stage, &cause),
        _ => grade(cell, stage, &cause),
    };
    Evaluation { cause, grade }
}

/// Evaluates a trial of a connection at whose end hawser listened: only the network can fail.
pub fn evaluate_listened(cell: &Cell, trial: &Trial) -> Evaluation {
    let cause = Cause::of(trial, cell.expected, Peers::Any);
    let grade = match cause {
        Cause::Open => Grade::Ok,
        Cause::NotTested(_) => Grade::Unknown,
        _ => Grade::Failed,
    };
    Evaluation { cause, grade }
}

/// What the state of keepalived on two balancers shows of the connection between them. VRRP has no ports to try.
pub fn evaluate_vrrp(scene: &Scene, cell: &Cell) -> Evaluation {
    let (Source::Host(from), Target::Host(to)) = (&cell.from, &cell.to) else {
        return not_tested("only balancers use VRRP");
    };
    let mut holders = 0;
    // In the same order for both directions, so that both have the same text.
    for host in [from.min(to), from.max(to)] {
        let Some(facts) = scene.facts(host) else {
            return not_tested(format!("{host} could not be probed"));
        };
        if !facts.units.get("keepalived").is_some_and(|unit| unit.active) {
            return not_tested(format!("keepalived does not run on {host}"));
        }
        holders += usize::from(facts.balancer.as_ref().is_some_and(|found| found.holds_vip));
    }
    let (cause, grade) = match holders {
        0 => return not_tested("neither of the two balancers holds the VIP"),
        1 => (Cause::Open, Grade::Ok),
        _ => (Cause::TimedOut, Grade::Failed),
    };
    Evaluation { cause, grade }
}

/// A connection that could not be tried.
pub fn not_tested(why: impl Into<String>) -> Evaluation {
    Evaluation {
        cause: Cause::NotTested(why.into()),
        grade: Grade::Unknown,
    }
}

/// Which peers may answer.
fn peers<'a>(scene: &Scene<'a>, cell: &Cell, stage: Stage) -> Peers<'a> {
    if !cell.asks_tls() {
        return Peers::Any;
    }
    let authority = match cell.purpose {
        Purpose::EtcdClients => scene.authority_of_etcd(),
        _ => scene.authority(),
    };
    match (authority, stage) {
        (Some(authority), _) => Peers::SignedBy(authority),
        (None, Stage::Empty | Stage::EmptyElsewhere | Stage::Unbuilt) => Peers::NoTls,
        (None, Stage::Serving | Stage::Any | Stage::Unknown) => Peers::Any,
    }
}

/// Whether another machine has the VIP. Whose certificate it shows is known better where it shows one.
fn is_foreign_vip(scene: &Scene, cell: &Cell, trial: &Trial, cause: &Cause) -> bool {
    let Some(vip) = scene.unheld_vip() else {
        return false;
    };
    let is_at_vip =
        cell.to == Target::Endpoint && (cell.address == vip.to_string() || trial.resolves_to(vip));
    let answers = match cause {
        Cause::WrongPeer(_) | Cause::Verified | Cause::WrongAddress(_) | Cause::NameNotFound => return false,
        cause if cause.is_open() => true,
        Cause::Reset => true,
        // A firewall may refuse an address that no host has; a balancer on the same network knows better.
        Cause::Refused => scene.vip_answers().unwrap_or(true),
        _ => scene.vip_answers().unwrap_or(false),
    };
    is_at_vip && answers
}

fn grade(cell: &Cell, stage: Stage, cause: &Cause) -> Grade {
    let accepts = cause.is_open() || *cause == Cause::Reset;
    let answers = accepts || *cause == Cause::Refused;
    match (cause, stage) {
        (Cause::NotTested(_), _) => Grade::Unknown,
        (Cause::WrongPeer(_), _) => Grade::Failed,
        (Cause::Verified, _) | (_, Stage::Unbuilt) => Grade::Ok,
        (_, Stage::Serving) => served(cause),
        // Another process has the port; but a balancer accepts before it has a backend.
        (_, Stage::Empty) if accepts && matches!(cell.to, Target::Host(_)) => Grade::Warning,
        (_, Stage::Empty | Stage::Any) => ok_if(answers, Grade::Failed),
        (_, Stage::EmptyElsewhere) => ok_if(answers, Grade::Warning),
        (_, Stage::Unknown) if answers => ok_if(cause.is_open(), Grade::Warning),
        (_, Stage::Unknown) => Grade::Failed,
    }
}

/// Where something serves already, it matters who it is.
fn served(cause: &Cause) -> Grade {
    match cause {
        Cause::Open => Grade::Ok,
        Cause::PeerNotAsked(_) => Grade::Unknown,
        Cause::PeerUnknown(_) => Grade::Warning,
        _ => Grade::Failed,
    }
}

fn ok_if(is_so: bool, otherwise: Grade) -> Grade {
    if is_so { Grade::Ok } else { otherwise }
}

/// hawser writes the endpoint's name into /etc/hosts, if it may, with the `apply` that builds the host.
fn named(scene: &Scene, cell: &Cell, stage: Stage, cause: &Cause) -> Grade {
    match cause {
        Cause::NameNotFound | Cause::WrongAddress(_) if scene.topology.endpoint.hosts_file => {
            ok_if(stage != Stage::Serving || !is_built(scene, cell), Grade::Failed)
        }
        Cause::NameNotFound | Cause::WrongAddress(_) => Grade::Failed,
        _ => grade(cell, stage, cause),
    }
}

/// Whether a connection begins at a node that has joined, or at a balancer that runs.
fn is_built(scene: &Scene, cell: &Cell) -> bool {
    let Source::Host(name) = &cell.from else {
        return false;
    };
    let Some((host, facts)) = scene.topology.host(name).zip(scene.facts(name)) else {
        return false;
    };
    let balances = host.is(Role::Balancer) && facts.units.get("haproxy").is_some_and(|unit| unit.active);
    facts.kubernetes.has_kubelet_conf || balances
}

/// A registry matters to a host that lacks images which no archive brings; and a container
/// runtime may know a mirror or a proxy.
fn registry(scene: &Scene, cell: &Cell, cause: &Cause) -> Grade {
    let Source::Host(name) = &cell.from else {
        return Grade::Unknown;
    };
    let lacks = scene
        .topology
        .host(name)
        .zip(scene.facts(name))
        .is_none_or(|(host, facts)| {
            let is_known = facts.kubernetes.images.known().is_some();
            let is_brought = |name: &String| is_archived(scene.topology, host, facts, name);
            !is_known || !missing_images(scene.topology, host, facts).iter().all(is_brought)
        });
    match cause {
        Cause::NotTested(_) => Grade::Unknown,
        Cause::Open | Cause::Verified => Grade::Ok,
        _ if !lacks => Grade::Ok,
        _ => Grade::Warning,
    }
}

/// A repository matters to a host that is prepared from it.
fn repository(scene: &Scene, cell: &Cell, cause: &Cause) -> Grade {
    let Source::Host(name) = &cell.from else {
        return Grade::Unknown;
    };
    let found = scene.topology.host(name).zip(scene.facts(name));
    let lacks = found.map(|(host, facts)| lacks_the_release(scene.topology, host, facts));
    match (cause, lacks) {
        (_, Some(false)) | (Cause::Open | Cause::Verified, _) => Grade::Ok,
        (Cause::NotTested(_), _) => Grade::Unknown,
        (_, Some(true)) => Grade::Failed,
        (_, None) => Grade::Warning,
    }
}

/// Whether hawser is to install on it what the repository has.
fn lacks_the_release(topology: &Topology, host: &Host, facts: &HostFacts) -> bool {
    let Some(found) = facts.preparation.as_ref() else {
        return false;
    };
    let is_there = |wanted: &Wanted| {
        let installed = found.packages.get(wanted.name);
        installed.is_some_and(|one| wanted.is(&one.version))
    };
    is_prepared(topology, host, facts) && !of_the_release(topology.version).iter().all(is_there)
}
