//! Which hosts a plan builds, so that they are looked at more closely before it begins.

use std::collections::BTreeSet;

use crate::facts::Observation;
use crate::plan::{Plan, Step};
use crate::topology::HostName;

/// Hosts that are to become a part of the cluster: all that a plan changes which initialises one; else those that join,
/// and etcd hosts without data. What is mended is not among them: it is as it is because something is amiss.
pub fn built(plan: &Plan, observation: &Observation) -> BTreeSet<HostName> {
    let is_new = plan.steps().any(|step| does(step, "init"));
    let has_data = |host: &HostName| {
        let facts = observation.get(host).and_then(|found| found.as_ref().ok());
        facts.is_some_and(|facts| facts.kubernetes.has_etcd_data)
    };
    let builds =
        |step: &&Step| is_new || does(step, "join") || (does(step, "start-etcd") && !has_data(&step.host));
    let steps = plan.changes().filter(builds);
    steps.map(|step| step.host.clone()).collect()
}

fn does(step: &Step, what: &str) -> bool {
    step.id.0.rsplit_once('/').is_some_and(|(_, name)| name == what)
}
