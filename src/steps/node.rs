//! Workers, and what every node carries: labels, taints.

use std::collections::BTreeMap;

use super::{KUBEADM, QUICK};
use crate::plan::Step;
use crate::remote::kubernetes;
use crate::topology::{Host, HostName, Role, Taint};

/// Joins a host as a worker.
pub fn join(host: &Host, flags: &[String]) -> Step {
    Step::on(&host.name, "join", "kubeadm join as a worker")
        .change(kubernetes::join(flags), KUBEADM)
        .until(kubernetes::has_joined(Role::Worker, "-"), QUICK)
        .diagnostics(kubernetes::failure_story())
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
    .change(kubernetes::label_node(server, node, labels), QUICK)
    .once()
}

/// Sets taints that a node lacks, through the API.
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
    .change(kubernetes::taint_node(server, node, taints), QUICK)
    .once()
}
