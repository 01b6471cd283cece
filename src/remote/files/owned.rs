//! Whose a file is that hawser writes whole, and where somebody else's may stand.

use super::{HAPROXY, KEEPALIVED, preparation, socket};
use crate::topology::{HostName, Role, Topology};

/// With this begins every file that hawser writes whole.
const MARK: &str = "# Written by hawser";

/// Whose a file is, as far as it can be told from what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// This cluster's hawser.
    Ours,
    /// hawser's, for the cluster of this name.
    OtherCluster(String),
    /// Somebody's that hawser does not know.
    ForeignHost,
}

/// A text with the line at its beginning by which hawser knows it again, and for which cluster it is.
pub(super) fn marked(cluster: &str, text: &str) -> String {
    format!("{MARK} for {cluster}: what is changed here is undone by its next run.\n{text}")
}

/// A text as the user's template has it, with a mark where it has none.
pub(super) fn with_mark(text: String) -> String {
    if text.starts_with(MARK) {
        return text;
    }
    format!("{MARK}.\n{text}")
}

/// Whose the text at a path is. What an earlier hawser wrote names no cluster: it is ours if it names one of our hosts.
pub fn owner_of(topology: &Topology, path: &str, text: &str) -> Owner {
    let first = text.lines().next().unwrap_or_default();
    let named = first
        .strip_prefix(MARK)
        .and_then(|rest| rest.strip_prefix(" for "));
    if let Some((cluster, _)) = named.and_then(|rest| rest.split_once(':')) {
        return if cluster == topology.cluster {
            Owner::Ours
        } else {
            Owner::OtherCluster(cluster.to_owned())
        };
    }
    let is_hawsers = first.starts_with(MARK) || (path == HAPROXY && has_description(text));
    let names_a_host = match path {
        HAPROXY => {
            let planes = topology.with_role(Role::ControlPlane);
            let mut servers = planes.map(|host| socket(host.address, topology.api_port));
            servers.any(|server| has_word(text, &server))
        }
        KEEPALIVED => {
            let balancers = topology.with_role(Role::Balancer).map(|host| host.address);
            let mut all = balancers.chain(topology.endpoint.vip);
            all.any(|address| has_word(text, &address.to_string()))
        }
        _ => true,
    };
    if is_hawsers && names_a_host {
        Owner::Ours
    } else {
        Owner::ForeignHost
    }
}

/// Whether an earlier hawser may have made it of a user's template, which had to have this line.
fn has_description(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim().starts_with("description hawser "))
}

fn has_word(text: &str, word: &str) -> bool {
    let words = text.split_whitespace();
    words
        .map(|found| found.split('/').next().unwrap_or_default())
        .any(|found| found == word)
}

/// A file as an earlier hawser wrote it, without the line that names the cluster.
pub fn without_mark(text: &str) -> &str {
    text.split_once('\n').map_or(text, |(_, rest)| rest)
}

/// Which of the files that a host may have from somebody else are written whole on it, and where a user's own would go.
pub fn template_of(path: &str) -> Option<&'static str> {
    match path {
        HAPROXY => Some("haproxy.cfg.j2"),
        KEEPALIVED => Some("keepalived.conf.j2"),
        preparation::CONTAINERD => Some("containerd.toml.j2"),
        _ => None,
    }
}

/// Where a file goes that is taken over.
pub fn kept_as(path: &str) -> String {
    format!("{path}.before-hawser")
}

/// How the inventory lets hawser take a file over.
pub fn take_over_key(host: &HostName, path: &str) -> String {
    format!("`take_over = [\"{path}\"]` for {host} in the inventory")
}
