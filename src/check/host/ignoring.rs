//! Failed facts that are ignored, by `--ignore` or by `ignore_preflight_errors` of the inventory.

use std::collections::BTreeSet;

use super::versions::TOO_OLD_FOR_KUBEADM;
use super::{Fact, FactResult, Finding, Grade};
use crate::check::Scene;
use crate::topology::{HostName, Topology};

/// The finding of a host; a failed fact that is ignored becomes a warning.
pub(super) fn finding(
    scene: &Scene,
    host: &HostName,
    result: FactResult,
    ignored: &BTreeSet<Fact>,
) -> Finding {
    let checks = result.checks_of_kubeadm();
    let is_named = !checks.is_empty()
        && checks
            .iter()
            .all(|check| is_ignored_by_kubeadm(scene.topology, check));
    let is_ignored = result.grade == Grade::Failed && (is_named || ignored.contains(&result.fact));
    Finding {
        host: host.clone(),
        fact: result.fact,
        grade: if is_ignored { Grade::Warning } else { result.grade },
        found: result.found,
        fix: result.fix,
        is_ignored,
    }
}

/// Whether kubeadm ignores one of its checks by the inventory, named in lower case as kubeadm reads it.
pub(super) fn is_ignored_by_kubeadm(topology: &Topology, check: &str) -> bool {
    let named = &topology.kubeadm.ignore_preflight_errors;
    named
        .iter()
        .map(|name| name.to_lowercase())
        .any(|name| name == "all" || name == check)
}

impl FactResult {
    /// kubeadm's own checks of what was found, as `ignore_preflight_errors` of the inventory names them.
    fn checks_of_kubeadm(&self) -> Vec<&'static str> {
        match self.fact {
            Fact::Kernel => vec![SYSTEM_VERIFICATION],
            // What kubeadm says of cgroups is weighed where they are: a kubelet that does
            // not start is none of its checks.
            Fact::Swap => vec!["swap"],
            // What is brought by a module is missing where the module is.
            Fact::KernelModules | Fact::Sysctls => [
                ("ip_forward", "filecontent--proc-sys-net-ipv4-ip_forward"),
                (
                    "bridge-nf",
                    "filecontent--proc-sys-net-bridge-bridge-nf-call-iptables",
                ),
                (
                    "br_netfilter",
                    "filecontent--proc-sys-net-bridge-bridge-nf-call-iptables",
                ),
                ("overlay", SYSTEM_VERIFICATION),
            ]
            .into_iter()
            .filter(|(word, _)| self.found.contains(word))
            .map(|(_, check)| check)
            .collect(),
            Fact::Cpus => vec!["numcpu"],
            Fact::Memory => vec!["mem"],
            Fact::ContainerRuntime => vec!["cri"],
            Fact::Programs => self.checks_of_programs(),
            Fact::Versions if self.found.contains(TOO_OLD_FOR_KUBEADM) => vec!["kubeletversion"],
            _ => vec![],
        }
    }

    /// None where a program is missing that kubeadm does not ask for.
    fn checks_of_programs(&self) -> Vec<&'static str> {
        let missing = self.found.trim_end_matches(" not found").split(", ");
        let check = |name: &str| Some(PROGRAMS.iter().find(|(program, _)| *program == name)?.1);
        missing.map(check).collect::<Option<_>>().unwrap_or_default()
    }
}

/// kubeadm's check of kernel and cgroups.
pub(super) const SYSTEM_VERIFICATION: &str = "systemverification";

/// Programs that kubeadm asks for, and its checks of them.
const PROGRAMS: [(&str, &str); 7] = [
    ("conntrack", "fileexisting-conntrack"),
    ("crictl", "fileexisting-crictl"),
    ("ip", "fileexisting-ip"),
    ("iptables", "fileexisting-iptables"),
    ("losetup", "fileexisting-losetup"),
    ("mount", "fileexisting-mount"),
    ("nsenter", "fileexisting-nsenter"),
];
