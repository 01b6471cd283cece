//! Which images a host will run, as far as that is known before it is prepared: its kubeadm is not there to be asked.

use super::HostFacts;
use super::images::is_for_host;
use super::preparation::is_prepared;
use crate::archive::normalised;
use crate::topology::{Host, Preparation, Topology, sandbox_among};

/// Of the cluster's own version, whatever kubeadm. Source: `GetControlPlaneImages` of kubeadm's images package.
const OF_THE_RELEASE: [&str; 4] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
];

/// Whose versions each kubeadm has in itself.
const KUBEADM_DEFAULTS: [&str; 3] = ["coredns", "etcd", PAUSE];
const PAUSE: &str = "pause";

/// How a host is made one that runs pods, where it is not yet.
fn preparation<'a>(topology: &'a Topology, host: &Host, facts: &HostFacts) -> Option<&'a Preparation> {
    let is_to_be = topology.runs_pods(host) && is_prepared(topology, host, facts);
    topology.preparation.as_ref().filter(|_| is_to_be)
}

/// What kubeadm will name, without that of which only it knows the versions; where it is there, it names them itself.
pub(super) fn of_the_release(topology: &Topology, host: &Host, facts: &HostFacts) -> Vec<String> {
    if preparation(topology, host, facts).is_none() || facts.kubernetes.needed_images.known().is_some() {
        return Vec::new();
    }
    let name = |name| format!("{}/{name}:{}", topology.image_repository, topology.version);
    OF_THE_RELEASE.map(name).to_vec()
}

/// The sandbox image of the containerd that the host has, or will have, as far as that is known.
pub(super) fn sandbox(topology: &Topology, host: &Host, facts: &HostFacts) -> Option<String> {
    let name = match preparation(topology, host, facts) {
        Some(preparation) => preparation
            .sandbox_image
            .as_deref()
            .or_else(|| named_sandbox(topology, facts)),
        None => facts.kubernetes.sandbox_image.known().map(String::as_str),
    };
    name.map(normalised)
}

/// The sandbox image that a host's kubeadm names. `None` where it is not there, did not tell, or is
/// another than hosts are prepared with.
pub fn named_sandbox<'a>(topology: &Topology, facts: &'a HostFacts) -> Option<&'a str> {
    let is_the_one = facts.versions.kubeadm == Some(topology.version);
    let named = facts.kubernetes.needed_images.known().filter(|_| is_the_one)?;
    sandbox_among(named.iter().map(String::as_str))
}

/// Of which images a host needs a version that nobody knows before its kubeadm is there.
pub fn unreported_images(topology: &Topology, host: &Host, facts: &HostFacts) -> Vec<&'static str> {
    if of_the_release(topology, host, facts).is_empty() {
        return Vec::new();
    }
    let own = KUBEADM_DEFAULTS.into_iter();
    let is_reported = |image: &&str| *image == PAUSE && sandbox(topology, host, facts).is_some();
    own.filter(|image| is_for_host(topology, host, &format!("{image}:")) && !is_reported(image))
        .collect()
}

/// Whether an archive has some version of an image of kubeadm's: it was made for the cluster.
pub fn is_archived_unreported(topology: &Topology, image: &str) -> bool {
    let repository = format!("{}/", topology.image_repository);
    let last = format!("/{image}:");
    let archives = topology.images.archives.iter();
    let mut names = archives
        .flat_map(|archive| &archive.images)
        .flat_map(|image| &image.names);
    topology.takes_archives() && names.any(|name| name.starts_with(&repository) && name.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What kubeadm 1.36.2 says by itself.
    const CAPTURED: &str = include_str!("../../tests/data/programs/kubeadm-1.36.txt");

    #[test]
    fn the_pause_image_is_read_from_what_kubeadm_says() {
        let mut parts = CAPTURED.split("== ");
        let list = parts.find_map(|part| part.strip_prefix("kubeadm config images list\n"));

        let image = sandbox_among(list.unwrap().lines());

        assert_eq!(image, Some("registry.k8s.io/pause:3.10.2"));
        assert_eq!(sandbox_among(["registry.k8s.io/etcd:3.6.8-0", "pause"]), None);
    }
}
