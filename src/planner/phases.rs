//! The phases of a run, from the first to the last: the table of contents of a plan.

use std::collections::BTreeSet;

use super::assessment::assess;
use super::inputs::{Allowance, Inputs};
use super::situation::Situation;
use super::{balancers, control_planes, etcd, hosts, images, joins, labels, locks, notes, preparation};
use crate::error::Problem;
use crate::facts::Observation;
use crate::plan::{Chain, Cleanup, Lane, Phase, PhaseName, Plan, Step};
use crate::remote::credentials;
use crate::topology::{HostName, Topology, is_run_file};

/// Every phase, in the order of a run; what a situation does not need has no chains. `docs/architecture.md` says of
/// each what it does.
const PHASES: &[PhaseEntry] = &[
    all(PhaseName::Prepare, preparation::prepare_hosts),
    all(PhaseName::Files, hosts::write_files),
    all(PhaseName::Balancers, balancers::set_up).beyond_limit(),
    all(PhaseName::EndpointPath, hosts::check_paths),
    all(PhaseName::Images, images::load_images),
    one(PhaseName::EtcdAuthority, etcd::read_authority),
    all(PhaseName::EtcdCertificates, etcd::issue_certificates),
    all(PhaseName::EtcdMembers, etcd::start_members),
    one(PhaseName::EtcdLeader, etcd::await_leader),
    one(PhaseName::EtcdScaleUp, etcd::add_members),
    all(PhaseName::EtcdClientRenewal, etcd::renew_client_certificates),
    one(PhaseName::EtcdClient, etcd::issue_first_client_certificate),
    one(PhaseName::Init, control_planes::initialise),
    one(PhaseName::PodNetwork, control_planes::install_pod_network),
    one(PhaseName::FirstControlPlane, control_planes::await_first),
    one(PhaseName::KubeadmConfig, etcd::update_kubeadm_config),
    all(PhaseName::Restart, joins::restart),
    one(PhaseName::Credentials, joins::prepare_credentials).beyond_limit(),
    one(PhaseName::Removal, joins::remove_failed),
    one(PhaseName::JoinSecond, joins::join_second),
    // Whatever is within the limit, the first node comes before what joins.
    one(PhaseName::FirstNode, control_planes::await_first_node).beyond_limit(),
    lanes(PhaseName::Join, joins::join),
    workers(PhaseName::Labels, labels::set_labels),
    all(PhaseName::BalancerReload, balancers::reload).beyond_limit(),
    one(PhaseName::ApiServers, etcd::update_api_servers).beyond_limit(),
];

pub fn phase_names() -> impl Iterator<Item = PhaseName> {
    PHASES.iter().map(|entry| entry.name)
}

/// Decides everything that will be done; `Err` holds every reason at once.
pub fn plan(
    topology: &Topology,
    observation: &Observation,
    allowance: &Allowance,
) -> Result<Plan, Vec<Problem>> {
    let as_found = Inputs {
        topology,
        observation,
        allowance,
    };
    let prepared = preparation::as_prepared(&as_found);
    let as_prepared = Inputs {
        observation: &prepared,
        ..as_found
    };
    let situation = assess(as_found, as_prepared)?;
    let mut left_out = situation.nodes.left_out.clone();
    let mut phases = Vec::new();
    for entry in PHASES {
        phases.push(entry.phase(&situation, &mut left_out)?);
    }
    phases.retain(|phase| phase.steps().next().is_some());
    left_out.extend(balancers::left_out(&situation)?);
    if !allowance.prepare_only && !phases.is_empty() {
        refuse_left_out_init(&situation)?;
    }
    let mut plan = Plan {
        cluster: topology.cluster.clone(),
        phases,
        cleanup: Vec::new(),
        notes: notes::gather(&situation, &left_out),
    };
    plan.cleanup = cleanup(&situation, &plan);
    Ok(plan)
}

type MakeChains = fn(&Situation<'_>) -> Result<Vec<Chain>, Problem>;

struct PhaseEntry {
    name: PhaseName,
    work: Work,
    scope: Scope,
}

enum Work {
    Chains(AtOnce, MakeChains),
    Lanes(fn(&Situation<'_>) -> Result<Vec<Lane>, Problem>),
}

#[derive(Clone, Copy)]
enum AtOnce {
    One,
    /// As many as the inventory has workers join at once.
    Workers,
    /// As many hosts as there are: what they do costs the workstation next to nothing.
    All,
}

/// Which chains `--limit` leaves of a phase.
#[derive(PartialEq, Eq)]
enum Scope {
    /// Those about hosts that may be changed.
    WithinLimit,
    /// All: what the joins need on other hosts, each function sees to that itself.
    BeyondLimit,
}

const fn entry(name: PhaseName, work: Work) -> PhaseEntry {
    PhaseEntry {
        name,
        work,
        scope: Scope::WithinLimit,
    }
}

const fn one(name: PhaseName, chains: MakeChains) -> PhaseEntry {
    entry(name, Work::Chains(AtOnce::One, chains))
}

const fn workers(name: PhaseName, chains: MakeChains) -> PhaseEntry {
    entry(name, Work::Chains(AtOnce::Workers, chains))
}

const fn all(name: PhaseName, chains: MakeChains) -> PhaseEntry {
    entry(name, Work::Chains(AtOnce::All, chains))
}

const fn lanes(name: PhaseName, lanes: fn(&Situation<'_>) -> Result<Vec<Lane>, Problem>) -> PhaseEntry {
    entry(name, Work::Lanes(lanes))
}

impl PhaseEntry {
    const fn beyond_limit(self) -> Self {
        Self {
            scope: Scope::BeyondLimit,
            ..self
        }
    }

    /// The phase in a situation; hosts of chains that the limit leaves out are added to `left_out`.
    fn phase(&self, situation: &Situation, left_out: &mut BTreeSet<HostName>) -> Result<Phase, Problem> {
        let mut lanes = match &self.work {
            Work::Lanes(lanes) => lanes(situation)?,
            Work::Chains(at_once, chains) => vec![Lane {
                width: at_once.width(situation),
                chains: chains(situation)?,
            }],
        };
        if self.scope == Scope::WithinLimit {
            let changes = |chain: &Chain| chain.steps.iter().any(|step| step.change().is_some());
            for chain in lanes.iter().flat_map(|lane| &lane.chains) {
                if !situation.may_change(&chain.subject) && changes(chain) {
                    left_out.insert(chain.subject.clone());
                }
            }
            for lane in &mut lanes {
                lane.chains.retain(|chain| situation.may_change(&chain.subject));
            }
        }
        Ok(Phase {
            name: self.name,
            lanes,
        })
    }
}

impl AtOnce {
    fn width(self, situation: &Situation) -> usize {
        match self {
            AtOnce::One => 1,
            AtOnce::Workers => situation.topology.workers_at_once,
            AtOnce::All => usize::MAX,
        }
    }
}

/// Nothing can join what is kept from being initialised.
fn refuse_left_out_init(situation: &Situation) -> Result<(), Vec<Problem>> {
    let host = &situation.cluster.reference_node().name;
    if !situation.cluster.is_to_be_initialised() || situation.may_change(host) {
        return Ok(());
    }
    Err(vec![Problem::Usage {
        message: format!("--limit leaves out {host}, which must be initialised before other hosts can join"),
        hint: format!("add `--limit {host}`"),
    }])
}

/// What is done at the end whatever happens: the run's secrets go.
fn cleanup(situation: &Situation, plan: &Plan) -> Vec<Cleanup> {
    let via = &situation.cluster.reference_node().name;
    let deletes =
        locks::creates_secrets(plan).then(|| credentials::delete(via, situation.topology.certificates));
    let writes_run_file = |step: &&Step| step.files().iter().any(|file| is_run_file(&file.path));
    let written: BTreeSet<&HostName> = plan
        .steps()
        .filter(writes_run_file)
        .map(|step| &step.host)
        .collect();
    let hosts = situation.topology.hosts.iter().map(|host| &host.name);
    let clears = hosts
        .filter(|host| written.contains(host))
        .map(credentials::clear_run_files);
    deletes.into_iter().chain(clears).collect()
}
