//! The cluster as these tests see it.

use support::{host, lab};

pub(crate) const HOSTS: [&str; 3] = ["cp1", "cp2", "cp3"];

/// What all control planes have in common, below /etc/kubernetes/pki: the guide's list.
pub(crate) const SHARED: [&str; 8] = [
    "ca.crt",
    "ca.key",
    "sa.key",
    "sa.pub",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "etcd/ca.crt",
    "etcd/ca.key",
];

/// The host that holds the VIP.
pub(crate) fn holder() -> Result<&'static str, String> {
    let holders = HOSTS.into_iter().filter(|name| host::holds(name, lab::VIP));
    match holders.collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        several => Err(format!("{several:?} hold the VIP")),
    }
}

/// Owner and mode of a file below /etc/kubernetes/pki.
pub(crate) fn mode(name: &str, path: &str) -> String {
    let script = format!("stat -c '%U:%G %a' /etc/kubernetes/pki/{path}");
    host::exec(name, &script).trim().to_owned()
}

/// The SHA-256 of a file below /etc/kubernetes/pki.
pub(crate) fn sum(name: &str, path: &str) -> String {
    host::exec(name, &format!("sha256sum </etc/kubernetes/pki/{path}"))
}
