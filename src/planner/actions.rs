//! What a host is to the cluster (`facts::membership`), and what makes it a complete member.

use super::candidate::Candidate;
use super::clearing;
use super::clearing::ListedMember;
use super::node_actions::{JoinState, NodeAction};
use super::quorum::{POD, QuorumCheck, refuse_lost_member, refuse_unknown_member};
use super::startable::{is_complete, may_come_up};
use super::{etcd_data, in_service};
use crate::ca::ca_hash;
use crate::error::Problem;
use crate::facts::{
    self, HostFacts, MemberFact, Membership, NodeFact, StaticPod, control_plane_membership, has_finished,
    worker_membership,
};
use crate::topology::Host;

impl Candidate<'_, '_> {
    pub(super) fn action(&self) -> Result<Option<NodeAction>, Problem> {
        match self.membership()? {
            Membership::Member => Ok(None),
            Membership::Foreign => Err(other_cluster(self)),
            Membership::Absent | Membership::HalfJoined(_) if self.is_control_plane() => {
                control_plane_action(self)
            }
            Membership::Absent => join_again(self, None),
            Membership::HalfJoined(_) => worker_action(self),
        }
    }

    pub(super) fn is_member(&self) -> bool {
        if !self.cluster().is_stalled() {
            return self.membership() == Ok(Membership::Member);
        }
        if self.has_external_etcd() {
            return self.has_api_server() && self.facts.kubernetes.has_kubelet_identity();
        }
        // A member that has started once has been enabled, as far as can be told now.
        self.member().is_some_and(MemberFact::has_started) && self.has_api_server()
    }

    fn has_api_server(&self) -> bool {
        self.facts.kubernetes.has_manifest(StaticPod::ApiServer)
    }

    /// What it is to the cluster. While no API server is well, only what is on the host itself counts.
    fn membership(&self) -> Result<Membership, Problem> {
        let existing = self.cluster().existing().filter(|existing| existing.api_answers);
        let measure = existing.map(|existing| facts::ReferenceCluster {
            ca: existing.ca,
            view: existing.view,
        });
        let found = if self.is_control_plane() {
            control_plane_membership(self.host, self.facts, measure, self.survey.topology.etcd)
        } else {
            worker_membership(self.host, self.facts, measure)
        };
        found.into_result().map_err(|cause| Problem::Probe {
            host: self.host.name.clone(),
            what: format!(
                "whether it belongs to the cluster (asked on {})",
                self.cluster().reference_node().name
            ),
            cause,
        })
    }
}

fn join_again(candidate: &Candidate, listed: Option<ListedMember>) -> Result<Option<NodeAction>, Problem> {
    clearing::decide(candidate, listed).map(|clearing| Some(NodeAction::Join(clearing)))
}

/// A kubelet that has been given an identity of this cluster is started, and its join finished: it is never reset,
/// whatever its node is like.
fn worker_action(candidate: &Candidate) -> Result<Option<NodeAction>, Problem> {
    if candidate.cluster().is_stalled() {
        // Nothing is known of the nodes: the next run observes them again.
        return Ok(None);
    }
    let found = &candidate.facts.kubernetes;
    if !found.may_have_kubelet_identity() {
        return join_again(candidate, None);
    }
    etcd_data::of_member(candidate, None)?;
    let may_start = found.has_kubelet_conf && found.has_kubelet_config;
    if candidate.cluster().existing().is_some() && found.ca.is_some() && may_start {
        return Ok(Some(NodeAction::FinishWorker));
    }
    Err(unknown_identity(candidate.host, candidate.facts))
}

const CLIENT_CERTIFICATE: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/// A kubelet's identity of which nothing tells that it is this cluster's, or that cannot start.
fn unknown_identity(host: &Host, facts: &HostFacts) -> Problem {
    let name = &host.name;
    let found = &facts.kubernetes;
    let (identity, look) = if found.has_kubelet_conf {
        (
            "/etc/kubernetes/kubelet.conf",
            "grep server: /etc/kubernetes/kubelet.conf",
        )
    } else {
        (
            CLIENT_CERTIFICATE,
            "openssl x509 -noout -issuer -dates -in /var/lib/kubelet/pki/kubelet-client-current.pem",
        )
    };
    let because = if !found.has_kubelet_conf {
        "its kubeconfig is missing (/etc/kubernetes/kubelet.conf), but its pods may still run"
    } else if found.ca.is_some() {
        "it has no configuration to start with (/var/lib/kubelet/config.yaml)"
    } else {
        "its cluster is unknown: there is no /etc/kubernetes/pki/ca.crt"
    };
    Problem::Unsafe {
        what: format!("{name} has a kubelet's identity, and is not a complete worker of this cluster"),
        because: vec![
            format!("{identity} is there"),
            because.to_owned(),
            "hawser resets no worker whose kubelet may belong to a cluster".to_owned(),
        ],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!("`{look}; crictl pods` on {name} shows its cluster and what runs"),
            format!(
                "only if you no longer need it: `kubeadm reset -f --skip-phases=remove-etcd-member` on {name}, then rerun this command"
            ),
        ],
    }
}

/// A listed member is restarted as it is where it can be; it is removed only where the others hold the quorum.
fn control_plane_action(candidate: &Candidate) -> Result<Option<NodeAction>, Problem> {
    let is_stalled = candidate.cluster().is_stalled();
    if is_stalled && candidate.has_external_etcd() {
        // What is there is restarted; of the others nothing is known before the next run.
        return Ok(None);
    }
    let Some(member) = candidate.member() else {
        refuse_worker(candidate)?;
        if candidate.has_external_etcd() && in_service::may_be_finished(candidate) {
            return Ok(Some(NodeAction::Restart(JoinState::Unfinished)));
        }
        in_service::refuse_reset(candidate)?;
        return join_again(candidate, None);
    };
    if is_stalled && candidate.etcd_answers() && !member.learner {
        // It runs, and waits for the others.
        return Ok(None);
    }
    let quorum = QuorumCheck::without(candidate.survey, member);
    let (host, facts) = (candidate.host, candidate.facts);
    let can_stay = is_complete(facts, member) && (member.is_healthy() || !quorum.holds());
    if can_stay || may_come_up(facts, member) {
        etcd_data::refuse_start_on_others(candidate, member)?;
        let lacks_identity = !facts.kubernetes.has_kubelet_identity();
        let is_unfinished = !is_stalled || !member.has_started() || lacks_identity;
        return Ok(Some(NodeAction::Restart(if is_unfinished {
            JoinState::Unfinished
        } else {
            JoinState::Finished
        })));
    }
    if !quorum.holds() {
        return Err(refuse_lost_member(candidate, member, &quorum));
    }
    if let Some(unknown) = refuse_unknown_member(host, member, POD) {
        return Err(unknown);
    }
    in_service::refuse_reset(candidate)?;
    let listed = ListedMember {
        id: member.id.clone(),
        quorum: quorum.to_string(),
        is_learner: member.learner,
    };
    join_again(candidate, Some(listed))
}

/// A host that works as a worker is not reset for another role: what runs on it would be gone.
fn refuse_worker(candidate: &Candidate) -> Result<(), Problem> {
    let found = &candidate.facts.kubernetes;
    let of_control_plane = found.has_ca_key || found.has_admin_conf || candidate.has_api_server();
    // Its pods run on while its node is not Ready.
    let works = |node: &NodeFact| has_finished(candidate.facts, node) && !node.control_plane;
    let is_worker = candidate.cluster().is_stalled() || candidate.node().is_some_and(works);
    if of_control_plane || !found.may_have_kubelet_identity() || !is_worker {
        return Ok(());
    }
    let name = &candidate.host.name;
    let because = match candidate.node() {
        Some(node) if node.ready => format!("node {name} is Ready; its running pods would be stopped"),
        Some(_) => format!("node {name} has joined, and its pods may run though it is NotReady"),
        None => format!("the kubelet of {name} has an identity, and no API server reports what it runs"),
    };
    Err(Problem::Unsafe {
        what: format!("{name} is a worker of this cluster, but a control plane in the inventory"),
        because: vec![because],
        recovery: vec![
            format!("`kubectl drain {name} --ignore-daemonsets` and `kubectl delete node {name}`"),
            format!("`kubeadm reset -f` on {name}, then rerun this command"),
        ],
    })
}

fn other_cluster(candidate: &Candidate) -> Problem {
    let host = candidate.host;
    let found = &candidate.facts.kubernetes;
    let hash = found
        .ca
        .as_deref()
        .and_then(|ca| ca_hash(ca).ok())
        .unwrap_or_default();
    let cluster = candidate.cluster();
    let ours = cluster
        .existing()
        .map_or("(none)", |existing| existing.ca_hash.as_str());
    Problem::Unsafe {
        what: format!("{} belongs to another cluster", host.name),
        because: vec![
            format!("its CA is {hash}"),
            format!("the CA of this cluster is {ours}"),
        ],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!(
                "only if the host leaves that cluster: `kubeadm reset` on {}, then rerun this command",
                host.name
            ),
        ],
    }
}
