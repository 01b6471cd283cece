//! Whether etcd on hosts of its own is one that the kubeadm takes which initialises a cluster
//! on it, and which flags it takes.

use std::collections::BTreeSet;

use super::answer::Answers;
use super::{HostFacts, Observation, StaticPod};
use crate::topology::{EtcdManager, EtcdTopology, Host, HostName, Role, Topology, Version};
use crate::versions::kubernetes::oldest_external_etcd;

/// The oldest etcd that may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldestEtcd {
    /// That one.
    pub version: Version,
    /// The kubeadm that says so.
    pub kubeadm: Version,
    pub on: HostName,
}

/// kubeadm's own check of it, as it is named in `ignore_preflight_errors`.
const CHECK: &str = "externaletcdversion";

/// The oldest etcd that every control plane's kubeadm takes; `None` where a cluster is there, as kubeadm asks before
/// init only, or where the inventory has kubeadm not ask.
pub fn oldest_etcd(topology: &Topology, observation: &Observation) -> Option<OldestEtcd> {
    let ignored = &topology.kubeadm.ignore_preflight_errors;
    let mut ignored = ignored.iter().map(|name| name.to_lowercase());
    if topology.etcd == EtcdTopology::Stacked || ignored.any(|name| name == CHECK || name == "all") {
        return None;
    }
    let planes = || {
        let planes = topology.with_role(Role::ControlPlane);
        planes.filter_map(|host| Some((host, observation.get(&host.name)?.as_ref().ok()?)))
    };
    let has_api = |facts: &HostFacts| {
        let found = &facts.kubernetes;
        found.has_admin_conf || found.has_manifest(StaticPod::ApiServer)
    };
    if planes().any(|(_, facts)| has_api(facts)) {
        return None;
    }
    let wanted = planes().filter_map(|(host, facts)| {
        let kubeadm = facts.versions.kubeadm.unwrap_or(topology.version);
        Some(OldestEtcd {
            version: oldest_external_etcd(kubeadm)?,
            kubeadm,
            on: host.name.clone(),
        })
    });
    // Of several the first control plane is named: it initialises.
    wanted.reduce(|one, other| if other.version > one.version { other } else { one })
}

/// The version of the etcd that runs on a host, or will; `tag` is that of the image that the inventory names for it.
pub fn etcd_to_run(topology: &Topology, facts: &HostFacts, tag: Option<&str>) -> Option<Version> {
    match topology.external_etcd.manager {
        EtcdManager::Systemd => facts.etcd.as_ref()?.version,
        EtcdManager::Kubelet => {
            let images = facts.kubernetes.needed_images.known().into_iter().flatten();
            let mut tags = images.filter_map(|image| {
                let (name, tag) = image.rsplit_once(':')?;
                name.ends_with("/etcd").then_some(tag)
            });
            let tag = tag.or_else(|| tags.next())?;
            tag.split('-').next()?.parse().ok()
        }
    }
}

/// The inventory's own flags that the etcd of a host does not take; none where that is not
/// known, or where an image brings it.
pub fn unknown_flags<'a>(topology: &'a Topology, host: &Host, facts: &HostFacts) -> Vec<&'a str> {
    let etcd = facts.etcd.as_ref().filter(|_| host.is(Role::Etcd));
    let Some(flags) = etcd.and_then(|etcd| etcd.flags.known()) else {
        return Vec::new();
    };
    let names = topology.external_etcd.arguments.keys().map(String::as_str);
    let of_the_host = topology.external_etcd.manager == EtcdManager::Systemd;
    names
        .filter(|name| of_the_host && !flags.contains(*name))
        .collect()
}

/// As `etcd --help` lists them.
pub(super) fn flags(answers: &Answers) -> Result<BTreeSet<String>, String> {
    let flags: BTreeSet<String> = answers
        .success("etcd_flags")?
        .lines()
        .map(str::to_owned)
        .collect();
    // One that lists none has been misunderstood.
    let is_list = flags.contains("data-dir");
    is_list
        .then_some(flags)
        .ok_or_else(|| "etcd --help: no flags in it".to_owned())
}
