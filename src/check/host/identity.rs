//! What no two hosts may share, as hosts that were cloned do; and whether a host knows its own name.

use std::collections::BTreeMap;

use super::{At, Fact, FactResult};
use crate::facts::{Observed, Preflight};
use crate::topology::HostName;

pub(super) fn of(at: &At) -> Vec<FactResult> {
    vec![own_name(at)]
}

fn own_name(at: &At) -> FactResult {
    let name = at.facts.system.hostname.as_str();
    FactResult::of(Fact::HostnameResolution, &at.preflight.own_name, |addresses| {
        if !addresses.is_empty() {
            return FactResult::ok(Fact::HostnameResolution, name);
        }
        let line = format!(
            "`echo '{} {name}' >>/etc/hosts`, or add it to DNS",
            at.host.address
        );
        FactResult::warning(
            Fact::HostnameResolution,
            format!("{name} does not resolve on this host"),
            [
                line.as_str(),
                "kubeadm warns about it (Hostname), and kubelet has to guess its address",
            ],
        )
    })
}

/// What is its own, against all others.
pub(super) fn alone(at: &At, preflights: &BTreeMap<HostName, Result<Preflight, String>>) -> Vec<FactResult> {
    vec![host_name(at), mac(at, preflights), product_uuid(at, preflights)]
}

fn host_name(at: &At) -> FactResult {
    let own = at.facts.system.hostname.as_str();
    let others = at.scene.topology.hosts.iter().filter(|host| {
        let facts = at.scene.facts(&host.name);
        host.name != at.host.name && facts.is_some_and(|facts| facts.system.hostname == own)
    });
    let set = format!("`hostnamectl set-hostname {}`", at.host.name);
    shared(
        Fact::Hostname,
        own,
        others.map(|host| &host.name).collect(),
        &[&set],
    )
}

/// The card that carries the host's address; others, such as bridges, may be alike everywhere.
fn card(at: &At, host: &crate::topology::Host, preflight: &Preflight) -> Option<String> {
    let facts = at.scene.facts(&host.name)?;
    let mut interfaces = facts.system.interfaces.iter();
    let (interface, _) = interfaces.find(|(_, address)| *address == host.address)?;
    preflight.cards.known()?.get(interface).cloned()
}

fn mac(at: &At, preflights: &BTreeMap<HostName, Result<Preflight, String>>) -> FactResult {
    if let Observed::Unknown(why) = &at.preflight.cards {
        return FactResult::unknown(Fact::MacAddress, why.as_str());
    }
    let Some(own) = card(at, at.host, at.preflight) else {
        return FactResult::unknown(Fact::MacAddress, format!("no interface has {}", at.host.address));
    };
    let others = at.scene.topology.hosts.iter().filter(|host| {
        let preflight = preflights.get(&host.name).and_then(|found| found.as_ref().ok());
        let card = preflight.and_then(|preflight| card(at, host, preflight));
        host.name != at.host.name && card.as_ref() == Some(&own)
    });
    shared(
        Fact::MacAddress,
        &own,
        others.map(|host| &host.name).collect(),
        &[
            "give the virtual machine a new network interface: two hosts with the same MAC address lose packets",
        ],
    )
}

fn product_uuid(at: &At, preflights: &BTreeMap<HostName, Result<Preflight, String>>) -> FactResult {
    FactResult::of(Fact::ProductUuid, &at.preflight.product_uuid, |own| {
        let others = preflights.iter().filter(|(name, found)| {
            let uuid = found
                .as_ref()
                .ok()
                .and_then(|preflight| preflight.product_uuid.known());
            **name != at.host.name && uuid == Some(own)
        });
        shared(
            Fact::ProductUuid,
            own,
            others.map(|(name, _)| name).collect(),
            &[
                "give the clone a new UUID in its hypervisor (`uuid` of libvirt's domain, VMware's `uuid.bios`)",
            ],
        )
    })
}

fn shared(fact: Fact, own: &str, others: Vec<&HostName>, fix: &[&str]) -> FactResult {
    if others.is_empty() {
        return FactResult::ok(fact, own);
    }
    let names: Vec<String> = others.into_iter().map(ToString::to_string).collect();
    FactResult {
        fix: fix.iter().map(ToString::to_string).collect(),
        ..FactResult::failed(fact, format!("{own}, also on {}", names.join(", ")), [])
    }
}
