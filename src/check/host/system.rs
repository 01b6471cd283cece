//! The system: distribution, kernel, architecture, cgroups.

use super::ignoring::{SYSTEM_VERIFICATION, is_ignored_by_kubeadm};
use super::{At, Fact, FactResult};
use crate::facts::Cgroups;
use crate::topology::Version;
use crate::versions::kubernetes::{CgroupV1, cgroup_v1, refuses_old_kernels};

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

/// kubeadm refuses anything older, and some refuse what is older than the second; later ones warn of it.
/// Source: kubeadm's `SystemVerification`, of 1.31 to 1.36.
const OLDEST_KERNEL: (u32, u32) = (3, 10);
const SENSIBLE_KERNEL: (u32, u32) = (4, 19);

pub(super) fn of(at: &At) -> Vec<FactResult> {
    vec![os(at), kernel(at), architecture(at), cgroups(at)]
}

fn os(at: &At) -> FactResult {
    FactResult::of(Fact::Os, &at.preflight.os, |os| {
        let id = os.split(' ').next().unwrap_or_default();
        if KNOWN.contains(&id) {
            return FactResult::ok(Fact::Os, os.as_str());
        }
        FactResult::warning(
            Fact::Os,
            os.as_str(),
            ["hawser is tested on Debian; docs/reference/host-requirements.md lists what a host needs"],
        )
    })
}

fn kernel(at: &At) -> FactResult {
    let kernel = at.facts.system.kernel.as_str();
    let mut numbers = kernel.split(['.', '-']).map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return FactResult::unknown(Fact::Kernel, format!("{kernel}: not a version"));
    };
    let version: (u32, u32) = (major, minor);
    if version < OLDEST_KERNEL {
        let fix = ["upgrade the system: kubeadm refuses a kernel below 3.10"];
        FactResult::failed(Fact::Kernel, kernel, fix)
    } else if version < SENSIBLE_KERNEL && at.host.is_node() && refuses_old_kernels(at.kubeadm()) {
        let fix = ["upgrade the system: this kubeadm refuses a kernel below 4.19 (SystemVerification)"];
        FactResult::failed(Fact::Kernel, kernel, fix)
    } else if version < SENSIBLE_KERNEL {
        let fix = [
            "upgrade the system: kubeadm 1.32 and 1.33 refuse a kernel below 4.19 (SystemVerification), later ones warn about it",
        ];
        FactResult::warning(Fact::Kernel, kernel, fix)
    } else {
        FactResult::ok(Fact::Kernel, kernel)
    }
}

fn architecture(at: &At) -> FactResult {
    let architecture = at.facts.system.architecture.as_str();
    if ARCHITECTURES.contains(&architecture) {
        return FactResult::ok(Fact::Architecture, architecture);
    }
    FactResult::failed(
        Fact::Architecture,
        architecture,
        ["Kubernetes has no images for it: use a host with x86_64, aarch64, ppc64le or s390x"],
    )
}

fn cgroups(at: &At) -> FactResult {
    FactResult::of(Fact::Cgroups, &at.preflight.cgroups, |cgroups| match cgroups {
        Cgroups::V2 => FactResult::ok(Fact::Cgroups, "v2"),
        Cgroups::V1 if !at.runs_pods() || cgroup_v1(at.kubelet()) == CgroupV1::Works => {
            FactResult::ok(Fact::Cgroups, "v1")
        }
        Cgroups::V1 => cgroups_v1(at),
    })
}

fn cgroups_v1(at: &At) -> FactResult {
    let kubelet = at.kubelet();
    let configured = at
        .scene
        .topology
        .kubeadm
        .kubelet_configuration
        .get("failCgroupV1");
    let configured = configured.and_then(serde_json::Value::as_bool);
    let is_new = cgroup_v1(kubelet) == CgroupV1::IsRefused;
    let is_refused = is_refused_by_kubeadm(at, kubelet);
    if configured.unwrap_or(is_new) {
        let allow = if is_refused {
            "or set `failCgroupV1 = false` under [kubeadm.kubelet_configuration] and add \"SystemVerification\" to `ignore_preflight_errors` under [kubeadm]; a later Kubernetes removes cgroup v1"
        } else {
            "or set `failCgroupV1 = false` under [kubeadm.kubelet_configuration]; a later Kubernetes removes cgroup v1"
        };
        let found = format!("v1, on which kubelet {kubelet} does not start");
        return FactResult::failed(Fact::Cgroups, found, [BOOT_V2, allow]);
    }
    match (is_new, configured) {
        (true, _) if is_refused => FactResult::failed(
            Fact::Cgroups,
            format!(
                "v1: kubelet starts because failCgroupV1 is false, but kubeadm {} refuses it (SystemVerification)",
                at.kubeadm()
            ),
            [
                "add \"SystemVerification\" to `ignore_preflight_errors` under [kubeadm]: kubeadm's check does not read failCgroupV1",
                "or move to cgroup v2, because a later Kubernetes removes v1: boot with `systemd.unified_cgroup_hierarchy=1`, or upgrade the system",
            ],
        ),
        (true, _) => FactResult::warning(
            Fact::Cgroups,
            format!("v1: kubelet {kubelet} starts because failCgroupV1 is false"),
            [
                "a later Kubernetes removes cgroup v1: boot with `systemd.unified_cgroup_hierarchy=1`, or upgrade the system",
            ],
        ),
        (false, Some(_)) => FactResult::ok(Fact::Cgroups, "v1, allowed because failCgroupV1 is false"),
        (false, None) => FactResult::warning(
            Fact::Cgroups,
            "v1",
            [
                "Kubernetes 1.35 starts on it only with `failCgroupV1 = false` under [kubeadm.kubelet_configuration]: boot with `systemd.unified_cgroup_hierarchy=1`, or upgrade the system",
            ],
        ),
    }
}

/// kubeadm compares the kubelet's version alone; it is not asked on hosts that it neither initialises nor joins.
fn is_refused_by_kubeadm(at: &At, kubelet: Version) -> bool {
    let comes = at.host.is_node() && !at.facts.kubernetes.has_kubelet_conf;
    let is_refused = |version| cgroup_v1(version) == CgroupV1::IsRefused;
    let is_checked = comes && is_refused(at.kubeadm()) && is_refused(kubelet);
    is_checked && !is_ignored_by_kubeadm(at.scene.topology, SYSTEM_VERIFICATION)
}

const BOOT_V2: &str = "boot with `systemd.unified_cgroup_hierarchy=1` on the kernel's command line (/etc/default/grub, update-grub), or upgrade the system";
