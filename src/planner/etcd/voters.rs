//! Whether etcd bears one member more: the quorum's sum, and what is told where it does not.

use crate::error::Problem;
use crate::facts::{MemberFact, quorum};
use crate::plan::Note;
use crate::topology::HostName;

/// The members with a vote to which one is to be added.
pub(super) struct Voters<'a> {
    /// The host that tells of them.
    pub(super) reference_node: &'a HostName,
    pub(super) members: Vec<&'a MemberFact>,
    /// Those of them that do not run, or of which that is unknown.
    pub(super) down: Vec<&'a MemberFact>,
    /// Members without a vote that nobody here added.
    pub(super) learning: Vec<&'a MemberFact>,
}

impl Voters<'_> {
    /// What keeps members from being added, with the sum; `remark` goes behind the advice to leave them out.
    pub(super) fn refuse(&self, added: &[&str], remark: &str) -> Option<Problem> {
        let first = added.first()?;
        if self.down.is_empty() && self.learning.is_empty() {
            return None;
        }
        let mut because = vec![self.quorum_check(first)];
        because.extend(self.down.iter().map(|member| member.state(&describe(member))));
        because.extend(self.learning.iter().map(|member| {
            format!(
                "{} has no vote yet, and etcd accepts one such member at a time",
                describe(member)
            )
        }));
        Some(Problem::Unsafe {
            what: format!("cannot add {} to etcd now", added.join(" and ")),
            because,
            recovery: self.recovery(added, remark),
        })
    }

    fn running(&self) -> usize {
        self.members.len() - self.down.len()
    }

    fn quorum_check(&self, added: &str) -> String {
        let voters = self.members.len();
        format!(
            "quorum check: {} of {voters} voting members run, {} needed; with {added}, {} of {} needed. hawser adds a member only if all voting members run and no other learner waits",
            self.running(),
            quorum(voters),
            quorum(voters + 1),
            voters + 1
        )
    }

    fn recovery(&self, added: &[&str], remark: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let (unknown, down): (Vec<&MemberFact>, Vec<_>) = self
            .down
            .iter()
            .partition(|member| member.unknown().is_some() && member.alarm().is_none());
        let (alarmed, down): (Vec<&MemberFact>, Vec<_>) =
            down.into_iter().partition(|member| member.alarm().is_some());
        let named = |members: Vec<&MemberFact>| {
            let named: Vec<String> = members.into_iter().map(describe).collect();
            named.join(" and ")
        };
        if !unknown.is_empty() {
            lines.push(format!(
                "the host may be busy: rerun this command; if {} still does not answer, check etcd there",
                named(unknown)
            ));
        }
        if !alarmed.is_empty() {
            lines.push("clear the alarm first: `etcdctl alarm list`, then `etcdctl alarm disarm`".to_owned());
        }
        if !down.is_empty() {
            lines.push(format!("bring {} back, and rerun this command", named(down)));
        }
        lines.extend(self.learning.iter().map(|member| {
            format!(
                "wait until the command that added it finishes. If no such command runs: `etcdctl member remove {}` on {}",
                member.id, self.reference_node
            )
        }));
        lines.push(format!(
            "until then leave {} out of the inventory{remark}",
            added.join(" and ")
        ));
        lines
    }

    /// The sum as a person reads it before anything is done.
    pub(super) fn note(&self, added: &[&str]) -> Note {
        let now = self.members.len();
        let then = now + added.len();
        let mut text = format!(
            "this run adds to etcd, one member at a time: {}; {now} voting now ({} running, quorum {}), {then} at the end (quorum {})",
            added.join(" and "),
            self.running(),
            quorum(now),
            quorum(then)
        );
        if now == 1 {
            text.push_str("; with two members, both must run");
        }
        Note::info(text)
    }
}

fn describe(member: &MemberFact) -> String {
    let urls = member.peer_urls.join(", ");
    if member.has_started() {
        format!("{} ({urls})", member.name)
    } else {
        format!("the member at {urls}, never started,")
    }
}
