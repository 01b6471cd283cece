//! Ports that the cluster will need, and who has them.

use super::{At, Fact, FactResult};
use crate::facts::Listener;
use crate::topology::{EtcdTopology, Role};

/// A port, and whose it is to be.
type Need = (u16, &'static str);

pub(super) fn of(at: &At) -> Vec<FactResult> {
    let needs = needs(at);
    vec![FactResult::of(
        Fact::Ports,
        &at.preflight.listeners,
        |listeners| {
            let taken: Vec<(Need, &Listener)> = needs
                .iter()
                .filter_map(|need| Some((*need, listeners.iter().find(|one| is_in_the_way(at, *need, one))?)))
                .collect();
            if taken.is_empty() {
                return FactResult::ok(Fact::Ports, "free, or in use by this cluster");
            }
            let shown = |((port, owner), listener): &(Need, &Listener)| {
                let process = listener.process.as_deref().unwrap_or("a process without a name");
                let pid = listener.pid.map_or_else(String::new, |pid| format!(" ({pid})"));
                let foreign_host = if process == *owner {
                    ", not this cluster's"
                } else {
                    ""
                };
                format!("{port}, for {owner}, is in use by {process}{pid}{foreign_host}")
            };
            let found: Vec<String> = taken.iter().map(shown).collect();
            let numbers: Vec<String> = taken
                .iter()
                .map(|((port, _), _)| format!("sport = :{port}"))
                .collect();
            let look = format!(
                "`ss -ltnp '{}'` shows the processes; stop what is not needed (`systemctl disable --now UNIT`), or move it to another port",
                numbers.join(" or ")
            );
            FactResult::failed(Fact::Ports, found.join("; "), [look.as_str()])
        },
    )]
}

/// Sources: Kubernetes' "Ports and Protocols", and the static pods that kubeadm writes.
fn needs(at: &At) -> Vec<Need> {
    let topology = at.scene.topology;
    let etcd = [(2379, "etcd"), (2380, "etcd"), (2381, "etcd")];
    let mut needs = Vec::new();
    if at.host.is_node() {
        needs.push((10250, "kubelet"));
        needs.push((10256, "kube-proxy"));
    }
    if at.host.is(Role::ControlPlane) {
        needs.push((topology.api_port, "kube-apiserver"));
        needs.push((10257, "kube-controller-manager"));
        needs.push((10259, "kube-scheduler"));
        if topology.etcd == EtcdTopology::Stacked {
            needs.extend(etcd);
        }
    }
    if at.host.is(Role::Etcd) {
        needs.extend(etcd);
    }
    if at.host.is(Role::Balancer) {
        needs.push((topology.endpoint.port, "haproxy"));
    }
    needs
}

/// Whether another process has it; or its owner, before anything of this cluster is on the host: a distribution's own
/// etcd. Who has no name here is in a network of his own.
fn is_in_the_way(at: &At, (port, owner): Need, listener: &Listener) -> bool {
    let facts = &at.facts.kubernetes;
    let is_fresh = !facts.has_kubelet_conf && facts.manifests.is_empty() && !facts.has_etcd_data;
    let is_early = is_fresh && owner != "haproxy";
    // The kernel cuts names at 15 characters.
    let process = listener.process.as_deref();
    let is_owners = process.is_none_or(|process| owner.starts_with(process));
    listener.port == port && (!is_owners || is_early)
}
