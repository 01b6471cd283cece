//! What runs when: phases one after the other, lanes beside each other, chains as many at once as their lane allows.

use serde::Serialize;

use super::phase_name::PhaseName;
use super::step::Step;
use crate::topology::HostName;

/// Steps in order; the first failure ends the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The host it is about (a step of it may run elsewhere, as a balancer lets a control plane in).
    pub subject: HostName,
    /// Whether its failure ends the run.
    pub necessity: Necessity,
    /// What its host is when it has ended well, if that is something new.
    #[serde(skip)]
    pub milestone: Option<Milestone>,
    pub steps: Vec<Step>,
}

impl Chain {
    /// A chain that the run cannot do without.
    pub fn required(subject: &HostName, steps: Vec<Step>) -> Self {
        Self {
            subject: subject.clone(),
            necessity: Necessity::Required,
            milestone: None,
            steps,
        }
    }

    /// The run can do without its host, if that is a worker.
    #[must_use]
    pub fn with_necessity(self, necessity: Necessity) -> Self {
        Self { necessity, ..self }
    }

    /// What its host becomes by it.
    #[must_use]
    pub fn reaching(self, milestone: impl Into<Option<Milestone>>) -> Self {
        Self {
            milestone: milestone.into(),
            ..self
        }
    }
}

/// What a host becomes by a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// The first control plane of a new cluster.
    ClusterInitialised,
    /// A node of the cluster.
    HostJoined,
    /// A member of etcd that has no data yet.
    EtcdMemberCreated,
}

/// Whether the run can go on without a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Necessity {
    /// Control planes, etcd, balancers: nothing new starts after a failure.
    Required,
    /// A worker: counted against `--max-unreachable-workers`.
    Tolerated,
    /// Images that hosts are sent for their own sake: a problem of the run, which keeps no other chain back.
    Apart,
    /// A proof that may fail for a reason that hawser cannot see: told, and nothing else.
    Advisory,
}

/// Chains of which at most `width` run at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// At least 1.
    pub width: usize,
    /// Started in order.
    pub chains: Vec<Chain>,
}

/// Lanes that run beside each other; the next phase starts when all have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    pub name: PhaseName,
    /// Run beside each other.
    pub lanes: Vec<Lane>,
}

impl Phase {
    /// Its chains, lane after lane.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.lanes.iter().flat_map(|lane| &lane.chains)
    }

    /// Its steps, in the order in which they are listed.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.chains().flat_map(|chain| &chain.steps)
    }

    /// How many bytes of images go out from the workstation, if each step has to be done and each source works.
    pub fn bytes(&self) -> u64 {
        self.steps().map(Step::bytes).sum()
    }
}
