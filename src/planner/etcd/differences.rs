//! How members that run differ from what the inventory says of them. Nothing is done about it: it takes a restart, and
//! that is the operator's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::member::runner_files;
use super::state::EtcdState;
use crate::error::Problem;
use crate::planner::host_names::in_a_row;
use crate::planner::inputs::Inputs;
use crate::remote::files::etcd::{Beginning, MANIFEST, is_of_the_beginning, standing_flags};
use crate::topology::{EtcdManager, Host, HostName, Role};

/// What differs, hosts with the same difference in one line, and how it is taken up.
pub(super) fn note(state: &EtcdState) -> Option<String> {
    let inputs = &state.inputs;
    let mut differences: BTreeMap<String, Vec<&HostName>> = BTreeMap::new();
    for host in state
        .hosts
        .iter()
        .filter(|etcd| etcd.answers())
        .map(|etcd| etcd.host)
    {
        let found = of_host(inputs, host).unwrap_or_else(|problem| vec![problem.headline()]);
        for difference in found {
            differences.entry(difference).or_default().push(&host.name);
        }
    }
    if differences.is_empty() {
        return None;
    }
    let lines = differences
        .iter()
        .map(|(difference, hosts)| format!("{}: {difference}\n", in_a_row(hosts.iter().copied())));
    let stop = match inputs.topology.external_etcd.manager {
        EtcdManager::Kubelet => format!("rm {MANIFEST}"),
        EtcdManager::Systemd => "systemctl stop etcd".to_owned(),
    };
    Some(format!(
        "not applied to etcd members that run:\n{}to apply it, one host at a time: run `{stop}` there, then \
         `hawser apply`",
        lines.collect::<String>()
    ))
}

fn of_host(inputs: &Inputs, host: &Host) -> Result<Vec<String>, Problem> {
    let mut found = Vec::new();
    let beginning = Beginning::together(inputs.topology.with_role(Role::Etcd));
    for file in runner_files(inputs, host, &beginning)? {
        let text = inputs
            .file(&host.name, &file.path)
            .map(|file| file.text().unwrap_or_default());
        found.extend(difference(
            &file.path,
            &lines(&file.content.masked()),
            text.map(lines).as_ref(),
        ));
    }
    if inputs.topology.external_etcd.manager == EtcdManager::Kubelet {
        found.extend(of_pod(inputs, host));
    }
    Ok(found)
}

/// What counts of a file: without comments, and without what a member only begins with.
fn lines(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(|line| line.trim_end_matches('\\').trim());
    let counts = |line: &&str| !line.is_empty() && !line.starts_with('#') && !is_of_the_beginning(line);
    lines.filter(counts).map(str::to_owned).collect()
}

/// kubeadm has written the pod, with flags of its own: only what the inventory sets counts, and what a patch speaks of
/// is the patch's.
fn of_pod(inputs: &Inputs, host: &Host) -> Option<String> {
    let manifest = inputs.file(&host.name, MANIFEST)?;
    let there: BTreeSet<String> = flags(manifest.text()?)?.into_iter().collect();
    let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
    let is_patched = |flag: &String| {
        let mut patches = inputs.topology.kubeadm.patches.iter();
        patches.any(|patch| patch.target == "etcd" && patch.content.contains(name(flag).as_str()))
    };
    let wanted: BTreeSet<String> = standing_flags(inputs.topology, host)
        .into_iter()
        .filter(|flag| !is_patched(flag))
        .collect();
    let names: BTreeSet<String> = wanted.iter().map(|flag| name(flag)).collect();
    let there = there.into_iter().filter(|flag| names.contains(&name(flag)));
    difference(MANIFEST, &wanted, Some(&there.collect()))
}

/// The words behind the program in a static pod's container.
fn flags(manifest: &str) -> Option<Vec<String>> {
    let pod: Value = serde_norway::from_str(manifest).ok()?;
    let command = pod.pointer("/spec/containers/0/command")?.as_array()?;
    let words = command.iter().filter_map(Value::as_str);
    Some(words.map(str::to_owned).collect())
}

fn difference(path: &str, wanted: &BTreeSet<String>, there: Option<&BTreeSet<String>>) -> Option<String> {
    let Some(there) = there else {
        return Some(format!("{path} is not there"));
    };
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>, whose: &str| {
        let lines: Vec<&str> = these.difference(those).map(String::as_str).collect();
        (!lines.is_empty()).then(|| format!("{} only {whose}", lines.join(", ")))
    };
    let sides = [
        only(wanted, there, "in the inventory"),
        only(there, wanted, "on the host"),
    ];
    let sides: Vec<String> = sides.into_iter().flatten().collect();
    (!sides.is_empty()).then(|| format!("{path}: {}", sides.join("; ")))
}
