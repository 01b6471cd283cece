//! Hosts that become members of a cluster that runs: one after the other, each with the quorum's sum.

use std::collections::BTreeSet;

use super::beginning::{There, listed};
use super::{Scene, is_within};
use crate::error::Problem;
use crate::facts::{ClusterOfEtcd, EtcdFacts, MemberFact, quorum};
use crate::plan::{Chain, Note, NoteLevel, Step};
use crate::remote::files::etcd::{Beginning, peer_url};
use crate::steps::etcd as steps;
use crate::steps::growth::Addition;
use crate::topology::{Host, HostName};

/// A host that is to be a member, and is none with a vote yet.
#[derive(Debug, Clone, Copy)]
struct Newcomer<'a> {
    host: &'a Host,
    /// Whether it is a member already, without a vote.
    is_listed: bool,
}

/// A cluster that grows.
pub(super) struct Growth<'a> {
    cluster: ClusterOfEtcd<'a>,
    /// In the order in which they come; one that is listed comes first.
    newcomers: Vec<Newcomer<'a>>,
}

impl<'a> Growth<'a> {
    /// Which hosts are added to the cluster that runs, if any.
    pub(super) fn new(
        hosts: &[(&'a Host, &'a EtcdFacts)],
        there: &There<'a>,
        limit: &BTreeSet<HostName>,
    ) -> Option<Self> {
        let cluster = there.running?;
        let newcomer = |(host, facts): &(&'a Host, &EtcdFacts)| {
            let is_one = !there.has_vote(host, facts) && is_within(limit, &host.name);
            is_one.then(|| Newcomer {
                host,
                is_listed: cluster.members.iter().any(|member| member.is_of(host)),
            })
        };
        let mut newcomers: Vec<Newcomer> = hosts.iter().filter_map(newcomer).collect();
        newcomers.sort_by_key(|newcomer| !newcomer.is_listed);
        (!newcomers.is_empty()).then_some(Self { cluster, newcomers })
    }

    /// Whether a host is added.
    pub(super) fn adds(&self, host: &Host) -> bool {
        self.newcomers
            .iter()
            .any(|newcomer| newcomer.host.name == host.name)
    }

    fn voters(&self) -> impl Iterator<Item = &'a MemberFact> {
        self.cluster.members.iter().filter(|member| !member.learner)
    }

    /// What keeps a member from being added, with the sum; nothing where only one is finished that was added before.
    pub(super) fn refused(&self) -> Option<Problem> {
        let added: Vec<&str> = self
            .newcomers
            .iter()
            .filter(|newcomer| !newcomer.is_listed)
            .map(|newcomer| newcomer.host.name.0.as_str())
            .collect();
        let first = added.first()?;
        let is_ours = |member: &MemberFact| self.newcomers.iter().any(|newcomer| member.is_of(newcomer.host));
        let down: Vec<&MemberFact> = self.voters().filter(|member| !member.healthy).collect();
        let members = self.cluster.members.iter();
        let learning: Vec<&MemberFact> = members
            .filter(|member| member.learner && !is_ours(member))
            .collect();
        if down.is_empty() && learning.is_empty() {
            return None;
        }
        let mut because = vec![self.sum(first, down.len())];
        because.extend(down.iter().map(|member| format!("{} does not run", told(member))));
        because.extend(learning.iter().map(|member| {
            format!(
                "{} has no vote yet, and etcd takes one such member at a time",
                told(member)
            )
        }));
        Some(Problem::Unsafe {
            what: format!("{} cannot become a member of etcd now", added.join(" and ")),
            because,
            way_out: self.way_out(&added, &down, &learning),
        })
    }

    fn sum(&self, newcomer: &str, down: usize) -> String {
        let voters = self.voters().count();
        format!(
            "{} of {voters} members run, the quorum is {}; with {newcomer} it is {} of {}: one is added only where all run",
            voters - down,
            quorum(voters),
            quorum(voters + 1),
            voters + 1
        )
    }

    fn way_out(&self, added: &[&str], down: &[&MemberFact], learning: &[&MemberFact]) -> Vec<String> {
        let via = &self.cluster.via.name;
        let mut lines = Vec::new();
        if !down.is_empty() {
            lines.push(format!(
                "bring {} back, and run this again",
                list(down.iter().map(|member| told(member)))
            ));
        }
        lines.extend(learning.iter().map(|member| {
            format!(
                "whoever added that one finishes it; if nobody does: `etcdctl member remove {}` on {via}",
                member.id
            )
        }));
        lines.push(format!(
            "until then leave {} out of the inventory: without that this starts members that have only stopped",
            list(added.iter().map(ToString::to_string))
        ));
        lines
    }

    /// The sum as a person reads it before anything is done.
    pub(super) fn note(&self) -> Note {
        let now = self.voters().count();
        let names = list(
            self.newcomers
                .iter()
                .map(|newcomer| newcomer.host.name.to_string()),
        );
        let then = now + self.newcomers.len();
        let mut text = format!(
            "etcd grows from {now} to {then} members, one at a time ({names}): {} of {now} run, the quorum is {}, and {} in the end",
            self.voters().filter(|member| member.healthy).count(),
            quorum(now),
            quorum(then)
        );
        if now == 1 {
            text.push_str("; while there are two, neither can be missed");
        }
        Note {
            level: NoteLevel::Info,
            text,
        }
    }

    /// A chain for each newcomer; `member` makes what starts it.
    pub(super) fn chains(
        &self,
        scene: &Scene,
        member: impl Fn(&Host, &Beginning, bool) -> Result<Vec<Step>, Problem>,
    ) -> Result<Vec<Chain>, Problem> {
        let is_new = |(_, url): &(String, String)| {
            self.newcomers
                .iter()
                .any(|newcomer| peer_url(newcomer.host) == *url)
        };
        let mut members = listed(scene, self.cluster);
        members.retain(|member| !is_new(member));
        let mut voters = self.voters().count();
        let mut chains = Vec::new();
        for newcomer in &self.newcomers {
            let host = newcomer.host;
            members.push((host.name.to_string(), peer_url(host)));
            let addition = Addition {
                via: &self.cluster.via.name,
                newcomer: host,
                cri_socket: &scene.topology.kubeadm.cri_socket,
            };
            let mut steps = Vec::new();
            if !newcomer.is_listed {
                steps.push(addition.see_whole(voters));
                steps.push(addition.save_snapshot(&scene.topology.external_etcd.data_directory));
                steps.push(addition.add());
            }
            steps.extend(member(host, &Beginning::after(members.clone()), true)?);
            steps.push(addition.await_in_step(voters));
            steps.push(addition.promote());
            voters += 1;
            steps.push(steps::await_leader(&host.name, addition.cri_socket, voters));
            chains.push(super::chain(&host.name, steps));
        }
        Ok(chains)
    }
}

/// A member in a few words.
fn told(member: &MemberFact) -> String {
    let urls = member.peer_urls.join(", ");
    if member.has_started() {
        format!("{} ({urls})", member.name)
    } else {
        format!("the member at {urls}, never started,")
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(" and ")
}

/// Why nothing can be added, where not even all hosts can be looked at.
pub(in crate::planner) fn refused(scene: &Scene, limit: &BTreeSet<HostName>) -> Option<Problem> {
    let hosts: Vec<(&Host, &EtcdFacts)> = super::hosts(scene).collect();
    let there = There::new(scene, &hosts);
    Growth::new(&hosts, &there, limit)?.refused()
}
