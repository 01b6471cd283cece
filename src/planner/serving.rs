//! Hosts that serve the cluster are never reset, whatever of their join is missing.

use super::Cluster;
use crate::error::Problem;
use crate::facts::HostFacts;
use crate::topology::{Host, Role};

/// Refuses to reset a host that serves, and says by what it is seen.
pub(super) fn refuse(cluster: &Cluster, host: &Host, facts: &HostFacts) -> Result<(), Problem> {
    let mut because = signs(cluster, host, facts);
    if because.is_empty() {
        return Ok(());
    }
    let name = &host.name;
    if facts.kubernetes.lacks_client_certificate {
        because.push(
            "the certificate that /etc/kubernetes/kubelet.conf names is not there: kubelet could not start again"
                .to_owned(),
        );
    }
    let mut way_out = vec![format!(
        "`kubectl describe node {name}` and `journalctl -u kubelet -n 100` on {name} tell what it lacks; put it right, then run this again"
    )];
    // A control plane serves on without its kubelet, and may be the only one.
    if !host.is(Role::ControlPlane) {
        way_out.push(format!(
            "or take it out: `kubectl drain {name} --ignore-daemonsets --delete-emptydir-data`, `systemctl stop kubelet` on {name}, `kubectl delete node {name}`, then run this again"
        ));
    }
    Err(Problem::Unsafe {
        what: format!("{name} serves the cluster, and its join is not complete"),
        because,
        way_out,
    })
}

/// Whether nothing but the last phases of its join is missing of a control plane whose etcd is elsewhere.
pub(super) fn may_be_finished(cluster: &Cluster, host: &Host, facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    let has_node = cluster.node(host).is_some();
    has_node && api_answers(facts) && found.has_kubelet_identity() && found.has_admin_conf
}

/// By what it is seen that a host serves: each alone is enough.
fn signs(cluster: &Cluster, host: &Host, facts: &HostFacts) -> Vec<String> {
    let mut signs = Vec::new();
    // A node stays Ready for a while when its host has been wiped; and of a control plane it tells nothing that its API
    // server and its etcd do not.
    let has_kubelet = facts.kubernetes.has_kubelet_conf && !host.is(Role::ControlPlane);
    if has_kubelet && cluster.node(host).is_some_and(|node| node.ready) {
        signs.push(format!("node {} is Ready", host.name));
    }
    if api_answers(facts) {
        signs.push(format!("the API server of {} is ready", host.name));
    }
    // The host itself is asked too: others may be kept from it, or have another list.
    let own = facts.cluster.as_ref().and_then(|view| view.etcd.known());
    let mut members = cluster.members().iter().chain(own.into_iter().flatten());
    if members.any(|member| member.is_of(host) && member.is_healthy() && !member.learner) {
        signs.push(format!("the etcd member of {} is healthy", host.name));
    }
    signs
}

fn api_answers(facts: &HostFacts) -> bool {
    let view = facts.cluster.as_ref();
    view.is_some_and(|view| view.ready.known() == Some(&true))
}
