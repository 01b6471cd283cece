//! Bare hosts: what makes them ready, and what they are planned with afterwards.

mod packages;

use std::borrow::Cow;

use super::chains::chain_of;
use super::foreign_files;
use super::inputs::Inputs;
use super::situation::Situation;
use crate::error::Problem;
use crate::facts::beforehand::named_sandbox;
use crate::facts::{HostFacts, Observation, Observed, PreparationFacts, is_in_use, is_prepared};
use crate::plan::{Chain, Note, PhaseName, Plan, Step};
use crate::remote::files::RenderedFile;
use crate::remote::files::etcd::PROGRAM;
use crate::remote::files::preparation::{OLD_SYSCTLS, PreparationFiles, SYSCTLS, is_own};
use crate::remote::host_files::Validator;
use crate::remote::preparation as steps;
use crate::topology::{Host, Preparation, Role, Swap, Topology};
use crate::values::Slot;

/// The hosts as they will be when they are prepared: what is installed then counts as installed now, so that everything
/// after the first phase is decided as for hosts that came prepared.
pub(super) fn as_prepared<'a>(as_found: &Inputs<'a>) -> Cow<'a, Observation> {
    let topology = as_found.topology;
    let is_meant = |host: &Host| as_found.allowance.prepare_only || as_found.may_change(&host.name);
    let bare = as_found
        .all_answered()
        .filter(|(host, facts)| is_meant(host) && is_prepared(topology, host, facts));
    let mut all = Cow::Borrowed(as_found.observation);
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
            facts.kubernetes.needed_images = Observed::Unknown("its kubeadm is not installed yet".to_owned());
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
pub(super) fn is_of_another_distribution(inputs: &Inputs, host: &Host) -> bool {
    let found = inputs
        .facts(&host.name)
        .and_then(|facts| facts.preparation.as_ref());
    found.is_some_and(|found| !found.is_debians)
}

/// Why hawser does not prepare a host, where the inventory says that hosts are prepared.
pub(super) fn why_not(inputs: &Inputs, host: &Host) -> Option<String> {
    inputs.topology.preparation.as_ref()?;
    let facts = inputs.facts(&host.name)?;
    let found = facts.preparation.as_ref()?;
    Some(if !found.is_debians {
        format!(
            "it is {}: hawser prepares only Debian and Ubuntu; prepare other hosts yourself",
            found.system
        )
    } else if is_in_use(host, facts) {
        "it is in use, and hawser prepares no host while it is in use".to_owned()
    } else {
        "--limit leaves it out, so this run does not prepare it".to_owned()
    })
}

pub(super) fn prepare_hosts(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let as_found = &situation.as_found;
    let mut chains = Vec::new();
    for (host, facts) in as_found.all_answered() {
        if is_prepared(as_found.topology, host, facts) {
            chains.push(chain_of(host, preparation_steps(as_found, host, facts)?));
        }
    }
    chains.retain(|chain| !chain.steps.is_empty());
    Ok(chains)
}

/// Whether there is something to prepare at all (`--prepare-only`); `Err` where the inventory's hosts come prepared.
pub fn may_only_prepare(topology: &Topology) -> Result<(), Problem> {
    if topology.preparation.is_some() {
        return Ok(());
    }
    Err(Problem::Usage {
        message: "--prepare-only: the inventory does not set `prepare`".to_owned(),
        hint: "set `prepare = true` in it, or leave the option out".to_owned(),
    })
}

/// Of a plan what makes hosts ready (`--prepare-only`), and how much it leaves out.
pub fn only_prepare(mut plan: Plan) -> Plan {
    let of_all = plan.changes().count();
    plan.phases.retain(|phase| phase.name == PhaseName::Prepare);
    plan.cleanup.clear();
    let left_out = of_all - plan.changes().count();
    if left_out > 0 {
        let what = if left_out == 1 {
            "1 later change".to_owned()
        } else {
            format!("{left_out} later changes")
        };
        plan.notes.push(Note::warning(format!(
            "--prepare-only leaves out {what}; `hawser apply` continues"
        )));
    }
    plan
}

/// Whether a file of hawser's has nothing but its first line and settings that the inventory makes elsewhere.
fn holds_no_more(text: &str, preparation: &Preparation) -> bool {
    let is_known = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(name, _)| preparation.sysctls.contains_key(name))
    };
    is_own(text) && text.lines().skip(1).all(is_known)
}

/// Kernel settings under their old name to which somebody has added.
pub(super) fn added_to(inputs: &Inputs) -> Vec<String> {
    let Some(preparation) = &inputs.topology.preparation else {
        return Vec::new();
    };
    let is_added_to = |host: &Host| {
        let text = inputs.file(&host.name, OLD_SYSCTLS).and_then(|file| file.text());
        text.is_some_and(|text| is_own(text) && !holds_no_more(text, preparation))
    };
    let hosts = inputs.all_answered().filter(|(host, _)| is_added_to(host));
    hosts
        .map(|(host, _)| {
            format!(
                "{}: {OLD_SYSCTLS}, which an earlier hawser wrote, has lines that the inventory does not have, and stays; the settings of the inventory override it",
                host.name
            )
        })
        .collect()
}

/// What differs on hosts that are in use, and is left as it is.
pub(super) fn left_alone(inputs: &Inputs) -> Vec<String> {
    let in_use = inputs
        .all_answered()
        .filter(|(host, facts)| is_in_use(host, facts));
    let notes = in_use.filter_map(|(host, facts)| {
        let steps = preparation_steps(inputs, host, facts).unwrap_or_default();
        let what: Vec<&str> = steps.iter().map(|step| step.title.as_ref()).collect();
        (!what.is_empty()).then(|| {
            format!(
                "{} is in use, so these differences are not applied: {}",
                host.name,
                what.join("; ")
            )
        })
    });
    notes.collect()
}

fn preparation_steps(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Result<Vec<Step>, Problem> {
    let topology = inputs.topology;
    let (Some(preparation), Some(found)) = (&topology.preparation, &facts.preparation) else {
        return Ok(Vec::new());
    };
    let files = PreparationFiles::of(topology, host)?;
    let write = |file: &RenderedFile| steps::write(&host.name, file, inputs.file(&host.name, &file.path));
    let mut all: Vec<Step> = files.apt.iter().filter_map(write).collect();
    all.extend(packages::install(topology, preparation, host, found)?);
    all.extend(files.others.iter().filter_map(write));
    if topology.runs_pods(host) {
        let old = inputs.file(&host.name, OLD_SYSCTLS);
        all.extend(
            old.filter(|old| old.text().is_some_and(|text| holds_no_more(text, preparation)))
                .map(|old| steps::remove_old_sysctls(&host.name, OLD_SYSCTLS, &old.sha256)),
        );
        all.extend(kernel(host, preparation, found));
        let containerd = files.containerd;
        let containerd = containerd.and_then(|file| with_sandbox(topology, host, facts, file));
        if containerd.as_ref().is_some_and(|file| file.content.has_slots()) {
            let (version, repository) = (topology.version, &topology.image_repository);
            all.push(steps::read_sandbox_image(&host.name, version, repository));
        }
        let put = |file: &RenderedFile, validator| {
            let found = foreign_files::find(inputs, host, &file.path);
            steps::write_for_containerd(&host.name, file, &found, validator)
        };
        let proxy = files.containerd_proxy;
        all.extend(proxy.and_then(|file| put(&file, Validator::None)));
        all.extend(containerd.and_then(|file| put(&file, Validator::Containerd)));
        all.extend(services(host, facts));
    }
    Ok(all)
}

/// Names the sandbox image, as far as the host's kubeadm has told it. A host that is in use keeps what its containerd
/// runs with where nobody can tell another.
fn with_sandbox(
    topology: &Topology,
    host: &Host,
    facts: &HostFacts,
    file: RenderedFile,
) -> Option<RenderedFile> {
    let in_use = is_in_use(host, facts);
    let kept = facts.kubernetes.sandbox_image.known().filter(|_| in_use);
    let image = named_sandbox(topology, facts).or(kept.map(String::as_str));
    let content = match image {
        Some(image) => file.content.with(Slot::SandboxImage, image),
        None => file.content,
    };
    let stays = in_use && content.has_slots();
    (!stays).then_some(RenderedFile { content, ..file })
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
