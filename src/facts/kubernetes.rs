//! What kubeadm and a kubelet have left on a host.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Observed;

/// What kubeadm (or a kubelet) has left on a host.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one file that is there or not"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct KubernetesFacts {
    /// `/etc/kubernetes/pki/ca.crt`, PEM (a worker that joined has it too).
    pub ca: Option<String>,
    /// `/etc/kubernetes/pki/etcd/ca.crt`, PEM: of etcd's members, and of the control planes that ask them.
    pub etcd_ca: Option<String>,
    /// Whether `/etc/kubernetes/pki/ca.key` exists.
    pub has_ca_key: bool,
    /// Whether `/etc/kubernetes/kubelet.conf` exists. A kubelet writes it before it has its certificate: ask for
    /// [`KubernetesFacts::has_kubelet_identity`].
    pub has_kubelet_conf: bool,
    /// Whether `kubelet.conf` names a client certificate that is not there: its TLS bootstrap did not finish.
    pub lacks_client_certificate: bool,
    /// Whether `/etc/kubernetes/bootstrap-kubelet.conf` exists: a join that did not finish.
    pub has_bootstrap_kubelet_conf: bool,
    /// Whether `/var/lib/kubelet/config.yaml` exists.
    pub has_kubelet_config: bool,
    /// Whether `/var/lib/kubelet/instance-config.yaml` exists: kubeadm keeps the CRI socket there and not on the node.
    pub has_instance_config: bool,
    /// Whether `/etc/kubernetes/admin.conf` exists.
    pub has_admin_conf: bool,
    /// File names in `/etc/kubernetes/manifests`.
    pub manifests: Vec<String>,
    /// Whether `/var/lib/etcd/member` exists.
    pub has_etcd_data: bool,
    /// Whether `/run/hawser` exists: what an earlier run could not clear away.
    pub has_leftovers: bool,
    /// A process of an earlier run's kubeadm that still runs, if any.
    pub running_kubeadm: Option<u32>,
    /// The images the runtime holds, by every name.
    pub images: Observed<Vec<String>>,
    /// The runtime's own id of the image under each name: the digest of its configuration. As far as it is told.
    pub image_ids: BTreeMap<String, String>,
    /// The image that containerd starts each pod with, as its configuration says.
    pub sandbox_image: Observed<String>,
    /// What the host's own kubeadm says it needs for the wanted version and repository.
    pub needed_images: Observed<Vec<String>>,
}

impl KubernetesFacts {
    /// Whether the kubelet can prove to the API who it is.
    pub fn has_kubelet_identity(&self) -> bool {
        self.has_kubelet_conf && !self.lacks_client_certificate
    }

    /// Whether a kubelet that is started finds what it needs to run static pods: with a bootstrap identity, however old,
    /// it runs them while it asks for its certificate.
    pub fn has_kubelet_kubeconfig(&self) -> bool {
        self.has_kubelet_conf || self.has_bootstrap_kubelet_conf
    }
}
