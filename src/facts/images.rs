//! Which images a host lacks.

use super::HostFacts;
use crate::topology::{EtcdTopology, Host, Role, Topology};

/// What a host is known to lack of the images that it will run. Where a busy host could not tell what it has, kubeadm
/// itself still pulls what it lacks.
pub fn missing_images(topology: &Topology, host: &Host, facts: &HostFacts) -> Vec<String> {
    let Some(found) = facts.kubernetes.images.known() else {
        return Vec::new();
    };
    let needed = facts
        .kubernetes
        .needed_images
        .known()
        .map_or(&[][..], Vec::as_slice);
    let wanted = |image: &&String| {
        let name = image.rsplit('/').next().unwrap_or(image);
        let skipped = topology
            .kubeadm
            .skip_phases
            .iter()
            .any(|phase| match phase.as_str() {
                "addon" => name.starts_with("kube-proxy:") || name.starts_with("coredns:"),
                "addon/coredns" => name.starts_with("coredns:"),
                "addon/kube-proxy" => name.starts_with("kube-proxy:"),
                _ => false,
            });
        let is_etcd = name.starts_with("etcd:");
        let for_all = name.starts_with("pause:");
        let for_nodes = for_all || name.starts_with("kube-proxy:");
        let is_external = topology.etcd == EtcdTopology::External;
        let is_for_host = if host.is(Role::Etcd) {
            for_all || is_etcd
        } else {
            for_nodes || (host.is(Role::ControlPlane) && !(is_etcd && is_external))
        };
        !skipped && is_for_host
    };
    needed
        .iter()
        .filter(wanted)
        .filter(|image| !found.contains(image))
        .cloned()
        .collect()
}
