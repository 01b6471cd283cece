//! What on the hosts is not this cluster's: another program's etcd, another cluster's kubelet, somebody's HAProxy.
//! Whatever a plan does, it is still there afterwards.

use std::collections::BTreeSet;

use hawser::facts::{FileFact, Observed};
use hawser::remote::files::HAPROXY;
use hawser::topology::{HostName, Role};

use crate::world::{OTHER_CA, World};

/// Something of a stranger's on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// The data of another program's etcd, in the folder that kubeadm uses.
    Etcd,
    /// A kubelet that belongs to another cluster.
    Kubelet,
    /// A configuration of HAProxy that serves something else.
    Balancer,
}

const SHOP: &str = "frontend shop\n  bind :443\n  default_backend carts\n";

impl World {
    /// A stranger comes, where there is room: nothing of this cluster is where it settles.
    pub(crate) fn settle_stranger(&mut self, name: &HostName, thing: Thing) {
        let is_balancer = self.host(name).is(Role::Balancer);
        let is_node = self.host(name).is_node();
        let machine = self.machine(&name.0);
        let found = &mut machine.facts.kubernetes;
        let has_room = match thing {
            Thing::Etcd => {
                is_node
                    && machine.others_etcd.is_none()
                    && !found.has_etcd_data
                    && !found.manifests.contains(&"etcd.yaml".to_owned())
            }
            Thing::Kubelet => {
                is_node && found.ca.is_none() && !found.has_kubelet_conf && found.manifests.is_empty()
            }
            Thing::Balancer => is_balancer && !machine.facts.files.contains_key(HAPROXY),
        };
        if !has_room {
            return;
        }
        match thing {
            Thing::Etcd => machine.others_etcd = Some("/var/lib/etcd".to_owned()),
            Thing::Kubelet => {
                found.ca = Some(OTHER_CA.to_owned());
                (found.has_kubelet_conf, found.has_kubelet_config) = (true, true);
                machine.unit("kubelet", true);
            }
            Thing::Balancer => {
                machine.put(HAPROXY, SHOP, 0o644);
                machine.unit("haproxy", true);
            }
        }
        self.foreign_hosts.entry(name.clone()).or_default().insert(thing);
    }

    /// Whose things are gone.
    pub(crate) fn watch_strangers(&mut self, after: &str) {
        let mut lost = Vec::new();
        for (name, things) in &self.foreign_hosts {
            for thing in things.iter().filter(|thing| !self.is_there(name, **thing)) {
                lost.push((name.clone(), *thing));
            }
        }
        for (name, thing) in lost {
            self.foreign_hosts.entry(name.clone()).or_default().remove(&thing);
            self.violations
                .push(format!("{after}: the stranger's {thing:?} on {name} is lost"));
        }
    }

    fn is_there(&self, name: &HostName, thing: Thing) -> bool {
        let machine = &self.hosts[name];
        let found = &machine.facts.kubernetes;
        match thing {
            Thing::Etcd => machine.others_etcd.is_some() && !found.has_etcd_data,
            Thing::Kubelet => {
                found.ca.as_deref() == Some(OTHER_CA) && found.has_kubelet_conf && machine.kubelet_runs()
            }
            Thing::Balancer => {
                let file = machine.facts.files.get(HAPROXY).and_then(Observed::known);
                file.and_then(FileFact::text)
                    .is_some_and(|text| text.starts_with(SHOP))
            }
        }
    }

    pub(crate) fn things_on(&self, name: &HostName) -> BTreeSet<Thing> {
        self.foreign_hosts.get(name).cloned().unwrap_or_default()
    }
}
