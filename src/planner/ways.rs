//! What becomes of each node host: it is whole, joins, is brought up, or is refused.

use super::{Cluster, Scene, balancers, no_quorum};
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{
    self, HostFacts, MemberFact, Membership, control_plane_membership, quorum, worker_membership,
};
use crate::topology::{Host, HostName, Role};

/// The kubelet of a half-joined control plane has had this long to bring its etcd member up, in seconds.
const LONG_ENOUGH_S: u64 = 300;

/// What happens to a host that is not a whole member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// It joins; what an earlier one of that name left in the cluster goes first.
    Join { clear: Clear },
    /// What is there is started and the join is finished.
    BringUp,
    /// Only the last annotation is missing.
    Annotate,
}

/// What has to go before a host can join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clear {
    /// The etcd member's id, and the quorum's sum that allows its removal.
    pub(super) member: Option<(String, String)>,
    /// The node object.
    pub(super) node: bool,
    /// What kubeadm left on the host.
    pub(super) host: bool,
}

/// Who joins in which way, in the inventory's order.
#[derive(Debug, Default)]
pub(super) struct Joins<'a> {
    pub(super) control_planes: Vec<(&'a Host, Way)>,
    pub(super) workers: Vec<(&'a Host, Way)>,
}

impl Joins<'_> {
    /// The control planes that stand behind the balancers when all joins are done, in the inventory's order.
    pub(super) fn members_at_the_end(&self, scene: &Scene, cluster: &Cluster) -> Vec<HostName> {
        let now = balancers::members(scene, cluster);
        let joining = |host: &Host| {
            self.control_planes
                .iter()
                .any(|(joiner, _)| joiner.name == host.name)
        };
        let let_in = |host: &Host| to_be_let_in(scene, cluster, host);
        let hosts = scene.topology.with_role(Role::ControlPlane);
        hosts
            .filter(|host| now.contains(&host.name) || joining(host) || let_in(host))
            .map(|host| host.name.clone())
            .collect()
    }
}

/// Decides for every node host, or refuses with every reason.
pub(super) fn decide<'a>(scene: &Scene<'a>, cluster: &Cluster<'a>) -> Result<Joins<'a>, Vec<Problem>> {
    let mut joins = Joins::default();
    let mut problems = Vec::new();
    for (host, facts) in scene.all_answered().filter(|(host, _)| host.is_node()) {
        if cluster.is_to_be_initialised() && host.name == cluster.via().name {
            continue;
        }
        let list = if host.is(Role::ControlPlane) {
            &mut joins.control_planes
        } else {
            &mut joins.workers
        };
        match way(scene, cluster, host, facts) {
            Ok(Some(way)) => list.push((host, way)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(joins)
    } else {
        Err(problems)
    }
}

/// Whether a control plane is a whole member of the cluster.
pub(super) fn is_member(scene: &Scene, cluster: &Cluster, host: &Host) -> bool {
    let Some(facts) = scene.facts(&host.name) else {
        return cluster.node(host).is_some_and(|node| node.control_plane);
    };
    membership(scene, cluster, host, facts) == Ok(Membership::Member)
}

/// What a host is to the cluster. While no API server is well, only what is on the host itself counts.
fn membership(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
) -> Result<Membership, Problem> {
    let measure = cluster
        .there()
        .filter(|there| there.well)
        .map(|there| facts::Cluster {
            ca: there.ca,
            view: there.view,
        });
    let found = if host.is(Role::ControlPlane) {
        control_plane_membership(host, facts, measure, scene.topology.etcd)
    } else {
        worker_membership(host, facts, measure)
    };
    found.into_result().map_err(|cause| {
        let what = format!(
            "whether it belongs to the cluster (asked at {})",
            cluster.via().name
        );
        Problem::Probe {
            host: host.name.clone(),
            what,
            cause,
        }
    })
}

fn way(scene: &Scene, cluster: &Cluster, host: &Host, facts: &HostFacts) -> Result<Option<Way>, Problem> {
    if !is_well(cluster) && host.name == cluster.via().name {
        // It speaks for the cluster, and waits for the others.
        return Ok(None);
    }
    let node = cluster.node(host).is_some();
    match membership(scene, cluster, host, facts)? {
        Membership::Member => Ok(None),
        Membership::Foreign => Err(foreign(host, facts, cluster)),
        found if host.is(Role::ControlPlane) => {
            control_plane_way(scene, cluster, host, matches!(found, Membership::Partial(_))).map(Some)
        }
        Membership::Absent => Ok(Some(Way::Join {
            clear: Clear {
                node,
                ..Clear::default()
            },
        })),
        Membership::Partial(_) => Ok(worker_way(cluster, host)),
    }
}

/// Whether what the API would say is known, or there is no cluster yet.
fn is_well(cluster: &Cluster) -> bool {
    cluster.there().is_none_or(|there| there.well)
}

fn worker_way(cluster: &Cluster, host: &Host) -> Option<Way> {
    match cluster.node(host) {
        Some(node) if node.ready => Some(Way::Annotate),
        // Nothing is known of the nodes while no API server is well: the next run looks again.
        _ if !is_well(cluster) => None,
        found => Some(Way::Join {
            clear: Clear {
                node: found.is_some(),
                host: true,
                member: None,
            },
        }),
    }
}

/// A listed member is brought up as it is where it can be; it is removed only where the others hold the quorum.
fn control_plane_way(scene: &Scene, cluster: &Cluster, host: &Host, partial: bool) -> Result<Way, Problem> {
    let node = cluster.node(host).is_some();
    let Some(member) = cluster.members().iter().find(|member| member.is_of(host)) else {
        return Ok(Way::Join {
            clear: Clear {
                member: None,
                node,
                host: partial,
            },
        });
    };
    if partial && can_come_up(scene, host, member) {
        return Ok(Way::BringUp);
    }
    let sum = Sum::without(scene, cluster.members(), member);
    if !sum.holds() {
        return Err(no_quorum::refuse(scene, cluster, host, member, &sum.to_string()));
    }
    Ok(Way::Join {
        clear: Clear {
            member: Some((member.id.clone(), sum.to_string())),
            node,
            host: partial,
        },
    })
}

fn can_come_up(scene: &Scene, host: &Host, member: &MemberFact) -> bool {
    let Some(facts) = scene.facts(&host.name) else {
        return false;
    };
    let found = &facts.kubernetes;
    let complete = found.manifests.iter().any(|manifest| manifest == "etcd.yaml") && found.has_kubelet_conf;
    let tried = facts
        .units
        .get("kubelet")
        .is_some_and(|kubelet| kubelet.active_for_s > LONG_ENOUGH_S);
    complete && (runs(scene, member) || !tried)
}

/// Whether a member runs. Without a quorum none is healthy, but its own host still hears it.
fn runs(scene: &Scene, member: &MemberFact) -> bool {
    let heard = |(host, facts): (&Host, &HostFacts)| {
        let view = facts.cluster.as_ref();
        member.is_of(host) && view.is_some_and(|view| view.etcd.known().is_some())
    };
    member.healthy || scene.answered(Role::ControlPlane).any(heard)
}

/// Who is left when a member goes.
struct Sum {
    listed: usize,
    others_run: usize,
}

impl Sum {
    fn without(scene: &Scene, members: &[MemberFact], gone: &MemberFact) -> Self {
        let others = members.iter().filter(|member| member.id != gone.id);
        Self {
            listed: members.len(),
            others_run: others
                .filter(|member| runs(scene, member) && !member.learner)
                .count(),
        }
    }

    fn holds(&self) -> bool {
        self.others_run >= quorum(self.listed)
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let needed = quorum(self.listed);
        write!(
            f,
            "without it {} of {} listed members run, the quorum is {needed}",
            self.others_run, self.listed
        )
    }
}

fn foreign(host: &Host, facts: &HostFacts, cluster: &Cluster) -> Problem {
    let hash = facts
        .kubernetes
        .ca
        .as_deref()
        .and_then(|ca| ca_hash(ca).ok())
        .unwrap_or_default();
    let ours = cluster.there().map_or("(none)", |there| there.ca_hash.as_str());
    Problem::Unsafe {
        what: format!("{} belongs to another cluster", host.name),
        because: vec![
            format!("its CA is {hash}"),
            format!("the CA of this cluster is {ours}"),
        ],
        way_out: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if the host is to leave that cluster: `kubeadm reset` on {}, then run this again",
                host.name
            ),
        ],
    }
}

/// A member that runs and that the balancers do not let in yet.
pub(super) fn to_be_let_in(scene: &Scene, cluster: &Cluster, host: &Host) -> bool {
    let is_in = balancers::members(scene, cluster).contains(&host.name);
    cluster.there().is_some_and(|there| there.well) && is_member(scene, cluster, host) && !is_in
}
