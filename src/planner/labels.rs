//! Labels and taints that a node lacks, set through the API after the joins.

use std::collections::BTreeMap;

use super::decision::Joins;
use super::joins::WORKERS_AT_ONCE;
use super::{Cluster, Scene, chain, phase};
use crate::facts::NodeFact;
use crate::plan::{Chain, Necessity, Phase, Step};
use crate::steps::node;
use crate::topology::{Host, Role, Taint};

pub(super) fn set(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Phase {
    let hosts = scene.all_answered().map(|(host, _)| host);
    // While no API server is well nothing is known of the nodes: the next run looks again.
    let known = hosts.filter(|host| host.is_node() && (!cluster.is_stalled() || joins.joins(host)));
    let chains = known.filter_map(|host| {
        // A node that is deleted on the way loses what it carries.
        let node = cluster.node(host).filter(|_| !joins.joins(host));
        let steps = steps(scene, cluster, host, node);
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

fn steps(scene: &Scene, cluster: &Cluster, host: &Host, node: Option<&NodeFact>) -> Vec<Step> {
    let via = cluster.via();
    let server = scene.server(via);
    let lacks_label = |(key, value): &(&String, &String)| {
        node.is_none_or(|node| node.labels.get(key.as_str()) != Some(*value))
    };
    let labels: BTreeMap<String, String> = host
        .labels
        .iter()
        .filter(lacks_label)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let taints: Vec<Taint> = host
        .taints
        .iter()
        .filter(|taint| !node.is_some_and(|node| has_taint(node, taint)))
        .cloned()
        .collect();
    let label = (!labels.is_empty()).then(|| node::label(&via.name, &server, &host.name, &labels));
    let taint = (!taints.is_empty()).then(|| node::taint(&via.name, &server, &host.name, &taints));
    label.into_iter().chain(taint).collect()
}

fn has_taint(node: &NodeFact, taint: &Taint) -> bool {
    node.taints
        .iter()
        .any(|(key, value, effect)| (key, value, effect) == (&taint.key, &taint.value, &taint.effect))
}
