//! What a command is about: the inventory that it reads, and how much of the plan it wants.

use std::collections::BTreeSet;
use std::path::Path;

use super::arguments::{Scope, Templates};
use super::{saved, workstation};
use crate::error::Problem;
use crate::facts::Observation;
use crate::inventory::{self, KeyFiles};
use crate::plan::{Note, NoteLevel, Plan};
use crate::planner::{self, Allowance};
use crate::remote::files::every_file;
use crate::topology::{HostName, Topology};

/// Reads the inventory for a command that connects to its hosts, and prints its warnings.
pub(super) fn load(path: &Path) -> Result<Topology, Vec<Problem>> {
    load_for(path, KeyFiles::Required)
}

/// Reads the inventory (`inventory::load::load_with_key_files`), asking of the files that connections need what the
/// command needs of them.
pub(super) fn load_for(path: &Path, key_files: KeyFiles) -> Result<Topology, Vec<Problem>> {
    let loaded = inventory::load_with_key_files(path, console::colors_enabled_stderr().into(), key_files)?;
    for warning in &loaded.warnings {
        workstation::print_to_stderr(warning);
    }
    render_all(&loaded.topology)?;
    Ok(loaded.topology)
}

/// Reads the inventory, with the templates of the command line if it names any.
pub(super) fn load_with_templates(
    path: &Path,
    templates: &Templates,
    key_files: KeyFiles,
) -> Result<Topology, Vec<Problem>> {
    let mut topology = load_for(path, key_files)?;
    if let Some(folder) = &templates.folder {
        topology.templates = inventory::read_templates(folder)?;
        render_all(&topology)?;
    }
    Ok(topology)
}

/// Renders every file once, so that what is wrong with a user's template is reported before a host is
/// asked for anything.
fn render_all(topology: &Topology) -> Result<(), Vec<Problem>> {
    if topology.templates.are_own() {
        return Ok(());
    }
    let mut problems: Vec<Problem> = Vec::new();
    for host in &topology.hosts {
        match every_file(topology, host, topology.version) {
            Err(problem @ Problem::Template { .. }) if !problems.contains(&problem) => problems.push(problem),
            // What depends on the kubeadm of a host is reported when that is known.
            _ => {}
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// What a saved plan names leads to the same files from every folder.
pub(super) fn make_absolute(scope: &mut Scope) {
    scope.inventory.path = saved::absolute(&scope.inventory.path);
    scope.templates.folder = scope.templates.folder.as_deref().map(saved::absolute);
}

/// The inventory of a scope that goes with it.
pub(super) fn load_scope(scope: &Scope) -> Result<Topology, Vec<Problem>> {
    let topology = load_with_templates(&scope.inventory.path, &scope.templates, KeyFiles::Required)?;
    if scope.prepare_only {
        planner::may_only_prepare(&topology).map_err(|problem| vec![problem])?;
    }
    Ok(topology)
}

/// As much of a plan as is to be done now.
pub(super) fn narrowed(plan: Plan, scope: &Scope) -> Plan {
    if scope.prepare_only {
        planner::only_prepare(plan)
    } else {
        plan
    }
}

pub(super) fn allowance(scope: &Scope) -> Allowance {
    let limit: BTreeSet<HostName> = scope.limit.iter().map(|name| HostName(name.clone())).collect();
    Allowance {
        max_unreachable_workers: scope.max_unreachable_workers,
        limit,
        prepare_only: scope.prepare_only,
    }
}

/// The plan, with what the workstation has to say about itself.
pub(super) fn decide(
    topology: &Topology,
    observation: &Observation,
    allowance: &Allowance,
) -> Result<Plan, Vec<Problem>> {
    // Of the phases in `planner::phases`.
    let mut plan = planner::plan(topology, observation, allowance)?;
    if let Some(text) = workstation::kubectl_note(topology) {
        plan.notes.push(Note {
            level: NoteLevel::Info,
            text,
        });
    }
    Ok(plan)
}
