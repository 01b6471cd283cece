//! Files that hawser writes whole, where somebody else's stand: refused, unless the inventory lets it take them over.

use super::inputs::Inputs;
use super::network_interface::network_interface;
use crate::error::Problem;
use crate::facts::{FileFact, HostFacts, is_prepared};
use crate::remote::files::preparation::CONTAINERD;
use crate::remote::files::{self, HAPROXY, KEEPALIVED, Owner};
use crate::remote::host_files::Found;
use crate::topology::{Host, Role};

/// A file as found, and whether it is somebody else's that is taken over.
pub(super) fn find<'a>(inputs: &Inputs<'a>, host: &Host, path: &str) -> Found<'a> {
    let file = inputs.file(&host.name, path);
    Found {
        file,
        is_foreign: file.is_some_and(|file| foreign_owner(inputs, host, path, file).is_some()),
    }
}

/// Every file that is somebody else's, would be replaced, and may not be.
pub(super) fn refuse_foreign_files(inputs: &Inputs) -> Vec<Problem> {
    let hosts = inputs.all_answered();
    let written = hosts.flat_map(|(host, facts)| {
        let paths = written_paths(inputs, host, facts);
        paths.into_iter().map(move |path| (host, path))
    });
    let may_not = |host: &Host, path: &str| !host.take_over.contains(path);
    let foreign = written.filter(|(host, path)| may_not(host, path));
    foreign
        .filter_map(|(host, path)| {
            let file = inputs.file(&host.name, path)?;
            Some(refusal(host, path, foreign_owner(inputs, host, path, file)?))
        })
        .collect()
}

/// Which of them this run may write on a host. Balancers are told of every control plane, whatever the limit.
fn written_paths(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Vec<&'static str> {
    let mut paths = Vec::new();
    if host.is(Role::Balancer) && !inputs.allowance.prepare_only {
        paths.push(HAPROXY);
        paths.extend(inputs.topology.endpoint.vip.map(|_| KEEPALIVED));
    }
    let is_bare = is_prepared(inputs.topology, host, facts) && inputs.may_change(&host.name);
    if is_bare && inputs.topology.runs_pods(host) {
        paths.push(CONTAINERD);
    }
    paths
}

/// Whose it is where it is not this cluster's, and not as its package brought it.
fn foreign_owner(inputs: &Inputs, host: &Host, path: &str, file: &FileFact) -> Option<Owner> {
    if file.is_package_default {
        return None;
    }
    // What is no text, or too large to be read, hawser has not written.
    let Some(text) = file.text() else {
        return Some(Owner::ForeignHost);
    };
    match files::owner_of(inputs.topology, path, text) {
        Owner::Ours => None,
        Owner::ForeignHost if path == KEEPALIVED && was_rendered(inputs, host, text) => None,
        owner => Some(owner),
    }
}

/// Whether an earlier hawser, which put no mark on it, made it of the user's template.
fn was_rendered(inputs: &Inputs, host: &Host, text: &str) -> bool {
    let Some(facts) = inputs.facts(&host.name) else {
        return false;
    };
    let interface = network_interface(inputs, host, facts).unwrap_or_default();
    let rendered = files::keepalived(inputs.topology, host, &interface);
    rendered.is_ok_and(|file| files::without_mark(&file.content.masked()) == text)
}

fn refusal(host: &Host, path: &str, owner: Owner) -> Problem {
    let because = match owner {
        Owner::OtherCluster(cluster) => {
            format!("its first line says that hawser wrote it for the cluster {cluster}")
        }
        _ => "it does not have the first line that hawser writes, and is not the file of its package"
            .to_owned(),
    };
    let template = files::template_of(path).unwrap_or_default();
    Problem::Unsafe {
        what: format!(
            "{}: {path} was not written by hawser for this cluster, and hawser would replace all of it",
            host.name
        ),
        because: vec![because],
        recovery: vec![
            format!(
                "to let hawser replace it: {}; it is kept as {}",
                files::take_over_key(&host.name, path),
                files::kept_as(path)
            ),
            format!(
                "to keep its content: set that key, and put the content of both files into your own template (`templates`, {template})"
            ),
        ],
    }
}
