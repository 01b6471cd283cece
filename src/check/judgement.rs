//! What a trial of a way means: its cause, and how bad it is at this stage.

use serde::Serialize;

use super::Grade;
use super::cause::{Cause, Peers};
use super::cell::{Cell, Purpose, Source, Target};
use super::stage::{Scene, Stage};
use crate::facts::{Trial, missing_images};

/// What came of one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Why it is as it is.
    #[serde(flatten)]
    pub cause: Cause,
    /// How bad that is.
    pub grade: Grade,
}

/// A way, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// The way.
    #[serde(flatten)]
    pub cell: Cell,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Whether hawser itself listened there at that moment.
    pub listened: bool,
}

/// What a trial of a way means where the hosts are as they were found.
pub fn judge(scene: &Scene, cell: &Cell, trial: &Trial) -> Verdict {
    let stage = scene.stage(cell);
    let cause = Cause::of(trial, cell.expected, peers(scene, cell, stage));
    let grade = match cell.purpose {
        Purpose::Registry => registry(scene, cell, &cause),
        Purpose::EndpointName => named(scene, cell, stage, &cause),
        _ => grade(cell, stage, &cause),
    };
    Verdict { cause, grade }
}

/// What a trial means of a way at whose end hawser itself listened: there is nothing but the way that could fail.
pub fn judge_listened(cell: &Cell, trial: &Trial) -> Verdict {
    let cause = Cause::of(trial, cell.expected, Peers::Anybody);
    let grade = match cause {
        Cause::Open => Grade::Fine,
        Cause::NotTested(_) => Grade::Unknown,
        _ => Grade::Error,
    };
    Verdict { cause, grade }
}

/// What keepalived's own state on two balancers tells of the way between them. Its protocol has no ports to try.
pub fn judge_vrrp(scene: &Scene, cell: &Cell) -> Verdict {
    let (Source::Host(from), Target::Host(to)) = (&cell.from, &cell.to) else {
        return untested("only balancers speak VRRP");
    };
    let mut holders = 0;
    // In the same order for both directions, so that they are told in the same words.
    for host in [from.min(to), from.max(to)] {
        let Some(facts) = scene.facts(host) else {
            return untested(format!("{host} could not be looked at"));
        };
        if !facts.units.get("keepalived").is_some_and(|unit| unit.active) {
            return untested(format!("keepalived does not run on {host}"));
        }
        holders += usize::from(facts.balancer.as_ref().is_some_and(|found| found.holds_vip));
    }
    let (cause, grade) = match holders {
        0 => return untested("neither of the two holds the VIP"),
        1 => (Cause::Open, Grade::Fine),
        _ => (Cause::TimedOut, Grade::Error),
    };
    Verdict { cause, grade }
}

/// A way that nobody could try.
pub fn untested(why: impl Into<String>) -> Verdict {
    Verdict {
        cause: Cause::NotTested(why.into()),
        grade: Grade::Unknown,
    }
}

/// Who may answer.
fn peers<'a>(scene: &Scene<'a>, cell: &Cell, stage: Stage) -> Peers<'a> {
    if !cell.asks_tls() {
        return Peers::Anybody;
    }
    match (scene.authority(), stage) {
        (Some(authority), _) => Peers::SignedBy(authority),
        (None, Stage::Empty | Stage::EmptyElsewhere | Stage::Unbuilt) => Peers::Nobody,
        (None, Stage::Serving | Stage::Any | Stage::Unknown) => Peers::Anybody,
    }
}

fn grade(cell: &Cell, stage: Stage, cause: &Cause) -> Grade {
    let accepts = matches!(cause, Cause::Open | Cause::Closed);
    let answers = accepts || *cause == Cause::Refused;
    match (cause, stage) {
        (Cause::NotTested(_), _) => Grade::Unknown,
        (Cause::WrongPeer(_), _) => Grade::Error,
        (Cause::RightPeer, _) | (_, Stage::Unbuilt) => Grade::Fine,
        (_, Stage::Serving) => fine_if(*cause == Cause::Open, Grade::Error),
        // Somebody has taken the port; but a balancer accepts before anything is behind it.
        (_, Stage::Empty) if accepts && matches!(cell.to, Target::Host(_)) => Grade::Warning,
        (_, Stage::Empty | Stage::Any) => fine_if(answers, Grade::Error),
        (_, Stage::EmptyElsewhere) => fine_if(answers, Grade::Warning),
        (_, Stage::Unknown) if answers => fine_if(*cause == Cause::Open, Grade::Warning),
        (_, Stage::Unknown) => Grade::Error,
    }
}

fn fine_if(is_so: bool, otherwise: Grade) -> Grade {
    if is_so { Grade::Fine } else { otherwise }
}

/// hawser writes the endpoint's name into /etc/hosts, if it may, with the first `apply`.
fn named(scene: &Scene, cell: &Cell, stage: Stage, cause: &Cause) -> Grade {
    match cause {
        Cause::NameUnknown | Cause::WrongAddress(_) if scene.topology.endpoint.hosts_file => match stage {
            Stage::Serving => Grade::Error,
            _ => Grade::Fine,
        },
        Cause::NameUnknown | Cause::WrongAddress(_) => Grade::Error,
        _ => grade(cell, stage, cause),
    }
}

/// A registry matters to a host that lacks images; and a container runtime may know a mirror or a proxy.
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
            !is_known || !missing_images(scene.topology, host, facts).is_empty()
        });
    match cause {
        Cause::NotTested(_) => Grade::Unknown,
        Cause::Open | Cause::RightPeer => Grade::Fine,
        _ if !lacks => Grade::Fine,
        _ => Grade::Warning,
    }
}
