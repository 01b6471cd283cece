//! Labels and taints that a node lacks, set through the API after the joins.

use std::collections::BTreeMap;

use super::situation::Situation;
use crate::error::Problem;
use crate::facts::NodeFact;
use crate::plan::{Chain, Necessity, Step};
use crate::remote::node;
use crate::topology::{Host, Role, Taint};

pub(super) fn set_labels(situation: &Situation) -> Result<Vec<Chain>, Problem> {
    let (cluster, nodes) = (&situation.cluster, &situation.nodes);
    let hosts = situation.all_answered().map(|(host, _)| host);
    // While no API server is well nothing is known of the nodes: the next run observes them again.
    let known = hosts.filter(|host| host.is_node() && (!cluster.is_stalled() || nodes.joins(host)));
    let chains = known.filter_map(|host| {
        // A node that is deleted on the way loses what it carries.
        let node = cluster.node(host).filter(|_| !nodes.joins(host));
        let steps = steps(situation, host, node);
        let necessity = if host.is(Role::ControlPlane) {
            Necessity::Required
        } else {
            Necessity::Tolerated
        };
        (!steps.is_empty()).then(|| Chain::required(&host.name, steps).with_necessity(necessity))
    });
    Ok(chains.collect())
}

fn steps(situation: &Situation, host: &Host, node: Option<&NodeFact>) -> Vec<Step> {
    let via = situation.cluster.reference_node();
    let server = situation.api_url(via);
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
