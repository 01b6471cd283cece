//! What a reset may not take with it: a kubelet that is not this cluster's, pods of which nobody can be asked, the last
//! key of the cluster's CA.

use std::net::IpAddr;

use super::candidate::Candidate;
use crate::error::Problem;
use crate::facts::{HostFacts, NodeFact};
use crate::topology::HostName;

/// Refuses to reset a host on which a kubelet works, or has worked, of which the cluster cannot tell what it runs.
pub(super) fn refuse_unknown_kubelet(candidate: &Candidate) -> Result<(), Problem> {
    let found = &candidate.facts.kubernetes;
    let name = &candidate.host.name;
    let by_kubeadm = found.ca.is_some() || found.has_kubelet_kubeconfig() || found.has_client_certificate;
    if works(candidate.facts) && !by_kubeadm {
        return Err(foreign_kubelet(name));
    }
    if found.has_ca_key && found.ca.is_none() {
        return Err(Problem::Unsafe {
            what: format!("{name} must be reset, but has the key of an unknown CA"),
            because: vec!["/etc/kubernetes/pki/ca.key is there, and no ca.crt".to_owned()],
            recovery: vec![format!(
                "on {name}: `mv /etc/kubernetes/pki/ca.key /root/`, then rerun this command"
            )],
        });
    }
    // A node of its name will be asked for its pods before.
    let is_asked = candidate.cluster().is_stalled() || candidate.node().is_some();
    let has_identity = found.has_kubelet_identity() || found.has_client_certificate;
    if has_identity && !is_asked {
        return Err(without_node(name));
    }
    Ok(())
}

fn foreign_kubelet(name: &HostName) -> Problem {
    Problem::Unsafe {
        what: format!("{name} has a kubelet that does not belong to this cluster"),
        because: vec![
            "it runs without a kubeconfig or a CA of kubeadm (/etc/kubernetes)".to_owned(),
            "hawser resets no host with a foreign kubelet".to_owned(),
        ],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!("`systemctl cat kubelet; crictl pods` on {name} shows what it is for and what it runs"),
            format!(
                "only if you no longer need it: `systemctl disable --now kubelet` and `rm /var/lib/kubelet/config.yaml` on {name}, then rerun this command"
            ),
        ],
    }
}

fn without_node(name: &HostName) -> Problem {
    Problem::Unsafe {
        what: format!("{name} has a kubelet's identity, and the cluster has no node {name}"),
        because: vec![
            "its kubelet may run pods under another node name, which hawser cannot check".to_owned(),
            "hawser resets no host whose kubelet may run pods".to_owned(),
        ],
        recovery: vec![
            format!(
                "`openssl x509 -noout -subject -in /var/lib/kubelet/pki/kubelet-client-current.pem; crictl pods` on {name} shows the name of its node and what runs"
            ),
            format!(
                "only if you no longer need it: `kubeadm reset -f --skip-phases=remove-etcd-member` on {name}, then rerun this command"
            ),
        ],
    }
}

/// Whether a kubelet works. One that finds no configuration ends within a second, and is started again and again.
fn works(facts: &HostFacts) -> bool {
    facts.kubernetes.kubelet_listens || facts.kubelet_works()
}

/// Refuses to have a host join that the cluster has as a node of another name.
pub(super) fn refuse_other_name(candidate: &Candidate) -> Result<(), Problem> {
    let host = candidate.host;
    let is_its = |address: &String| address.parse::<IpAddr>().is_ok_and(|found| found == host.address);
    let is_other = |node: &&NodeFact| node.name != host.name && node.addresses.iter().any(is_its);
    let Some(node) = candidate.cluster().nodes().iter().find(is_other) else {
        return Ok(());
    };
    let (name, other, address) = (&host.name, &node.name, host.address);
    let state = if node.ready { "Ready" } else { "NotReady" };
    Err(Problem::Unsafe {
        what: format!("{name} is the node {other} of this cluster already"),
        because: vec![
            format!("node {other} has the address {address}, which is {name}'s, and is {state}"),
            "its running pods would be stopped".to_owned(),
        ],
        recovery: vec![
            format!("name the host {other} in the inventory"),
            format!(
                "or, if that node is lost: `kubectl drain {other} --ignore-daemonsets`, `kubectl delete node {other}`, then rerun this command"
            ),
        ],
    })
}
