//! What every node carries, and whether it is Ready.

use std::collections::BTreeMap;

use crate::remote::wire::RemoteCommand;
use crate::topology::{HostName, Taint};

/// Whether a node's Ready condition is True.
pub(in crate::remote) fn node_is_ready(server: &str, node: &HostName) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the node",
        script!("node_is_ready.sh", [apart kubectl], (server node)),
    )
    .args([server, &node.0])
}

/// Sets labels of a node through the API.
pub(in crate::remote) fn label_node(
    server: &str,
    node: &HostName,
    labels: &BTreeMap<String, String>,
) -> RemoteCommand {
    RemoteCommand::changes(
        "label the node",
        script!("label_node.sh", [apart kubectl], (server node; labels)),
    )
    .args([server, &node.0])
    .args(labels.iter().map(|(key, value)| format!("{key}={value}")))
}

/// Sets taints of a node through the API.
pub(in crate::remote) fn taint_node(server: &str, node: &HostName, taints: &[Taint]) -> RemoteCommand {
    RemoteCommand::changes(
        "taint the node",
        script!("taint_node.sh", [apart kubectl], (server node; taints)),
    )
    .args([server, &node.0])
    .args(
        taints
            .iter()
            .map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect)),
    )
}
