//! Who is left when an etcd member goes, and what is told where too few are.

use super::ways::may_come_up;
use super::{Cluster, Scene, no_quorum};
use crate::error::Problem;
use crate::facts::{HostFacts, MemberFact, quorum};
use crate::topology::{Host, Role};

/// The voters among whom a member is not counted any more.
pub(super) struct Sum {
    listed: usize,
    others: usize,
    /// Those of the others of which it is unknown whether they run. They are not counted.
    unknown: Vec<String>,
}

impl Sum {
    /// The sum without `gone`. A learner has no vote; a member that is brought up first runs by then.
    pub(super) fn without(scene: &Scene, members: &[MemberFact], gone: &MemberFact) -> Self {
        let voters = members.iter().filter(|member| !member.learner);
        let others = voters.clone().filter(|member| member.id != gone.id);
        let (running, others): (Vec<&MemberFact>, Vec<_>) = others.partition(|member| runs(scene, member));
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

impl std::fmt::Display for Sum {
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
fn runs(scene: &Scene, member: &MemberFact) -> bool {
    let mut planes = scene.answered(Role::ControlPlane);
    let on_its_host = planes.find(|(host, _)| member.is_of(host));
    member.is_healthy()
        || on_its_host.is_some_and(|(_, facts)| answers_itself(facts) || may_come_up(facts, member))
}

/// Whether the etcd process of a host answers.
pub(super) fn answers_itself(facts: &HostFacts) -> bool {
    let view = facts.cluster.as_ref();
    view.is_some_and(|view| view.etcd.known().is_some())
}

/// Neither can it be brought up, nor can the others do without it.
pub(super) fn lost(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
    member: &MemberFact,
    sum: &Sum,
) -> Problem {
    let lost = if member.is_healthy() {
        "it is not whole and cannot be joined anew"
    } else if facts.kubernetes.has_etcd_data && member.unknown().is_some() {
        "whether its etcd member runs is unknown"
    } else if facts.kubernetes.has_etcd_data {
        "its etcd member does not start"
    } else {
        "its etcd member has no data to start from"
    };
    Problem::Unsafe {
        what: format!("{}: {lost}, and etcd cannot do without it", host.name),
        because: vec![
            format!(
                "member {} of {} is listed ({})",
                member.id,
                host.name,
                member.peer_urls.join(", ")
            ),
            format!("{sum}: it cannot be removed either, since a removal needs the quorum"),
        ],
        way_out: no_quorum::way_out(scene, cluster, host),
    }
}

/// What ends a static pod's member that hangs.
pub(super) const POD: &str = "an etcd that hangs ends with `pkill -x etcd`, and the kubelet starts it again";

/// A member that may run is not removed, and its host is not reset.
pub(super) fn doubted(host: &Host, member: &MemberFact, way_out: &str) -> Option<Problem> {
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
        way_out: vec![
            "a busy host answers late: run this again".to_owned(),
            format!(
                "if it stays so: on {}: `ss -ltnp sport = :2379` tells whether etcd listens, and whether a firewall keeps the other members from it; {way_out}",
                host.name
            ),
        ],
    })
}
