//! Hosts that serve the cluster are never reset, whatever of their join is missing.

use super::candidate::Candidate;
use crate::error::Problem;

/// Refuses to reset a host that serves, and says by what it is seen.
pub(super) fn refuse_reset(candidate: &Candidate) -> Result<(), Problem> {
    let mut because = signs(candidate);
    if because.is_empty() {
        return Ok(());
    }
    let name = &candidate.host.name;
    if candidate.facts.kubernetes.lacks_client_certificate && candidate.is_control_plane() {
        because.push(
            "the certificate that /etc/kubernetes/kubelet.conf names is missing: kubelet could not start again"
                .to_owned(),
        );
    }
    let mut recovery = vec![format!(
        "`kubectl describe node {name}` and `journalctl -u kubelet -n 100` on {name} show what it lacks; fix that, then rerun this command"
    )];
    // A control plane serves on without its kubelet, and may be the only one.
    if !candidate.is_control_plane() {
        recovery.push(format!(
            "or remove it: `kubectl drain {name} --ignore-daemonsets --delete-emptydir-data`, `systemctl stop kubelet` on {name}, `kubectl delete node {name}`, then rerun this command"
        ));
    }
    Err(Problem::Unsafe {
        what: format!("{name} is in service, but its join is not complete"),
        because,
        recovery,
    })
}

/// Whether nothing but the last phases of its join is missing of a control plane whose etcd is elsewhere.
pub(super) fn may_be_finished(candidate: &Candidate) -> bool {
    let found = &candidate.facts.kubernetes;
    let has_node = candidate.node().is_some();
    has_node && candidate.api_answers() && found.has_kubelet_identity() && found.has_admin_conf
}

/// By what it is seen that a host serves: each alone is enough.
fn signs(candidate: &Candidate) -> Vec<String> {
    let host = candidate.host;
    let mut signs = Vec::new();
    // Of a control plane it tells nothing that its API server and its etcd do not.
    if !candidate.is_control_plane() && candidate.node().is_some_and(|node| node.ready) {
        signs.push(format!("node {} is Ready", host.name));
    }
    if candidate.api_answers() {
        signs.push(format!("the API server of {} is ready", host.name));
    }
    // The host itself is asked too: others may be kept from it, or have another list.
    let view = candidate.facts.cluster.as_ref();
    let of_host = view.and_then(|view| view.etcd.known()).into_iter().flatten();
    let mut members = candidate.cluster().members().iter().chain(of_host);
    if members.any(|member| member.is_of(host) && member.is_healthy() && !member.learner) {
        signs.push(format!("the etcd member of {} is healthy", host.name));
    }
    signs
}
