//! The hosts that are etcd's own, as they answered.

use crate::facts::{EtcdFacts, HostFacts, StaticPod};
use crate::planner::etcd_contents::EtcdContents;
use crate::planner::inputs::Inputs;
use crate::topology::{Host, Role};

#[derive(Clone, Copy)]
pub(super) struct EtcdHost<'a> {
    pub(super) host: &'a Host,
    pub(super) facts: &'a EtcdFacts,
}

impl EtcdHost<'_> {
    /// Whether its member runs with a quorum behind it.
    pub(super) fn answers(&self) -> bool {
        self.facts.answers(self.host)
    }
}

/// The etcd hosts, as far as they answered. Stacked members are observed with their control planes.
pub(super) fn etcd_hosts<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = EtcdHost<'a>> + use<'a> {
    inputs.answered(Role::Etcd).filter_map(|(host, found)| {
        let facts = found.etcd.as_ref()?;
        Some(EtcdHost { host, facts })
    })
}

/// What etcd on hosts of its own holds. Where one member tells, all hold the same; where none has data, nothing is
/// held.
pub(in crate::planner) fn external_contents(inputs: &Inputs) -> EtcdContents {
    let mut contents = EtcdContents::Nothing;
    for etcd in etcd_hosts(inputs) {
        match EtcdContents::from_keys(&etcd.facts.beyond_init) {
            EtcdContents::Unknown if etcd.facts.data.is_none() => {}
            EtcdContents::Unknown => contents = EtcdContents::Unknown,
            known => return known,
        }
    }
    contents
}

/// Whether kubeadm has made a control plane of a host, or begun to: etcd was complete before.
pub(super) fn is_initialised(facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.has_admin_conf || found.has_manifest(StaticPod::ApiServer)
}
