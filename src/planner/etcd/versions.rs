//! Whether etcd is one that kubeadm takes, and takes the flags that the inventory sets.

use super::hosts::EtcdHost;
use crate::error::Problem;
use crate::facts::{HostFacts, OldestEtcd, etcd_to_run, oldest_etcd, unknown_flags};
use crate::planner::inputs::Inputs;
use crate::remote::files::etcd::image_tag;
use crate::topology::{EtcdManager, Host, Role, Version};

/// What kubeadm would refuse when it initialises the cluster, after etcd was built.
pub(in crate::planner) fn refuse_too_old(inputs: &Inputs) -> Vec<Problem> {
    let Some(oldest) = oldest_etcd(inputs.topology, inputs.observation) else {
        return Vec::new();
    };
    let hosts = inputs.answered(Role::Etcd);
    let found = hosts.filter_map(|(host, facts)| {
        let found = of_host(inputs, host, facts)?;
        (found < oldest.version).then(|| too_old(inputs, host, found, &oldest))
    });
    found.collect()
}

fn of_host(inputs: &Inputs, host: &Host, facts: &HostFacts) -> Option<Version> {
    let tag = match inputs.topology.external_etcd.manager {
        EtcdManager::Kubelet => image_tag(inputs.topology, host, inputs.kubeadm_version(&host.name)),
        EtcdManager::Systemd => None,
    };
    etcd_to_run(inputs.topology, facts, tag.as_deref())
}

fn too_old(inputs: &Inputs, host: &Host, found: Version, oldest: &OldestEtcd) -> Problem {
    let OldestEtcd { version, kubeadm, on } = oldest;
    let name = &host.name;
    let mut recovery = match inputs.topology.external_etcd.manager {
        EtcdManager::Systemd => vec![
            format!("install etcd {version} or newer on {name}, and rerun this command"),
            "or let a kubelet run etcd, from the image that its kubeadm names: `manager = \"kubelet\"` under [etcd]".to_owned(),
        ],
        EtcdManager::Kubelet => vec![format!(
            "install kubeadm {kubeadm} on {name}, whose etcd image is new enough, and set no older `imageTag` in kubeadm/etcd-cluster.yaml.j2"
        )],
    };
    recovery.push("or correct `kubernetes` under [cluster], and install that kubeadm".to_owned());
    Problem::Unsafe {
        what: format!("{name}: etcd {found} is too old for kubeadm {kubeadm}"),
        because: vec![format!(
            "kubeadm {kubeadm} on {on} requires an external etcd of {version} or newer (its check ExternalEtcdVersion)"
        )],
        recovery,
    }
}

/// Flags that would keep a member that is started from starting.
pub(super) fn refuse_unknown_flags(inputs: &Inputs, etcd: &EtcdHost) -> Option<Problem> {
    let EtcdHost { host, facts: etcd } = etcd;
    let unknown = unknown_flags(inputs.topology, host, inputs.facts(&host.name)?);
    let first = unknown.first()?;
    let named: Vec<String> = unknown.iter().map(|flag| format!("--{flag}")).collect();
    let version = etcd
        .version
        .map_or_else(String::new, |version| format!(" {version}"));
    // In 3.6 many lost their `experimental-`.
    let other = first
        .strip_prefix("experimental-")
        .map_or_else(|| format!("experimental-{first}"), str::to_owned);
    let is_known = etcd.flags.known().is_some_and(|flags| flags.contains(&other));
    let other = is_known.then(|| format!("this etcd names it `{other}`"));
    Some(Problem::Unsafe {
        what: format!("{}: its etcd{version} does not know {}", host.name, named.join(", ")),
        because: vec![
            "the inventory sets it in `arguments` under [etcd], and `etcd --help` on the host does not list it".to_owned(),
            "an etcd with an unknown flag does not start".to_owned(),
        ],
        recovery: other
            .into_iter()
            .chain(["correct `arguments` under [etcd], or install an etcd that knows it".to_owned()])
            .collect(),
    })
}

/// The version that etcd has to have, where it is only installed in this run.
pub(super) fn required_version(inputs: &Inputs, host: &Host) -> Option<OldestEtcd> {
    let facts = inputs.facts(&host.name)?;
    let is_unit = inputs.topology.external_etcd.manager == EtcdManager::Systemd;
    let is_installed = facts.etcd.as_ref().is_some_and(|etcd| etcd.version.is_some());
    oldest_etcd(inputs.topology, inputs.observation).filter(|_| is_unit && !is_installed)
}
