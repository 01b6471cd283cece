//! What a host is to the cluster: nothing, a part of it, or something in between that must be mended first.

use super::{ClusterView, HostFacts, MemberFact, NodeFact, Observed, StaticPod};
use crate::topology::{EtcdTopology, Host};
use crate::versions::kubernetes;

/// What a host is to the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Nothing of a cluster is on it, and the cluster knows nothing of it.
    Absent,
    /// Something is there, but not all of it: each line says what, or what is missing.
    HalfJoined(Vec<String>),
    Member,
    /// It belongs to another cluster: its CA is not this cluster's.
    Foreign,
}

/// The cluster that a host is measured against, as a healthy control plane tells of it.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceCluster<'a> {
    /// The cluster CA, PEM.
    pub ca: &'a str,
    pub view: &'a ClusterView,
}

impl<'a> ReferenceCluster<'a> {
    /// The cluster that a control plane tells of, if it tells of one.
    pub fn of(control_plane: &'a HostFacts) -> Option<Self> {
        let ca = control_plane.kubernetes.ca.as_deref()?;
        let view = control_plane.cluster.as_ref()?;
        Some(Self { ca, view })
    }
}

/// The votes that `members` etcd members need to decide anything.
pub fn quorum(members: usize) -> usize {
    members / 2 + 1
}

/// What a host of the role worker is to the cluster; without a cluster, only what is on the host counts.
pub fn worker_membership(
    host: &Host,
    facts: &HostFacts,
    cluster: Option<ReferenceCluster<'_>>,
) -> Observed<Membership> {
    membership(facts, cluster, |view| evidence_of_node(host, facts, view)).into()
}

/// What a host of the role control plane is to the cluster; without a cluster, only what is on the host counts.
pub fn control_plane_membership(
    host: &Host,
    facts: &HostFacts,
    cluster: Option<ReferenceCluster<'_>>,
    etcd: EtcdTopology,
) -> Observed<Membership> {
    let evidence = |view: &ClusterView| {
        let mut evidence = evidence_of_node(host, facts, view)?;
        if view
            .node(&host.name)
            .into_result()?
            .is_some_and(|node| !node.control_plane)
        {
            evidence.missing("its node is not labelled as a control plane");
        }
        if !facts.kubernetes.has_manifest(StaticPod::ApiServer) {
            evidence.missing("no manifest of an API server is there");
        }
        if etcd == EtcdTopology::Stacked {
            evidence.add_member(view.member(host).into_result()?, facts);
        }
        Ok(evidence)
    };
    membership(facts, cluster, evidence).into()
}

fn membership(
    facts: &HostFacts,
    cluster: Option<ReferenceCluster<'_>>,
    evidence: impl Fn(&ClusterView) -> Result<Evidence, String>,
) -> Result<Membership, String> {
    let mut traces = traces(facts);
    let Some(cluster) = cluster else {
        return Ok(absent_or_partial(traces));
    };
    if facts
        .kubernetes
        .ca
        .as_deref()
        .is_some_and(|ca| !same_pem(ca, cluster.ca))
    {
        return Ok(Membership::Foreign);
    }
    let evidence = evidence(cluster.view)?;
    if evidence.missing.is_empty() {
        return Ok(Membership::Member);
    }
    traces.extend(evidence.known);
    if !traces.is_empty() {
        traces.extend(evidence.missing);
    }
    Ok(absent_or_partial(traces))
}

fn absent_or_partial(traces: Vec<String>) -> Membership {
    if traces.is_empty() {
        Membership::Absent
    } else {
        Membership::HalfJoined(traces)
    }
}

/// What the cluster knows of a host, and what the host lacks.
#[derive(Default)]
struct Evidence {
    known: Vec<String>,
    missing: Vec<String>,
}

impl Evidence {
    fn missing(&mut self, what: &str) {
        self.missing.push(what.to_owned());
    }

    fn add_member(&mut self, member: Option<&MemberFact>, facts: &HostFacts) {
        let Some(member) = member else {
            return self.missing("etcd does not list it as a member");
        };
        self.known.push(format!("etcd lists it as member {}", member.id));
        if !member.has_started() {
            self.missing("its etcd member has not started");
        } else if member.learner {
            self.missing("its etcd member is still a learner");
        } else if !member.is_healthy() {
            self.add_lost(facts);
        }
    }

    /// A member that does not run may just be slow, or it has nothing left to start from.
    fn add_lost(&mut self, facts: &HostFacts) {
        let found = &facts.kubernetes;
        if !found.has_manifest(StaticPod::Etcd) {
            self.missing("no manifest of etcd is there");
        }
        if !found.has_etcd_data {
            self.missing("etcd's data is gone");
        }
    }
}

fn evidence_of_node(host: &Host, facts: &HostFacts, view: &ClusterView) -> Result<Evidence, String> {
    let mut evidence = Evidence::default();
    if !facts.kubernetes.has_kubelet_conf {
        evidence.missing("the kubelet has no identity (/etc/kubernetes/kubelet.conf)");
    } else if facts.kubernetes.lacks_client_certificate {
        evidence.missing(
            "the kubelet has no identity: the client certificate that its kubelet.conf names is not there",
        );
    }
    match view.node(&host.name).into_result()? {
        None => evidence.missing("the cluster has no node of its name"),
        Some(node) => {
            evidence
                .known
                .push(format!("the cluster has the node {}", host.name));
            if !has_finished(facts, node) {
                evidence.missing("kubeadm has not finished with its node");
            }
        }
    }
    Ok(evidence)
}

/// Whether kubeadm came to the end of the kubelet's part: it writes the CRI socket on the node, where it does, and
/// takes the bootstrap identity away.
pub fn has_finished(facts: &HostFacts, node: &NodeFact) -> bool {
    node.joined || (!writes_cri_socket(facts) && !facts.kubernetes.has_bootstrap_kubelet_conf)
}

/// Whether the host's own kubeadm writes the CRI socket on the node. Before 1.34 a cluster may ask it not to
/// (`NodeLocalCRISocket` in kubeadm-config): then the host has the file in which it keeps it instead. Where no kubeadm
/// tells, nothing is to be written.
pub fn writes_cri_socket(facts: &HostFacts) -> bool {
    let kubeadm = facts.versions.kubeadm;
    kubeadm.is_some_and(kubernetes::writes_cri_socket) && !facts.kubernetes.has_instance_config
}

/// What kubeadm leaves on a host, half done or done. Data of etcd is none of it: whose it is, only the data tells.
fn traces(facts: &HostFacts) -> Vec<String> {
    let found = &facts.kubernetes;
    let files = [
        (found.ca.is_some(), "/etc/kubernetes/pki/ca.crt"),
        (found.has_ca_key, "/etc/kubernetes/pki/ca.key"),
        (found.has_kubelet_conf, "/etc/kubernetes/kubelet.conf"),
        (
            found.has_client_certificate,
            "/var/lib/kubelet/pki/kubelet-client-current.pem",
        ),
        (
            found.has_bootstrap_kubelet_conf,
            "/etc/kubernetes/bootstrap-kubelet.conf",
        ),
        (found.has_admin_conf, "/etc/kubernetes/admin.conf"),
        (found.has_kubelet_config, "/var/lib/kubelet/config.yaml"),
    ];
    let files = files
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, what)| format!("{what} is there"));
    let manifests = found
        .manifests
        .iter()
        .filter(|name| StaticPod::of_file(name).is_some())
        .map(|name| format!("/etc/kubernetes/manifests/{name} is there"));
    files.chain(manifests).collect()
}

/// Whether two certificates are the same, whatever their line ends.
fn same_pem(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}
