//! What a control plane that joins needs of those that are there, where nothing is uploaded.

use crate::remote::certificate_transfer::HandedFile;
use crate::topology::EtcdTopology;

/// What every control plane has in common: the CAs of the cluster and of its front proxy, and the key that signs the
/// tokens of service accounts.
const COMMON: [&str; 7] = [
    "ca.crt",
    "ca.key",
    "sa.key",
    "sa.pub",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "etcd/ca.crt",
];

/// With etcd beside it a control plane signs its own member's certificates.
const STACKED: [&str; 1] = ["etcd/ca.key"];

/// With etcd elsewhere all API servers are the same client of it, and no control plane has etcd's CA key.
const EXTERNAL: [&str; 2] = ["apiserver-etcd-client.crt", "apiserver-etcd-client.key"];

/// The files that the guide has copied by hand before `kubeadm join --control-plane`, and no others: a leaf certificate
/// of another host would not hold this one's names, and kubeadm would refuse it.
///
/// Source: "Manual certificate distribution" in Kubernetes' "Creating Highly Available Clusters with kubeadm".
pub fn shared_certificates(etcd: EtcdTopology) -> Vec<HandedFile> {
    let own: &[&str] = match etcd {
        EtcdTopology::Stacked => &STACKED,
        EtcdTopology::External => &EXTERNAL,
    };
    COMMON
        .iter()
        .chain(own)
        .map(|name| HandedFile::of_root(&format!("/etc/kubernetes/pki/{name}")))
        .collect()
}
