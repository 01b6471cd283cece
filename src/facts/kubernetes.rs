//! What kubeadm and a kubelet have left on a host.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{EtcdDirectory, Observed};

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
    /// What of the files that control planes share lies there beside the cluster CA: the SHA-256 of each by its path.
    pub shared: BTreeMap<String, String>,
    /// Whether `/etc/kubernetes/pki/ca.key` exists.
    pub has_ca_key: bool,
    /// Whether `/etc/kubernetes/kubelet.conf` exists. A kubelet writes it before it has its certificate: ask for
    /// [`KubernetesFacts::has_kubelet_identity`].
    pub has_kubelet_conf: bool,
    /// Whether `kubelet.conf` names a client certificate that is not there: its TLS bootstrap did not finish.
    pub lacks_client_certificate: bool,
    /// Whether `/var/lib/kubelet/pki/kubelet-client-current.pem` exists: a kubelet that was given an identity keeps it
    /// there, whether its kubeconfig is there or not.
    pub has_client_certificate: bool,
    pub kubelet_listens: bool,
    /// Whether `/etc/kubernetes/bootstrap-kubelet.conf` exists: a join that did not finish.
    pub has_bootstrap_kubelet_conf: bool,
    /// Whether `/var/lib/kubelet/config.yaml` exists.
    pub has_kubelet_config: bool,
    /// Whether `/var/lib/kubelet/instance-config.yaml` exists: kubeadm keeps the CRI socket there and not on the node.
    pub has_instance_config: bool,
    pub has_admin_conf: bool,
    /// File names in `/etc/kubernetes/manifests`.
    pub manifests: Vec<String>,
    /// Whether a member's data lies in the data directory that the inventory names.
    pub has_etcd_data: bool,
    /// Where data of etcd lies, and whose it is: in the directory that the inventory names, in the one of the host's
    /// own manifest, and in kubeadm's default.
    pub etcd_data: Vec<EtcdDirectory>,
    /// Mount points at or above the inventory's data directory that fstab or a mount unit
    /// names, and where nothing is mounted.
    pub unmounted: Vec<String>,
    /// Whether `kubelet.conf` names a certificate in a file of its own: an init writes that in its last phases.
    pub has_kubelet_rotation: bool,
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

/// A static pod that kubeadm writes. Any other is somebody's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticPod {
    Etcd,
    ApiServer,
    ControllerManager,
    Scheduler,
}

impl StaticPod {
    pub const ALL: [StaticPod; 4] = [
        StaticPod::Etcd,
        StaticPod::ApiServer,
        StaticPod::ControllerManager,
        StaticPod::Scheduler,
    ];

    /// The one whose manifest has this file name.
    pub fn of_file(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pod| pod.file_name() == name)
    }

    fn file_name(self) -> &'static str {
        match self {
            StaticPod::Etcd => "etcd.yaml",
            StaticPod::ApiServer => "kube-apiserver.yaml",
            StaticPod::ControllerManager => "kube-controller-manager.yaml",
            StaticPod::Scheduler => "kube-scheduler.yaml",
        }
    }
}

impl KubernetesFacts {
    pub fn has_manifest(&self, pod: StaticPod) -> bool {
        self.manifests.iter().any(|name| name == pod.file_name())
    }

    /// Whether the kubelet can prove to the API who it is.
    pub fn has_kubelet_identity(&self) -> bool {
        self.has_kubelet_conf && !self.lacks_client_certificate
    }

    /// Whether the kubelet has been given an identity by some cluster, as far as anything on the host tells.
    pub fn may_have_kubelet_identity(&self) -> bool {
        self.has_kubelet_conf || self.has_client_certificate
    }

    /// Whether a kubelet that is started finds what it needs to run static pods: with a bootstrap identity, however
    /// old, it runs them while it asks for its certificate.
    pub fn has_kubelet_kubeconfig(&self) -> bool {
        self.has_kubelet_conf || self.has_bootstrap_kubelet_conf
    }
}
