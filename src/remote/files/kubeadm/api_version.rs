//! Which version of its configuration API a kubeadm takes.

use crate::topology::Version;

/// A version of kubeadm's configuration API, `kubeadm.k8s.io/…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// kubeadm 1.15 to 1.21.
    V1Beta2,
    /// kubeadm 1.22 to 1.30.
    V1Beta3,
    /// kubeadm 1.31 and newer.
    V1Beta4,
}

impl ApiVersion {
    /// The one that a host's kubeadm itself writes: read without a deprecation warning, and never yet removed.
    pub fn for_kubeadm(kubeadm: Version) -> Result<Self, String> {
        match (kubeadm.major, kubeadm.minor) {
            (0, _) | (1, ..=14) => Err(format!(
                "kubeadm {kubeadm} is too old: hawser writes configuration for v1.15.0 and newer"
            )),
            (1, 15..=21) => Ok(Self::V1Beta2),
            (1, 22..=30) => Ok(Self::V1Beta3),
            _ => Ok(Self::V1Beta4),
        }
    }

    /// The `apiVersion` of a document.
    pub fn group_version(self) -> &'static str {
        match self {
            Self::V1Beta2 => "kubeadm.k8s.io/v1beta2",
            Self::V1Beta3 => "kubeadm.k8s.io/v1beta3",
            Self::V1Beta4 => "kubeadm.k8s.io/v1beta4",
        }
    }

    /// Whether extra arguments are a list of `{name, value}`; before, they are a map.
    pub(super) fn arguments_are_lists(self) -> bool {
        self >= Self::V1Beta4
    }

    /// The container runtime's socket: kubeadms of v1beta2 take a path, later ones want a URL.
    pub(in crate::remote::files) fn cri_socket(self, url: &str) -> &str {
        match self {
            Self::V1Beta2 => url.strip_prefix("unix://").unwrap_or(url),
            Self::V1Beta3 | Self::V1Beta4 => url,
        }
    }

    /// The cgroup driver to name where kubeadm has no default: since 1.22 it is `systemd`, before it was the kubelet's
    /// own `cgroupfs`, which systemd's hosts do not use.
    pub(super) fn missing_cgroup_driver(self) -> Option<&'static str> {
        (self == Self::V1Beta2).then_some("systemd")
    }
}
