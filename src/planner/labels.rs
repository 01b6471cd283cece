//! Labels and taints that kubelet may not give its own node.

use super::joins::WORKERS_AT_ONCE;
use super::{Cluster, Scene, chain, phase};
use crate::facts::NodeFact;
use crate::plan::{Chain, Necessity, Phase};
use crate::steps::node;
use crate::topology::{Role, Taint};

/// Labels and taints that a node lacks, set through the API after the joins.
pub(super) fn set(scene: &Scene, cluster: &Cluster) -> Phase {
    let via = cluster.via();
    let server = scene.server(via);
    let chains = scene
        .all_answered()
        .filter(|(host, _)| host.is_node())
        .filter_map(|(host, _)| {
            let node = cluster.node(host);
            let labels = host
                .labels
                .iter()
                .filter(|(key, value)| node.is_none_or(|node| node.labels.get(*key) != Some(value)));
            let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
            let taints: Vec<_> = host
                .taints
                .iter()
                .filter(|taint| !node.is_some_and(|node| has_taint(node, taint)))
                .cloned()
                .collect();
            let mut steps = Vec::new();
            if !std::collections::BTreeMap::is_empty(&labels) {
                steps.push(node::label(&via.name, &server, &host.name, &labels));
            }
            if !taints.is_empty() {
                steps.push(node::taint(&via.name, &server, &host.name, &taints));
            }
            let necessity = if host.is(Role::ControlPlane) {
                Necessity::Required
            } else {
                Necessity::MayLag
            };
            (!steps.is_empty()).then(|| Chain {
                necessity,
                ..chain(&host.name, steps)
            })
        });
    phase("labels and taints", WORKERS_AT_ONCE, chains.collect())
}

fn has_taint(node: &NodeFact, taint: &Taint) -> bool {
    node.taints
        .iter()
        .any(|(key, value, effect)| (key, value, effect) == (&taint.key, &taint.value, &taint.effect))
}
