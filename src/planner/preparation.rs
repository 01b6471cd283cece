//! Bare hosts: what makes them ready, and what they are planned with afterwards.

mod packages;

use std::borrow::Cow;

use super::limit::is_within;
use super::notes::warning;
use super::{ALL_AT_ONCE, Allowance, Scene, chain_of, phase};
use crate::error::Problem;
use crate::facts::beforehand::named_sandbox;
use crate::facts::{HostFacts, Observation, Observed, PreparationFacts, is_in_use, is_prepared};
use crate::plan::{Phase, Plan, Step};
use crate::remote::files::RenderedFile;
use crate::remote::files::etcd::PROGRAM;
use crate::remote::files::preparation::{
    CONTAINERD, CONTAINERD_PROXY, OLD_SYSCTLS, SYSCTLS, is_own, preparation as files,
};
use crate::remote::host::Validator;
use crate::steps::preparation as steps;
use crate::topology::{Host, Preparation, Role, Swap, Topology};
use crate::values::Slot;

/// The hosts as they will be when they are prepared: what is installed then counts as installed now, so that everything
/// after the first phase is decided as for hosts that came prepared.
pub(super) fn as_prepared<'a>(
    topology: &Topology,
    observation: &'a Observation,
    allowance: &Allowance,
) -> Cow<'a, Observation> {
    let scene = Scene::new(topology, observation);
    let is_meant = |host: &Host| allowance.prepare_only || is_within(&allowance.limit, &host.name);
    let bare = scene
        .all_answered()
        .filter(|(host, facts)| is_meant(host) && is_prepared(topology, host, facts));
    let mut all = Cow::Borrowed(observation);
    for (host, _) in bare {
        if let Some(Ok(facts)) = all.to_mut().get_mut(&host.name) {
            install(topology, host, facts);
        }
    }
    all
}

fn install(topology: &Topology, host: &Host, facts: &mut HostFacts) {
    let versions = &mut facts.versions;
    if topology.runs_pods(host) {
        let version = Some(topology.version);
        if versions.kubeadm != version {
            facts.kubernetes.needed_images = Observed::Unknown("its kubeadm is not there yet".to_owned());
        }
        (versions.kubeadm, versions.kubelet, versions.kubectl) = (version, version, version);
    }
    if host.is(Role::Balancer) {
        let newest = || Some("that of the distribution".to_owned());
        versions.haproxy = versions.haproxy.take().or_else(newest);
        versions.keepalived = versions.keepalived.take().or_else(newest);
    }
    if let Some(etcd) = &mut facts.etcd {
        etcd.program = etcd.program.take().or_else(|| Some(PROGRAM.to_owned()));
        (etcd.has_user, etcd.has_etcdctl) = (true, true);
    }
}

/// Whether it is neither Debian nor Ubuntu, as far as that was asked.
pub(super) fn is_of_another_distribution(scene: &Scene, host: &Host) -> bool {
    let found = scene
        .facts(&host.name)
        .and_then(|facts| facts.preparation.as_ref());
    found.is_some_and(|found| !found.is_debians)
}

/// Why hawser does not prepare a host, where the inventory says that hosts are prepared.
pub(super) fn why_not(scene: &Scene, host: &Host) -> Option<String> {
    scene.topology.preparation.as_ref()?;
    let facts = scene.facts(&host.name)?;
    let found = facts.preparation.as_ref()?;
    Some(if !found.is_debians {
        format!(
            "it is {}: hawser prepares Debian and Ubuntu, and other hosts must come prepared",
            found.system
        )
    } else if is_in_use(host, facts) {
        "it is in use, and hawser prepares no host under what runs on it".to_owned()
    } else {
        "--limit leaves it out, so that it is not prepared in this run".to_owned()
    })
}

/// Prepares every host that is bare, all at once. `scene` has the hosts as they are.
pub(super) fn prepare(scene: &Scene) -> Result<Phase, Problem> {
    let mut chains = Vec::new();
    for (host, facts) in scene.all_answered() {
        if is_prepared(scene.topology, host, facts) {
            chains.push(chain_of(host, of_host(scene, host, facts)?));
        }
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(phase(PREPARE, ALL_AT_ONCE, chains))
}

/// The phase's name.
const PREPARE: &str = "prepare";

/// Whether there is something to prepare at all (`--prepare-only`); `Err` where the inventory's hosts come prepared.
pub fn may_only_prepare(topology: &Topology) -> Result<(), Problem> {
    if topology.preparation.is_some() {
        return Ok(());
    }
    Err(Problem::Usage {
        message: "--prepare-only: the inventory says nothing of preparing hosts".to_owned(),
        hint: "set `prepare = true` in it, or leave the option away".to_owned(),
    })
}

/// Of a plan what makes hosts ready (`--prepare-only`), and how much it leaves out.
pub fn only_prepare(mut plan: Plan) -> Plan {
    let of_all = plan.changes().count();
    plan.phases.retain(|phase| phase.name == PREPARE);
    plan.closing.clear();
    let left_out = of_all - plan.changes().count();
    if left_out > 0 {
        let what = if left_out == 1 {
            "1 change that comes after".to_owned()
        } else {
            format!("{left_out} changes that come after")
        };
        plan.notes.push(warning(format!(
            "--prepare-only leaves out {what}; `hawser apply` goes on"
        )));
    }
    plan
}

/// What differs on hosts that are in use, and is left as it is.
pub(super) fn left_alone(scene: &Scene) -> Vec<String> {
    let in_use = scene
        .all_answered()
        .filter(|(host, facts)| is_in_use(host, facts));
    let told = in_use.filter_map(|(host, facts)| {
        let steps = of_host(scene, host, facts).unwrap_or_default();
        let what: Vec<&str> = steps.iter().map(|step| step.describe.as_ref()).collect();
        (!what.is_empty()).then(|| {
            format!(
                "{} is in use, so its preparation is not brought up to the inventory: {}",
                host.name,
                what.join("; ")
            )
        })
    });
    told.collect()
}

fn of_host(scene: &Scene, host: &Host, facts: &HostFacts) -> Result<Vec<Step>, Problem> {
    let topology = scene.topology;
    let (Some(preparation), Some(found)) = (&topology.preparation, &facts.preparation) else {
        return Ok(Vec::new());
    };
    let all = files(topology, host)?;
    let (for_apt, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|file| file.path.starts_with("/etc/apt/"));
    let (for_containerd, plain): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|file| [CONTAINERD, CONTAINERD_PROXY].contains(&file.path.as_str()));
    let write = |file: &RenderedFile| steps::write(&host.name, file, scene.file(&host.name, &file.path));
    let mut all: Vec<Step> = for_apt.iter().filter_map(write).collect();
    all.extend(packages::install(topology, preparation, host, found)?);
    all.extend(plain.iter().filter_map(write));
    if topology.runs_pods(host) {
        let old = scene.file(&host.name, OLD_SYSCTLS);
        all.extend(
            old.filter(|old| is_own(&old.content))
                .map(|_| steps::remove_old_sysctls(&host.name, OLD_SYSCTLS)),
        );
        all.extend(kernel(host, preparation, found));
        let for_containerd = with_sandbox(topology, host, facts, for_containerd);
        if for_containerd.iter().any(|file| file.content.has_slots()) {
            let repository = &topology.image_repository;
            all.push(steps::read_sandbox_image(
                &host.name,
                topology.version,
                repository,
            ));
        }
        all.extend(for_containerd.iter().filter_map(|file| {
            let validator = if file.path == CONTAINERD {
                Validator::Containerd
            } else {
                Validator::None
            };
            steps::write_for_containerd(&host.name, file, scene.file(&host.name, &file.path), validator)
        }));
        all.extend(services(host, facts));
    }
    Ok(all)
}

/// Names the sandbox image, as far as the host's kubeadm has told it. A host that is in use keeps what its containerd runs
/// with where nobody can tell another.
fn with_sandbox(
    topology: &Topology,
    host: &Host,
    facts: &HostFacts,
    files: Vec<RenderedFile>,
) -> Vec<RenderedFile> {
    let in_use = is_in_use(host, facts);
    let kept = facts.kubernetes.sandbox_image.known().filter(|_| in_use);
    let image = named_sandbox(topology, facts).or(kept.map(String::as_str));
    let named = files.into_iter().map(|file| RenderedFile {
        content: match image {
            Some(image) => file.content.with(Slot::SandboxImage, image),
            None => file.content,
        },
        ..file
    });
    named
        .filter(|file| !(in_use && file.content.has_slots()))
        .collect()
}

fn kernel(host: &Host, preparation: &Preparation, found: &PreparationFacts) -> Vec<Step> {
    let mut all = Vec::new();
    if preparation
        .modules
        .iter()
        .any(|name| !found.modules.contains(name))
    {
        all.push(steps::load_modules(&host.name, &preparation.modules));
    }
    let differs = |(name, value): (&String, &String)| {
        let value: Vec<&str> = value.split_whitespace().collect();
        found.sysctls.get(name) != Some(&value.join(" "))
    };
    if preparation.sysctls.iter().any(differs) {
        all.push(steps::apply_sysctls(&host.name, SYSCTLS, preparation));
    }
    if preparation.swap == Swap::Off && !found.swap.is_empty() {
        all.push(steps::turn_swap_off(&host.name, &found.swap));
    }
    all
}

fn services(host: &Host, facts: &HostFacts) -> Vec<Step> {
    let unit = |name: &str| facts.units.get(name).copied().unwrap_or_default();
    let containerd = unit("containerd");
    let starts = !(containerd.active && containerd.enabled);
    let mut all: Vec<Step> = starts
        .then(|| steps::start_containerd(&host.name))
        .into_iter()
        .collect();
    all.extend((!unit("kubelet").enabled).then(|| steps::enable_kubelet(&host.name)));
    all
}
