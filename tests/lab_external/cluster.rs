//! The cluster as its tests see it.

use std::path::Path;

use crate::support::hawser::{Administrator, Workstation, administrator};
use crate::support::kubectl::Kubectl;
use crate::support::{host, lab};
use crate::{ENDPOINT, PROFILE};

pub(crate) const CONTROL_PLANES: [&str; 3] = ["cp1", "cp2", "cp3"];

pub(crate) const ETCD: [&str; 3] = ["etcd1", "etcd2", "etcd3"];

/// All hosts of the profile.
pub(crate) fn hosts() -> Vec<String> {
    lab::hosts(PROFILE).into_iter().map(|(name, _)| name).collect()
}

/// The profile's workers.
pub(crate) fn workers() -> impl Iterator<Item = String> {
    hosts().into_iter().filter(|name| name.starts_with('w'))
}

/// Has a control plane leave by kubeadm's own way, and cuts its power.
pub(crate) fn leave(name: &str, kubectl: &Kubectl) {
    host::exec(
        name,
        "kubeadm reset -f --cri-socket /run/containerd/containerd.sock",
    );
    kubectl.run(&["delete", "node", name]).exits(0);
    lab::kill(name);
}

/// The workstation that builds; what it writes stays for the tests.
pub(crate) fn builder() -> Workstation {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lab-{PROFILE}"));
    Workstation::at(&folder, lab::inventory(PROFILE))
}

/// The administrator, who asks at the endpoint's port.
pub(crate) fn at_the_endpoint() -> Administrator {
    let administrator = administrator(PROFILE);
    Administrator {
        kubectl: administrator.kubectl.at(ENDPOINT),
        ..administrator
    }
}

/// What all control planes have in common, below /etc/kubernetes/pki: the guide's list where etcd has hosts of its own.
pub(crate) const SHARED: [&str; 9] = [
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
pub(crate) fn shared_sums(name: &str) -> String {
    host::exec(
        name,
        &format!("cd /etc/kubernetes/pki && sha256sum {}", SHARED.join(" ")),
    )
}
