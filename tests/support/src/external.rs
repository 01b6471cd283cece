//! Clusters with etcd on hosts of its own, as their tests see them.

use crate::kubectl::Kubectl;
use crate::{host, lab};

pub const CONTROL_PLANES: [&str; 3] = ["cp1", "cp2", "cp3"];

pub const ETCD: [&str; 3] = ["etcd1", "etcd2", "etcd3"];

/// Has a control plane leave by kubeadm's own way, and cuts its power.
pub fn leave(name: &str, kubectl: &Kubectl) {
    host::exec(
        name,
        "kubeadm reset -f --cri-socket /run/containerd/containerd.sock",
    );
    kubectl.run(&["delete", "node", name]).exits(0);
    lab::kill(name);
}

/// What all control planes have in common, below /etc/kubernetes/pki: the guide's list where etcd has hosts of its own.
pub const SHARED: [&str; 9] = [
    "ca.crt",
    "ca.key",
    "sa.key",
    "sa.pub",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "etcd/ca.crt",
    "apiserver-etcd-client.crt",
    "apiserver-etcd-client.key",
];

/// The SHA-256 of each of them on a host.
pub fn shared_sums(name: &str) -> String {
    host::exec(
        name,
        &format!("cd /etc/kubernetes/pki && sha256sum {}", SHARED.join(" ")),
    )
}
