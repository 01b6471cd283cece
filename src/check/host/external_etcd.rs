//! etcd on hosts of its own, against the kubeadm that initialises a cluster on it and the
//! flags that the inventory sets.

use super::{At, Fact, FactResult};
use crate::facts::{etcd_to_run, oldest_etcd, unknown_flags};
use crate::remote::files::etcd::image_tag;
use crate::topology::{EtcdManager, Role};

/// Marks an etcd that preparing a host does not replace.
pub(super) const NOT_REPLACED: &str = "on the host, and";

/// What is wrong with a host's etcd.
pub(super) fn of(at: &At) -> Option<FactResult> {
    if !at.host.is(Role::Etcd) {
        return None;
    }
    unknown(at).or_else(|| too_old(at))
}

fn too_old(at: &At) -> Option<FactResult> {
    let topology = at.scene.topology;
    let oldest = oldest_etcd(topology, at.scene.observation)?;
    let manager = topology.external_etcd.manager;
    let tag = match manager {
        EtcdManager::Kubelet => image_tag(topology, at.host, at.kubeadm()),
        EtcdManager::Systemd => None,
    };
    let found = etcd_to_run(topology, at.facts, tag.as_deref()).filter(|found| *found < oldest.version)?;
    let (version, kubeadm) = (oldest.version, oldest.kubeadm);
    let install = match manager {
        EtcdManager::Systemd => format!(
            "install etcd {version} or newer, or let a kubelet run it: `manager = \"kubelet\"` under [etcd]"
        ),
        EtcdManager::Kubelet => format!(
            "install kubeadm {kubeadm} on the host, whose etcd image is new enough, or set a newer `imageTag`"
        ),
    };
    Some(FactResult::failed(
        Fact::Versions,
        format!(
            "etcd {found} is {NOT_REPLACED} kubeadm {kubeadm} on {} needs {version} or newer",
            oldest.on
        ),
        [install.as_str()],
    ))
}

fn unknown(at: &At) -> Option<FactResult> {
    let flags = unknown_flags(at.scene.topology, at.host, at.facts);
    let named: Vec<String> = flags.iter().map(|flag| format!("--{flag}")).collect();
    (!named.is_empty()).then(|| {
        FactResult::failed(
            Fact::Versions,
            format!("etcd is {NOT_REPLACED} does not know {}", named.join(", ")),
            ["correct `arguments` under [etcd]: `etcd --help` lists its flags"],
        )
    })
}
