//! From the inventory as meant and the hosts as found to a plan, or to every reason why there is none.
//!
//! Pure: what it decides can be tested without a host. [`plan`] reads as the table of contents of a run.

mod balancers;
mod built;
mod certificates;
mod cluster;
mod control_planes;
mod decision;
mod etcd;
mod hosts;
mod images;
mod join_command;
mod joins;
mod kubeadm;
mod labels;
mod limit;
mod no_quorum;
mod notes;
mod preparation;
mod quorum;
mod refusals;
mod relay;
mod serving;
mod versions;
mod ways;

use std::collections::BTreeSet;

use crate::error::Problem;
use crate::facts::{FileFact, HostFacts, Observation};
use crate::plan::{Chain, Lane, Necessity, Phase, Plan, Step};
use crate::steps::secrets;
use crate::topology::{Host, HostName, Role, Topology, Version};
use limit::{Limit, is_within};

pub use built::built;
pub use cluster::Cluster;
pub use images::push as push_images;
pub use join_command::{Invitation, invite, may_invite};
pub use preparation::{may_only_prepare, only_prepare};

/// What the operator allows.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    /// How many workers may be unreachable or fail (`--max-unreachable-workers`).
    pub max_unreachable_workers: usize,
    /// Only these hosts are changed (`--limit`); all are observed and counted.
    pub limit: BTreeSet<HostName>,
    /// Of the plan [`only_prepare`] leaves what makes hosts ready (`--prepare-only`): that others are not does not matter.
    pub prepare_only: bool,
}

/// Decides everything that will be done; `Err` holds every reason at once.
pub fn plan(
    topology: &Topology,
    observation: &Observation,
    allowance: &Allowance,
) -> Result<Plan, Vec<Problem>> {
    let as_found = Scene::new(topology, observation);
    let prepared = preparation::as_prepared(topology, observation, allowance);
    let scene = Scene::new(topology, &prepared);
    refusals::check(&scene, allowance)?;
    versions::check(&scene)?;
    let etcd = etcd::decide(&scene, &allowance.limit)?;
    if !allowance.prepare_only {
        etcd.is_within(&allowance.limit)?;
    }
    let cluster = cluster::recognise(&scene)?;
    etcd::holds_a_cluster(&scene, &cluster)?;
    let mut limit = Limit::to(&allowance.limit);
    let joins = decision::decide(&scene, &cluster, &mut limit)?;
    let growth = etcd::stacked::Growth::new(&scene, &cluster, &joins);
    if let Some(problem) = growth.as_ref().and_then(etcd::stacked::Growth::refused) {
        return Err(problem.into());
    }

    let mut phases = vec![limit.narrowed(preparation::prepare(&as_found)?)];
    phases.push(limit.narrowed(hosts::files(&scene)?));
    phases.push(balancers::set_up(&scene, &cluster, &joins, &mut limit)?);
    let mut narrowed = |phase| limit.narrowed(phase);
    if cluster.is_to_be_initialised() {
        phases.push(narrowed(hosts::prove_paths(&scene)));
    }
    phases.push(narrowed(images::images(
        &scene,
        &cluster,
        &joins,
        &etcd,
        &allowance.limit,
    )));
    phases.extend(
        etcd::phases(&scene, &cluster, &etcd, &allowance.limit)?
            .into_iter()
            .map(&mut narrowed),
    );
    phases.extend(control_planes::init(&scene, &cluster)?.map(&mut narrowed));
    phases.extend(
        control_planes::pod_network(&scene, &cluster)
            .into_iter()
            .map(&mut narrowed),
    );
    phases.push(narrowed(etcd::kubeadm_config(&scene, &cluster, &etcd)));
    phases.extend(joins::phases(&scene, &cluster, &joins, growth.as_ref())?);
    phases.push(limit.narrowed(labels::set(&scene, &cluster, &joins)));
    phases.push(balancers::settle(&scene, &cluster, &joins)?);
    phases.push(etcd::api_servers(
        &scene,
        &cluster,
        (&etcd, &joins),
        &allowance.limit,
    ));
    phases.retain(|phase| phase.steps().next().is_some());
    if !allowance.prepare_only {
        limit.holds_init(&cluster, &phases)?;
    }

    let mut plan = Plan {
        cluster: topology.cluster.clone(),
        phases,
        closing: Vec::new(),
        notes: notes::gather(&scene, &cluster, (&etcd, &joins), (allowance, &limit)),
    };
    plan.notes
        .extend(growth.as_ref().map(etcd::stacked::Growth::note));
    plan.closing = closing(&scene, &plan);
    Ok(plan)
}

/// Inventory and observation side by side.
pub(crate) struct Scene<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) observation: &'a Observation,
}

impl<'a> Scene<'a> {
    fn new(topology: &'a Topology, observation: &'a Observation) -> Self {
        Self {
            topology,
            observation,
        }
    }

    /// A host as found, if it answered.
    pub(crate) fn facts(&self, host: &HostName) -> Option<&'a HostFacts> {
        self.observation.get(host).and_then(|found| found.as_ref().ok())
    }

    /// A file as found; `refusals` has seen to it that every file that was asked for could be read.
    pub(crate) fn file(&self, host: &HostName, path: &str) -> Option<&'a FileFact> {
        self.facts(host)?.files.get(path)?.known()
    }

    /// The hosts of a role that answered, with what was found.
    pub(crate) fn answered(&self, role: Role) -> impl Iterator<Item = (&'a Host, &'a HostFacts)> {
        self.topology
            .with_role(role)
            .filter_map(|host| Some((host, self.facts(&host.name)?)))
    }

    /// All hosts that answered, with what was found.
    pub(crate) fn all_answered(&self) -> impl Iterator<Item = (&'a Host, &'a HostFacts)> {
        self.topology
            .hosts
            .iter()
            .filter_map(|host| Some((host, self.facts(&host.name)?)))
    }

    /// `https://address:port` of a control plane's own API server.
    pub(crate) fn server(&self, host: &Host) -> String {
        match host.address {
            std::net::IpAddr::V4(address) => format!("https://{address}:{}", self.topology.api_port),
            std::net::IpAddr::V6(address) => format!("https://[{address}]:{}", self.topology.api_port),
        }
    }

    /// The kubeadm of a host; `versions` has seen to it that nodes have one.
    pub(crate) fn kubeadm(&self, host: &HostName) -> Version {
        self.facts(host)
            .and_then(|facts| facts.versions.kubeadm)
            .unwrap_or(self.topology.version)
    }
}

/// A phase of one lane.
pub(crate) fn phase(name: &'static str, width: usize, chains: Vec<Chain>) -> Phase {
    Phase {
        name: name.into(),
        lanes: vec![Lane { width, chains }],
    }
}

/// A chain that the run cannot do without.
pub(crate) fn chain(subject: &HostName, steps: Vec<Step>) -> Chain {
    Chain {
        subject: subject.clone(),
        necessity: Necessity::Required,
        steps,
    }
}

/// A chain about what a host itself is or has: the run can do without a host that is a worker and nothing else.
pub(crate) fn chain_of(host: &Host, steps: Vec<Step>) -> Chain {
    Chain {
        necessity: necessity(host),
        ..chain(&host.name, steps)
    }
}

pub(crate) fn necessity(host: &Host) -> Necessity {
    if host.roles.iter().all(|role| *role == Role::Worker) {
        Necessity::MayLag
    } else {
        Necessity::Required
    }
}

/// As many hosts at once as there are: what they do costs the workstation next to nothing.
pub(crate) const ALL_AT_ONCE: usize = usize::MAX;

/// What is done at the end whatever happens: the run's secrets go.
fn closing(scene: &Scene, plan: &Plan) -> Vec<Step> {
    let makes_secrets = plan.steps().find(|step| {
        step.id.0.ends_with("/init")
            || step.id.0.ends_with("/create-token")
            || step.id.0.ends_with("/upload-certificates")
    });
    let mut steps: Vec<Step> = makes_secrets
        .map(|step| secrets::delete(&step.host, scene.topology.certificates))
        .into_iter()
        .collect();
    let touched: BTreeSet<&HostName> = plan
        .steps()
        .filter(|step| {
            step.files
                .iter()
                .any(|file| file.path.starts_with("/run/hawser/"))
        })
        .map(|step| &step.host)
        .collect();
    let known = |host: &&Host| touched.contains(&host.name);
    steps.extend(
        scene
            .topology
            .hosts
            .iter()
            .filter(known)
            .map(|host| secrets::clear_run_files(&host.name)),
    );
    steps
}
