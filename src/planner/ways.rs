//! What a host is to the cluster, and by which way it becomes a whole member.

use super::quorum::{POD, Sum, answers_itself, doubted, lost};
use super::{Cluster, Scene, serving};
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{
    self, HostFacts, MemberFact, Membership, NodeFact, control_plane_membership, has_finished,
    worker_membership,
};
use crate::topology::{EtcdTopology, Host, Role};

/// The kubelet of a half-joined control plane has had this long to bring its etcd member up, in seconds.
const LONG_ENOUGH_S: u64 = 300;

/// What happens to a host that is not a whole member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// It joins; what an earlier one of that name left in the cluster goes first.
    Join { clear: Clear },
    /// What is there is started; and the join is finished, where it is known not to be.
    BringUp { finish: bool },
    /// Only what kubeadm does last is missing: the annotation, or that the bootstrap identity goes.
    Finish,
}

impl Way {
    pub(super) fn is_join(&self) -> bool {
        matches!(self, Way::Join { .. })
    }
}

/// What has to go before a host can join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clear {
    /// The etcd member that is listed.
    pub(super) member: Option<Listed>,
    /// The node object.
    pub(super) node: bool,
    /// What kubeadm left on the host.
    pub(super) host: bool,
}

/// An etcd member that has to go: it does not run, and keeps every other host from joining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    /// The quorum's sum that allows its removal.
    pub(super) sum: String,
}

/// Whether a control plane is a whole member of the cluster.
pub(super) fn is_member(scene: &Scene, cluster: &Cluster, host: &Host) -> bool {
    let Some(facts) = scene.facts(&host.name) else {
        return cluster.node(host).is_some_and(|node| node.control_plane);
    };
    if cluster.is_stalled() {
        if scene.topology.etcd == EtcdTopology::External {
            return has_api_server(facts) && facts.kubernetes.has_kubelet_identity();
        }
        // A member that has started once has been let in, as far as can be told now.
        return listed(cluster, host).is_some_and(MemberFact::has_started) && has_api_server(facts);
    }
    membership(scene, cluster, host, facts) == Ok(Membership::Member)
}

fn listed<'a>(cluster: &Cluster<'a>, host: &Host) -> Option<&'a MemberFact> {
    cluster.members().iter().find(|member| member.is_of(host))
}

fn has_api_server(facts: &HostFacts) -> bool {
    facts
        .kubernetes
        .manifests
        .iter()
        .any(|name| name == "kube-apiserver.yaml")
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

/// Whether kubeadm has left something on the host, whatever the cluster knows of it.
fn has_traces(host: &Host, facts: &HostFacts) -> bool {
    worker_membership(host, facts, None).known() != Some(&Membership::Absent)
}

/// The way of a host, if there is one to go.
pub(super) fn way(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
) -> Result<Option<Way>, Problem> {
    match membership(scene, cluster, host, facts)? {
        Membership::Member => Ok(None),
        Membership::Foreign => Err(foreign(host, facts, cluster)),
        Membership::Absent | Membership::Partial(_) if host.is(Role::ControlPlane) => {
            control_plane_way(scene, cluster, host, facts)
        }
        Membership::Absent => Ok(Some(joins_anew(cluster, host, facts, None))),
        Membership::Partial(_) => worker_way(cluster, host, facts),
    }
}

fn joins_anew(cluster: &Cluster, host: &Host, facts: &HostFacts, member: Option<Listed>) -> Way {
    let traces = has_traces(host, facts);
    // What nodes there are cannot be told while no API server is well; one that is not there is deleted in vain.
    let may_have_node = cluster.is_stalled() && (traces || member.is_some());
    Way::Join {
        clear: Clear {
            member,
            node: cluster.node(host).is_some() || may_have_node,
            host: traces,
        },
    }
}

fn worker_way(cluster: &Cluster, host: &Host, facts: &HostFacts) -> Result<Option<Way>, Problem> {
    if cluster.is_stalled() {
        // Nothing is known of the nodes: the next run looks again.
        return Ok(None);
    }
    if cluster.node(host).is_some_and(|node| node.ready) && facts.kubernetes.has_kubelet_identity() {
        return Ok(Some(Way::Finish));
    }
    serving::refuse(cluster, host, facts)?;
    Ok(Some(joins_anew(cluster, host, facts, None)))
}

/// A listed member is brought up as it is where it can be; it is removed only where the others hold the quorum.
fn control_plane_way(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    facts: &HostFacts,
) -> Result<Option<Way>, Problem> {
    if cluster.is_stalled() && scene.topology.etcd == EtcdTopology::External {
        // What stands is brought up; of the others nothing is known before the next run.
        return Ok(None);
    }
    let Some(member) = listed(cluster, host) else {
        refuse_worker(cluster, host, facts)?;
        if scene.topology.etcd == EtcdTopology::External && serving::may_be_finished(cluster, host, facts) {
            return Ok(Some(Way::BringUp { finish: true }));
        }
        serving::refuse(cluster, host, facts)?;
        return Ok(Some(joins_anew(cluster, host, facts, None)));
    };
    if cluster.is_stalled() && answers_itself(facts) && !member.learner {
        // It runs, and waits for the others.
        return Ok(None);
    }
    let sum = Sum::without(scene, cluster.members(), member);
    let stands = is_complete(facts, member) && (member.is_healthy() || !sum.holds());
    if stands || may_come_up(facts, member) {
        let lacks_identity = !facts.kubernetes.has_kubelet_identity();
        let finish = !cluster.is_stalled() || !member.has_started() || lacks_identity;
        return Ok(Some(Way::BringUp { finish }));
    }
    if !sum.holds() {
        return Err(lost(scene, cluster, host, facts, member, &sum));
    }
    if let Some(doubted) = doubted(host, member, POD) {
        return Err(doubted);
    }
    serving::refuse(cluster, host, facts)?;
    let listed = Listed {
        id: member.id.clone(),
        sum: sum.to_string(),
    };
    Ok(Some(joins_anew(cluster, host, facts, Some(listed))))
}

/// Whether all is there that a member needs to start: a kubelet that lacks its certificate is given what it takes to ask for
/// one, and runs the member meanwhile. Nobody is left to promote a learner; and without its data a
/// member that has once started does not start again.
fn is_complete(facts: &HostFacts, member: &MemberFact) -> bool {
    let found = &facts.kubernetes;
    let has_manifest = found.manifests.iter().any(|manifest| manifest == "etcd.yaml");
    let has_data = found.has_etcd_data || !member.has_started();
    has_manifest && found.has_kubelet_kubeconfig() && has_data && !member.learner
}

/// Whether a member that does not run has all that it needs, and has not tried for long.
pub(super) fn may_come_up(facts: &HostFacts, member: &MemberFact) -> bool {
    let has_tried = facts
        .units
        .get("kubelet")
        .is_some_and(|kubelet| kubelet.active_for_s > LONG_ENOUGH_S);
    is_complete(facts, member) && !has_tried
}

/// A host that works as a worker is not reset for another role: what runs on it would be gone.
fn refuse_worker(cluster: &Cluster, host: &Host, facts: &HostFacts) -> Result<(), Problem> {
    let found = &facts.kubernetes;
    let of_control_plane = found.has_ca_key || found.has_admin_conf || has_api_server(facts);
    let works = |node: &NodeFact| node.ready && has_finished(facts, node) && !node.control_plane;
    if of_control_plane || !found.has_kubelet_conf || !cluster.node(host).is_some_and(works) {
        return Ok(());
    }
    let name = &host.name;
    Err(Problem::Unsafe {
        what: format!("{name} is a worker of this cluster, and the inventory wants a control plane"),
        because: vec![format!("node {name} is Ready; what runs on it would be cut off")],
        way_out: vec![
            format!("`kubectl drain {name} --ignore-daemonsets` and `kubectl delete node {name}`"),
            format!("`kubeadm reset -f` on {name}, then run this again"),
        ],
    })
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
