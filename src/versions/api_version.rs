//! Versions of kubeadm's configuration API, and how they differ.

use super::kubernetes::{Choice, TABLE};
use super::{Version, chosen};

/// A version of kubeadm's configuration API, `kubeadm.k8s.io/…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// Arguments are maps, patches a flag, the runtime's socket a path.
    V1Beta2,
    /// Patches have a field, the runtime's socket is a URL.
    V1Beta3,
    /// Arguments are lists.
    V1Beta4,
}

impl ApiVersion {
    /// The one that a host's kubeadm itself writes: read without a deprecation warning, and never yet removed.
    pub fn for_kubeadm(kubeadm: Version) -> Result<Self, String> {
        let api = |choice: &Choice| match choice {
            Choice::ConfigApi(api) => Some(*api),
            _ => None,
        };
        chosen(TABLE, kubeadm, api).ok_or_else(|| {
            format!("kubeadm {kubeadm} is too old: hawser writes configuration for v1.15.0 and newer")
        })
    }

    pub fn group_version(self) -> &'static str {
        match self {
            Self::V1Beta2 => "kubeadm.k8s.io/v1beta2",
            Self::V1Beta3 => "kubeadm.k8s.io/v1beta3",
            Self::V1Beta4 => "kubeadm.k8s.io/v1beta4",
        }
    }

    /// Whether extra arguments are a list of `{name, value}`; before, they are a map.
    pub fn arguments_are_lists(self) -> bool {
        self >= Self::V1Beta4
    }

    /// Whether a document has a field for patches; before, they are a flag.
    pub fn has_patches(self) -> bool {
        self >= Self::V1Beta3
    }

    /// The container runtime's socket: kubeadms of v1beta2 take a path, later ones want a URL.
    pub fn cri_socket(self, url: &str) -> &str {
        match self {
            Self::V1Beta2 => url.strip_prefix("unix://").unwrap_or(url),
            Self::V1Beta3 | Self::V1Beta4 => url,
        }
    }

    /// The cgroup driver to name where kubeadm has no default: since 1.22 it is `systemd`, before it was the kubelet's
    /// own `cgroupfs`, which systemd's hosts do not use.
    pub fn missing_cgroup_driver(self) -> Option<&'static str> {
        (self == Self::V1Beta2).then_some("systemd")
    }
}
