//! What each host must be before a cluster is built on it; a file for each group of facts.

mod access;
mod clock;
mod external_etcd;
mod identity;
mod ignoring;
mod leftovers;
mod packages;
mod ports;
mod resources;
mod runtime;
mod settings;
mod system;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Grade, Scene};
use crate::facts::{HostFacts, Observed, Preflight, SyncTimes, is_prepared};
use crate::topology::{Host, HostName, Swap, Topology, Version};

pub use clock::Clock;

/// What was found of one fact on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub host: HostName,
    /// Which fact, by the name that `--ignore` takes.
    pub fact: Fact,
    /// How bad it is.
    pub grade: Grade,
    pub found: String,
    /// How to fix it on the host, line by line; empty if it is ok.
    pub fix: Vec<String>,
    /// Whether it would be an error, but for `--ignore` or the inventory's `ignore_preflight_errors`.
    pub is_ignored: bool,
}

/// A fact that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Whether the host can be probed: its key, login, sudo.
    Access,
    Os,
    /// The kernel's version.
    Kernel,
    /// The processor's kind.
    Architecture,
    /// Which cgroups the host has.
    Cgroups,
    /// Whether the container runtime and kubelet leave cgroups to the same.
    CgroupDriver,
    Swap,
    KernelModules,
    /// Kernel settings.
    Sysctls,
    /// How many processors.
    Cpus,
    /// How much memory.
    Memory,
    /// Room on the disks.
    DiskSpace,
    /// How long etcd's disk takes to keep what it is given.
    DiskLatency,
    /// The clock, against those of the other hosts.
    Clock,
    /// Whether the clock is kept right.
    ClockSync,
    /// The host's own name, which no other may have.
    Hostname,
    /// Whether that name resolves on it.
    HostnameResolution,
    /// Its card's address, which no other may have.
    MacAddress,
    /// Its maker's number, which no other may have.
    ProductUuid,
    /// Ports that the cluster will need.
    Ports,
    ContainerRuntime,
    /// Whether what must start with the host does.
    Services,
    /// Programs that must be there.
    Programs,
    /// kubeadm, kubelet and kubectl against each other and the cluster.
    Versions,
    /// What another cluster has left.
    Leftovers,
    /// Who holds the package manager's lock.
    PackageLock,
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.name())
    }
}

impl Fact {
    /// The name that `--ignore` takes.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What one group of facts says of one host.
struct FactResult {
    fact: Fact,
    grade: Grade,
    found: String,
    fix: Vec<String>,
}

impl FactResult {
    fn ok(fact: Fact, found: impl Into<String>) -> Self {
        Self::graded(fact, Grade::Ok, found, [])
    }

    fn unknown(fact: Fact, why: impl Into<String>) -> Self {
        Self::graded(fact, Grade::Unknown, why, [])
    }

    fn warning<const N: usize>(fact: Fact, found: impl Into<String>, fix: [&str; N]) -> Self {
        Self::graded(fact, Grade::Warning, found, fix)
    }

    fn failed<const N: usize>(fact: Fact, found: impl Into<String>, fix: [&str; N]) -> Self {
        Self::graded(fact, Grade::Failed, found, fix)
    }

    fn graded<const N: usize>(fact: Fact, grade: Grade, found: impl Into<String>, fix: [&str; N]) -> Self {
        Self {
            fact,
            grade,
            found: found.into(),
            fix: fix.map(str::to_owned).to_vec(),
        }
    }

    /// On a host that will be prepared, what preparing fixes is ok.
    fn before_preparing(self, topology: &Topology) -> Self {
        let is_fixed = match self.fact {
            Fact::Swap => topology
                .preparation
                .as_ref()
                .is_some_and(|how| how.swap == Swap::Off),
            Fact::CgroupDriver
            | Fact::KernelModules
            | Fact::Programs
            | Fact::ContainerRuntime
            | Fact::Services
            | Fact::Sysctls
            | Fact::Versions => true,
            _ => false,
        };
        // Packages that are there stay.
        let stays = self.found.contains(external_etcd::NOT_REPLACED);
        if self.grade == Grade::Ok || !is_fixed || stays {
            return self;
        }
        Self::ok(self.fact, format!("{}; `prepare = true` fixes it", self.found))
    }

    /// Evaluates a known value; an unknown one gives an unknown fact.
    fn of<T>(fact: Fact, observed: &Observed<T>, evaluate: impl FnOnce(&T) -> Self) -> Self {
        match observed {
            Observed::Known(value) => evaluate(value),
            Observed::Unknown(why) => Self::unknown(fact, why.as_str()),
        }
    }
}

/// A host with all that is known of it.
struct At<'a> {
    scene: &'a Scene<'a>,
    host: &'a Host,
    facts: &'a HostFacts,
    preflight: &'a Preflight,
}

impl At<'_> {
    /// Whether its kubelet runs pods: of the cluster, or etcd's.
    fn runs_pods(&self) -> bool {
        self.scene.topology.runs_pods(self.host)
    }

    /// The kubeadm that runs there; before it is there, the one that is to come.
    fn kubeadm(&self) -> Version {
        self.facts.versions.kubeadm.unwrap_or(self.scene.topology.version)
    }

    fn kubelet(&self) -> Version {
        self.facts.versions.kubelet.unwrap_or(self.scene.topology.version)
    }
}

/// Everything that was asked of the hosts besides what a plan is made from.
#[derive(Debug, Default)]
pub struct Asked {
    /// What each host is, or why that is unknown.
    pub preflights: BTreeMap<HostName, Result<Preflight, String>>,
    /// How far each host's clock is from the workstation's.
    pub clocks: BTreeMap<HostName, Clock>,
    /// How long etcd's disks took; empty where that was not asked for.
    pub sync_times: BTreeMap<HostName, Observed<SyncTimes>>,
}

/// What was found of every fact on every host; errors of the facts in `ignored` become warnings.
pub fn findings(scene: &Scene, asked: &Asked, ignored: &BTreeSet<Fact>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for host in &scene.topology.hosts {
        let is_bare = scene
            .facts(&host.name)
            .is_some_and(|facts| is_prepared(scene.topology, host, facts));
        let mut add = |result: FactResult| {
            let result = if is_bare {
                result.before_preparing(scene.topology)
            } else {
                result
            };
            findings.push(ignoring::finding(scene, &host.name, result, ignored));
        };
        add(access::of(scene, asked, &host.name));
        let (Some(facts), Some(Ok(preflight))) = (scene.facts(&host.name), asked.preflights.get(&host.name))
        else {
            continue;
        };
        let at = At {
            scene,
            host,
            facts,
            preflight,
        };
        let groups = [system::of, settings::of, resources::of, identity::of];
        groups.into_iter().flat_map(|group| group(&at)).for_each(&mut add);
        resources::latency(&at, &asked.sync_times)
            .into_iter()
            .for_each(&mut add);
        clock::of(&at, &asked.clocks).into_iter().for_each(&mut add);
        identity::alone(&at, &asked.preflights)
            .into_iter()
            .for_each(&mut add);
        let groups = [ports::of, runtime::of, versions::of, leftovers::of, packages::of];
        groups.into_iter().flat_map(|group| group(&at)).for_each(&mut add);
    }
    findings
}
