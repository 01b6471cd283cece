//! Which certificates and keys of a host new ones take the place of: those that the plan saw. An authority never goes.

use crate::ca::sum_of_pem;
use crate::facts::{CLIENT_CERTIFICATE, EtcdFacts};
use crate::pki::{Leaf, Order};
use crate::planner::inputs::Inputs;
use crate::remote::certificate_transfer::{Replaced, Seen};
use crate::topology::Host;

/// What a member's new certificates replace.
pub(super) fn of_member(order: &Order, facts: Option<&EtcdFacts>) -> Replaced {
    let Some(facts) = facts else {
        return Replaced::new();
    };
    let mut replaced = Replaced::new();
    for leaf in &order.leaves {
        let name = leaf.stem.rsplit('/').next().unwrap_or_default();
        if let Some(found) = facts.certificates.get(name) {
            replaced.insert(leaf.certificate(), Seen::Sum(found.sum.clone()));
        }
        let has_key = facts.certificates.get(name).is_some_and(|found| found.has_key);
        if has_key || facts.keys.contains(&leaf.key()) {
            replaced.insert(leaf.key(), Seen::Key);
        }
    }
    replaced
}

/// What a control plane's new certificate for asking etcd replaces.
pub(super) fn of_client(inputs: &Inputs, host: &Host) -> Replaced {
    let file = inputs.file(&host.name, CLIENT_CERTIFICATE);
    let Some(text) = file.and_then(|file| file.text()) else {
        return Replaced::new();
    };
    let leaf = Leaf::api_server_client();
    Replaced::from([
        (leaf.certificate(), Seen::Sum(sum_of_pem(text))),
        (leaf.key(), Seen::Key),
    ])
}
