//! What is known to be wrong and is to be ignored, by `--ignore` or by what the inventory tells kubeadm.

use std::collections::BTreeSet;

use super::versions::TOO_OLD_FOR_KUBEADM;
use super::{Fact, Finding, Grade, Said};
use crate::check::Scene;
use crate::topology::HostName;

/// What was said of a host; an error that is to be ignored becomes a warning.
pub(super) fn finding(scene: &Scene, host: &HostName, said: Said, ignored: &BTreeSet<Fact>) -> Finding {
    let in_inventory = &scene.topology.kubeadm.ignore_preflight_errors;
    let named: BTreeSet<String> = in_inventory.iter().map(|name| name.to_lowercase()).collect();
    let checks = said.checks_of_kubeadm();
    let is_named =
        !checks.is_empty() && (named.contains("all") || checks.iter().all(|check| named.contains(*check)));
    let is_ignored = said.grade == Grade::Error && (is_named || ignored.contains(&said.fact));
    Finding {
        host: host.clone(),
        fact: said.fact,
        grade: if is_ignored { Grade::Warning } else { said.grade },
        found: said.found,
        remedy: said.remedy,
        is_ignored,
    }
}

impl Said {
    /// kubeadm's own checks of what was found, as `ignore_preflight_errors` of the inventory names them.
    fn checks_of_kubeadm(&self) -> Vec<&'static str> {
        match self.fact {
            Fact::Kernel | Fact::Cgroups => vec!["systemverification"],
            Fact::Swap => vec!["swap"],
            // What is brought by a module is missing where the module is.
            Fact::Modules | Fact::Sysctls => [
                ("ip_forward", "filecontent--proc-sys-net-ipv4-ip_forward"),
                (
                    "bridge-nf",
                    "filecontent--proc-sys-net-bridge-bridge-nf-call-iptables",
                ),
                (
                    "br_netfilter",
                    "filecontent--proc-sys-net-bridge-bridge-nf-call-iptables",
                ),
                ("overlay", "systemverification"),
            ]
            .into_iter()
            .filter(|(word, _)| self.found.contains(word))
            .map(|(_, check)| check)
            .collect(),
            Fact::Cpus => vec!["numcpu"],
            Fact::Memory => vec!["mem"],
            Fact::Runtime => vec!["cri"],
            Fact::Programs => self.checks_of_programs(),
            Fact::Versions if self.found.contains(TOO_OLD_FOR_KUBEADM) => vec!["kubeletversion"],
            _ => vec![],
        }
    }

    /// None where a program is missing that kubeadm does not ask for.
    fn checks_of_programs(&self) -> Vec<&'static str> {
        let missing = self.found.trim_end_matches(" not there").split(", ");
        let check = |name: &str| Some(PROGRAMS.iter().find(|(program, _)| *program == name)?.1);
        missing.map(check).collect::<Option<_>>().unwrap_or_default()
    }
}

/// Programs that kubeadm asks for, and its checks of them.
const PROGRAMS: [(&str, &str); 6] = [
    ("conntrack", "fileexisting-conntrack"),
    ("crictl", "fileexisting-crictl"),
    ("ip", "fileexisting-ip"),
    ("iptables", "fileexisting-iptables"),
    ("mount", "fileexisting-mount"),
    ("nsenter", "fileexisting-nsenter"),
];
