//! `hawser render`: every file that hosts would receive, without asking them for anything.

use std::path::Path;

use super::arguments::RenderArguments;
use super::{Outcome, private_file, scope, workstation};
use crate::error::{ExitCode, Problem};
use crate::inventory::KeyFiles;
use crate::remote::files::{NOT_SHOWN, RenderedFile, every_file};
use crate::topology::{Host, Topology};

pub(super) fn run(arguments: &RenderArguments) -> Outcome {
    let topology = scope::load_with_templates(
        &arguments.inventory.path,
        &arguments.templates,
        KeyFiles::Unneeded,
    )?;
    let kubeadm = arguments.kubeadm.unwrap_or(topology.version);
    let mut pages = Vec::new();
    for host in wanted(&topology, &arguments.hosts)? {
        for file in every_file(&topology, host, kubeadm)? {
            pages.push((host, file));
        }
    }
    for (host, file) in &pages {
        match &arguments.out {
            Some(folder) => write(folder, host, file)?,
            None => workstation::print(&format!("{}\n{}\n", head(host, file), content(file))),
        }
    }
    Ok(ExitCode::Done)
}

/// The hosts that are named, or all of them, in the inventory's order.
pub(super) fn wanted<'a>(topology: &'a Topology, names: &[String]) -> Result<Vec<&'a Host>, Vec<Problem>> {
    let unknown = names
        .iter()
        .filter(|name| topology.hosts.iter().all(|host| host.name.0 != **name));
    let problems: Vec<Problem> = unknown
        .map(|name| Problem::Usage {
            message: format!("{name}: the inventory has no such host"),
            hint: "use the name of a host of the inventory".to_owned(),
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_wanted = |host: &&Host| names.is_empty() || names.contains(&host.name.0);
    Ok(topology.hosts.iter().filter(is_wanted).collect())
}

fn write(folder: &Path, host: &Host, file: &RenderedFile) -> Result<(), Problem> {
    let path = folder.join(&host.name.0).join(file.path.trim_start_matches('/'));
    private_file::write(&path, &content(file))?;
    workstation::print(&format!("{} {}\n", head(host, file), path.display()));
    Ok(())
}

fn head(host: &Host, file: &RenderedFile) -> String {
    format!("==> {} {} {} {:04o}", host.name, file.path, file.owner, file.mode)
}

/// What stands in it, as far as it may be shown.
fn content(file: &RenderedFile) -> String {
    if file.secret && !file.content.has_slots() {
        NOT_SHOWN.to_owned()
    } else {
        file.content.masked()
    }
}
