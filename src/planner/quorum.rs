//! Who is left when an etcd member goes, and what is told where too few are.

use super::candidate::{Candidate, etcd_answers};
use super::startable::may_come_up;
use super::survey::Survey;
use crate::error::Problem;
use crate::facts::{MemberFact, quorum};
use crate::topology::{Host, Role};

/// How a person recovers an etcd that lost its quorum: hawser runs none of it.
pub(super) const RECOVERY_PAGE: &str = "docs/how-to/recover-etcd-quorum.md";

/// The voters among whom a member is not counted any more.
pub(super) struct QuorumCheck {
    listed: usize,
    others: usize,
    /// Those of the others of which it is unknown whether they run. They are not counted.
    unknown: Vec<String>,
}

impl QuorumCheck {
    /// Without `gone`. A learner has no vote; a member that is restarted first runs by then.
    pub(super) fn without(survey: &Survey, gone: &MemberFact) -> Self {
        let voters = survey.cluster.members().iter().filter(|member| !member.learner);
        let others = voters.clone().filter(|member| member.id != gone.id);
        let (running, others): (Vec<&MemberFact>, Vec<_>) = others.partition(|member| runs(survey, member));
        let unknown = others.into_iter().filter(|member| member.unknown().is_some());
        Self {
            listed: voters.count(),
            others: running.len(),
            unknown: unknown.map(|member| member.state(&member.name)).collect(),
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.others >= quorum(self.listed)
    }
}

impl std::fmt::Display for QuorumCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let needed = quorum(self.listed);
        write!(
            f,
            "without it {} of {} listed members run, the quorum is {needed}",
            self.others, self.listed
        )?;
        self.unknown.iter().try_for_each(|member| write!(f, "; {member}"))
    }
}

/// Whether a member runs, or will when it has been brought up. Without a quorum none is healthy, and still its own
/// host's answer shows that it runs.
fn runs(survey: &Survey, member: &MemberFact) -> bool {
    let mut planes = survey.answered(Role::ControlPlane);
    let on_its_host = planes.find(|(host, _)| member.is_of(host));
    member.is_healthy()
        || on_its_host.is_some_and(|(_, facts)| etcd_answers(facts) || may_come_up(facts, member))
}

/// Neither can it be brought up, nor can the others do without it.
pub(super) fn refuse_lost_member(
    candidate: &Candidate,
    member: &MemberFact,
    quorum: &QuorumCheck,
) -> Problem {
    let (host, found) = (candidate.host, &candidate.facts.kubernetes);
    let lost = if member.is_healthy() {
        "it is not complete and cannot join again"
    } else if found.has_etcd_data && member.unknown().is_some() {
        "whether its etcd member runs is unknown"
    } else if found.has_etcd_data {
        "its etcd member does not start"
    } else {
        "its etcd member has no data"
    };
    Problem::Unsafe {
        what: format!("{}: {lost}, and etcd has no quorum without it", host.name),
        because: vec![
            format!(
                "member {} of {} is listed ({})",
                member.id,
                host.name,
                member.peer_urls.join(", ")
            ),
            format!("{quorum}: it cannot be removed either, since a removal needs the quorum"),
        ],
        recovery: vec![
            format!(
                "if {}'s disk can be restored unchanged, start the host with it and rerun this command",
                host.name
            ),
            format!(
                "otherwise recover etcd from the data of {}: {RECOVERY_PAGE}; then rerun this command",
                candidate.cluster().reference_node().name
            ),
        ],
    }
}

/// What ends a static pod's member that hangs.
pub(super) const POD: &str = "`pkill -x etcd` ends an etcd that hangs, and the kubelet starts it again";

/// A member that may run is not removed, and its host is not reset.
pub(super) fn refuse_unknown_member(host: &Host, member: &MemberFact, recovery: &str) -> Option<Problem> {
    let why = member.unknown()?;
    Some(Problem::Unsafe {
        what: format!("{}: whether its etcd member runs is unknown ({why})", host.name),
        because: vec![
            format!(
                "member {} of {} is listed ({})",
                member.id,
                host.name,
                member.peer_urls.join(", ")
            ),
            "a member that may run is neither removed nor restarted, and its host is not reset".to_owned(),
        ],
        recovery: vec![
            "the host may be busy: rerun this command".to_owned(),
            format!(
                "if this does not help: on {}: `ss -ltnp sport = :2379` shows whether etcd listens; check too that no firewall blocks the other members; {recovery}",
                host.name
            ),
        ],
    })
}
