//! `--limit`: what is changed where only some hosts may be, and what is told of the others.

use std::collections::BTreeSet;

use super::Cluster;
use crate::error::Problem;
use crate::plan::{Chain, Phase};
use crate::topology::HostName;

/// The hosts that may be changed, and those that would be too.
pub(super) struct Limit<'a> {
    hosts: &'a BTreeSet<HostName>,
    left_out: BTreeSet<HostName>,
}

impl<'a> Limit<'a> {
    /// Only these hosts; all of them where none is named.
    pub(super) fn to(hosts: &'a BTreeSet<HostName>) -> Self {
        Self {
            hosts,
            left_out: BTreeSet::new(),
        }
    }

    pub(super) fn allows(&self, host: &HostName) -> bool {
        is_within(self.hosts, host)
    }

    /// Remembers that something is to be done on a host, and is not.
    pub(super) fn leaves_out(&mut self, host: &HostName) {
        self.left_out.insert(host.clone());
    }

    /// Keeps what is about hosts that may be changed.
    pub(super) fn keep<T>(&mut self, all: &mut Vec<T>, host: impl Fn(&T) -> &HostName) {
        all.retain(|one| {
            let host = host(one);
            let is_allowed = self.allows(host);
            if !is_allowed {
                self.leaves_out(host);
            }
            is_allowed
        });
    }

    /// Keeps of a phase what is about hosts that may be changed. What the joins need on other hosts (the run's secrets, the
    /// balancers) is none of this: they see to it themselves.
    pub(super) fn narrowed(&mut self, mut phase: Phase) -> Phase {
        for lane in &mut phase.lanes {
            lane.chains
                .retain(|chain| self.allows(&chain.subject) || changes(chain));
            self.keep(&mut lane.chains, |chain| &chain.subject);
        }
        phase
    }

    /// Nothing can join what is kept from being initialised.
    pub(super) fn holds_init(&self, cluster: &Cluster, phases: &[Phase]) -> Result<(), Vec<Problem>> {
        let host = &cluster.via().name;
        if !cluster.is_to_be_initialised() || self.allows(host) || phases.is_empty() {
            return Ok(());
        }
        Err(vec![Problem::Usage {
            message: format!(
                "--limit leaves out {host}, on which the cluster is initialised before anything joins"
            ),
            hint: format!("add `--limit {host}`"),
        }])
    }

    /// Who else differs from the inventory, and what takes it up.
    pub(super) fn note(&self) -> Option<String> {
        let hosts: Vec<&HostName> = self.left_out.iter().collect();
        (!hosts.is_empty()).then(|| {
            format!(
                "--limit leaves out what there is to do on {}; `hawser apply {}` does it",
                named(&hosts, ""),
                named(&hosts, "--limit ")
            )
        })
    }
}

fn changes(chain: &Chain) -> bool {
    chain.steps.iter().any(|step| step.change.is_some())
}

/// Whether `--limit` lets a host be changed.
pub(super) fn is_within(limit: &BTreeSet<HostName>, host: &HostName) -> bool {
    limit.is_empty() || limit.contains(host)
}

/// Hosts in a row, each with something before it.
pub(super) fn named(hosts: &[&HostName], before: &str) -> String {
    let names: Vec<String> = hosts.iter().map(|host| format!("{before}{host}")).collect();
    names.join(if before.is_empty() { ", " } else { " " })
}
