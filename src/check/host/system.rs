//! The system: distribution, kernel, architecture, cgroups.

use super::{At, Fact, Said};
use crate::facts::Cgroups;
use crate::versions::kubernetes::{CgroupV1, cgroup_v1};

/// Distributions that run systemd and for which Kubernetes' packages are made.
const KNOWN: [&str; 12] = [
    "debian",
    "ubuntu",
    "rhel",
    "centos",
    "rocky",
    "almalinux",
    "fedora",
    "ol",
    "amzn",
    "sles",
    "opensuse-leap",
    "raspbian",
];

/// What Kubernetes' images are made for, by the kernel's names.
const ARCHITECTURES: [&str; 5] = ["x86_64", "aarch64", "ppc64le", "s390x", "armv7l"];

/// kubeadm refuses anything older, and newer kubeadm what is older than the second.
/// Source: kubeadm's `SystemVerification`.
const OLDEST_KERNEL: (u32, u32) = (3, 10);
const SENSIBLE_KERNEL: (u32, u32) = (4, 19);

pub(super) fn of(at: &At) -> Vec<Said> {
    vec![os(at), kernel(at), architecture(at), cgroups(at)]
}

fn os(at: &At) -> Said {
    Said::of(Fact::Os, &at.preflight.os, |os| {
        let id = os.split(' ').next().unwrap_or_default();
        if KNOWN.contains(&id) {
            return Said::fine(Fact::Os, os.as_str());
        }
        Said::warning(
            Fact::Os,
            os.as_str(),
            ["hawser is tried on Debian; what a host must have is in its README, see that it is there"],
        )
    })
}

fn kernel(at: &At) -> Said {
    let kernel = at.facts.system.kernel.as_str();
    let mut numbers = kernel.split(['.', '-']).map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return Said::unknown(Fact::Kernel, format!("{kernel}: no version"));
    };
    let version: (u32, u32) = (major, minor);
    if version < OLDEST_KERNEL {
        let remedy = ["upgrade the system: kubeadm takes no kernel below 3.10"];
        Said::error(Fact::Kernel, kernel, remedy)
    } else if version < SENSIBLE_KERNEL {
        let remedy = ["upgrade the system: newer kubeadm refuses a kernel below 4.19 (SystemVerification)"];
        Said::warning(Fact::Kernel, kernel, remedy)
    } else {
        Said::fine(Fact::Kernel, kernel)
    }
}

fn architecture(at: &At) -> Said {
    let architecture = at.facts.system.architecture.as_str();
    if ARCHITECTURES.contains(&architecture) {
        return Said::fine(Fact::Architecture, architecture);
    }
    Said::error(
        Fact::Architecture,
        architecture,
        [
            "there are no images of Kubernetes for it: use a host of another kind (x86_64, aarch64, ppc64le, s390x)",
        ],
    )
}

fn cgroups(at: &At) -> Said {
    let topology = at.scene.topology;
    let is_allowed = topology.kubeadm.kubelet_configuration.get("failCgroupV1") == Some(&false.into());
    Said::of(Fact::Cgroups, &at.preflight.cgroups, |cgroups| match cgroups {
        Cgroups::V2 => Said::fine(Fact::Cgroups, "v2"),
        Cgroups::V1 if !at.runs_pods() || cgroup_v1(topology.version) == CgroupV1::Works => {
            Said::fine(Fact::Cgroups, "v1")
        }
        Cgroups::V1 if cgroup_v1(topology.version) == CgroupV1::IsRefused && !is_allowed => Said::error(
            Fact::Cgroups,
            "v1",
            [
                "boot with `systemd.unified_cgroup_hierarchy=1` on the kernel's command line (/etc/default/grub, update-grub), or upgrade the system",
                "or set `failCgroupV1 = false` under [kubeadm.kubelet_configuration], knowing that it will be gone",
            ],
        ),
        Cgroups::V1 => Said::warning(
            Fact::Cgroups,
            "v1",
            [
                "Kubernetes 1.35 does not start on it: boot with `systemd.unified_cgroup_hierarchy=1`, or upgrade the system",
            ],
        ),
    })
}
