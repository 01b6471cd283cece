//! What every node carries: labels, taints; and that it is Ready.

use std::collections::BTreeMap;

use super::commands;
use crate::plan::Step;
use crate::remote::timeouts::{HEALTHY, QUICK};
use crate::topology::{HostName, Taint};

/// Waits until a node is Ready, asked at `server`.
pub fn await_ready(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("await-ready-{node}"),
        format!("wait for node {node} to be Ready"),
    )
    .wait(commands::node_is_ready(server, node), HEALTHY)
}

/// Sets labels that a node lacks, through the API: kubelet refuses `node-role.kubernetes.io/*` of its own.
pub fn label(via: &HostName, server: &str, node: &HostName, labels: &BTreeMap<String, String>) -> Step {
    let list: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Step::on(
        via,
        &format!("label-{node}"),
        format!("label node {node}: {}", list.join(", ")),
    )
    .change(commands::label_node(server, node, labels), QUICK)
    .run_once()
}

pub fn taint(via: &HostName, server: &str, node: &HostName, taints: &[Taint]) -> Step {
    let list: Vec<String> = taints
        .iter()
        .map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect))
        .collect();
    Step::on(
        via,
        &format!("taint-{node}"),
        format!("taint node {node}: {}", list.join(", ")),
    )
    .change(commands::taint_node(server, node, taints), QUICK)
    .run_once()
}
