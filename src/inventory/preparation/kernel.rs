//! Kernel modules and settings.

use std::collections::BTreeMap;

use crate::inventory::mistake::{Mistake, Mistakes, Wrong};
use crate::inventory::place::Place;
use crate::inventory::written;

/// What containerd and kube-proxy need. Source: Kubernetes' documentation, "Container Runtimes".
const MODULES: [&str; 2] = ["overlay", "br_netfilter"];

/// What pods' traffic needs. Source: the same. Each stands in the network's namespace, and
/// changes nothing else of the host.
const SYSCTLS: [&str; 3] = [
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.ip_forward",
];

pub(super) fn modules(written: &written::Preparation, place: &Place, mistakes: &mut Mistakes) -> Vec<String> {
    let Some(list) = &written.modules else {
        return MODULES.map(str::to_owned).to_vec();
    };
    let checked = list.placed(&place.key("modules")).filter_map(|(place, name)| {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_name = !name.is_empty() && !name.starts_with('-') && name.chars().all(is_legal);
        mistakes.refuse(!is_name, &place, || {
            let help = "write the name alone, as `lsmod` shows it, such as \"br_netfilter\"";
            Wrong::new(format!("not a kernel module's name: `{name}`"), "here", help)
        });
        is_name.then(|| name.clone())
    });
    checked.collect()
}

/// What Kubernetes needs, and what the user says in its place or besides.
pub(super) fn sysctls(
    written: &written::Preparation,
    place: &Place,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, String> {
    let loads_bridge = written
        .modules
        .as_ref()
        .is_none_or(|modules| modules.iter().any(|name| name == "br_netfilter"));
    let own = SYSCTLS
        .iter()
        .filter(|name| loads_bridge || !name.starts_with("net.bridge."));
    let mut all: BTreeMap<String, String> = own.map(|name| ((*name).to_owned(), "1".to_owned())).collect();
    for (name, value) in &written.sysctls {
        let here = place.key("sysctls").key(name);
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '*');
        let is_name = name.contains('.') && !name.starts_with(['.', '-']) && name.chars().all(is_legal);
        if !is_name || name.contains("..") || name.contains('*') {
            let help = "write it as `sysctl -a` shows it, such as \"net.ipv4.ip_forward\"";
            let wrong = Wrong::new(format!("not a kernel setting's name: `{name}`"), "here", help);
            mistakes.push(Mistake::key(&here, wrong));
        } else if value.is_empty() || value.chars().any(char::is_control) {
            let help = "write the value on one line, in quotes, such as \"1\"";
            mistakes.push(Mistake::error(
                &here,
                Wrong::new(format!("no value for `{name}`"), "here", help),
            ));
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    all
}
