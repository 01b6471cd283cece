//! Which images a host has, needs and lacks.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{HostFacts, beforehand};
use crate::archive::{Image, normalised};
use crate::manifests;
use crate::topology::{EtcdTopology, Host, Role, Topology};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedBy {
    Kubeadm,
    /// containerd's configuration: every pod starts with it.
    Containerd,
    PodNetwork,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct WantedImage {
    pub name: String,
    pub named_by: NamedBy,
}

/// What a host will run, each image once.
pub fn wanted_images(topology: &Topology, host: &Host, facts: &HostFacts) -> Vec<WantedImage> {
    let needed = facts.kubernetes.needed_images.known().into_iter().flatten();
    let needed = needed
        .cloned()
        .chain(beforehand::of_the_release(topology, host, facts));
    let of_kubeadm = needed.map(|name| (name, NamedBy::Kubeadm));
    let sandbox = beforehand::sandbox(topology, host, facts);
    let of_containerd = sandbox.map(|name| (name, NamedBy::Containerd));
    let of_manifests = topology
        .manifests
        .iter()
        .filter(|_| host.is_node())
        .flat_map(|manifest| manifests::images(&manifest.content))
        .map(|name| (normalised(&name), NamedBy::PodNetwork));
    let mut wanted: Vec<WantedImage> = Vec::new();
    for (name, named_by) in of_kubeadm.chain(of_containerd).chain(of_manifests) {
        let is_its = named_by != NamedBy::Kubeadm || is_for_host(topology, host, &name);
        if is_its && !wanted.iter().any(|known| known.name == name) {
            wanted.push(WantedImage { name, named_by });
        }
    }
    wanted
}

/// What a host is known to lack of the images that it will run and kubeadm names. Where a busy host could not tell what
/// it has, kubeadm itself still pulls what it lacks.
pub fn missing_images(topology: &Topology, host: &Host, facts: &HostFacts) -> Vec<String> {
    let Some(found) = facts.kubernetes.images.known() else {
        return Vec::new();
    };
    let needed = facts.kubernetes.needed_images.known().into_iter().flatten();
    needed
        .filter(|image| is_for_host(topology, host, image) && !found.contains(image))
        .cloned()
        .collect()
}

/// Whether a host will run an image that is in an archive: Kubernetes' own by the host's roles, any other on every
/// node. For another processor than the host's it is not, and where no kubelet is neither.
pub fn runs(topology: &Topology, host: &Host, facts: &HostFacts, image: &Image) -> bool {
    if !topology.runs_pods(host) || architecture(&facts.system.architecture) != image.architecture {
        return false;
    }
    let needed = facts.kubernetes.needed_images.known();
    let repository = format!("{}/", topology.image_repository);
    let sandbox = beforehand::sandbox(topology, host, facts);
    image.names.iter().any(|name| {
        let is_kubeadms = name.starts_with(&repository) || needed.is_some_and(|needed| needed.contains(name));
        sandbox.as_ref() == Some(name)
            || if is_kubeadms {
                is_for_host(topology, host, name)
            } else {
                host.is_node()
            }
    })
}

pub fn is_archived(topology: &Topology, host: &Host, facts: &HostFacts, name: &str) -> bool {
    let archives = topology.images.archives.iter();
    let mut images = archives.flat_map(|archive| &archive.images);
    topology.takes_archives()
        && images
            .any(|image| image.names.iter().any(|known| known == name) && runs(topology, host, facts, image))
}

/// Whether a host is known to have an image under all of its names.
pub fn has_image(facts: &HostFacts, image: &Image) -> bool {
    let ids = &facts.kubernetes.image_ids;
    image.names.iter().all(|name| ids.get(name) == Some(&image.id))
}

pub fn lacks(facts: &HostFacts, name: &str) -> bool {
    let found = facts.kubernetes.images.known();
    !found.is_some_and(|found| found.iter().any(|known| known == name))
}

/// As Go names what `uname -m` says.
fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" => "arm",
        "i686" | "i386" => "386",
        other => other,
    }
}

/// Whether an image of kubeadm's list is for a host of these roles.
pub(super) fn is_for_host(topology: &Topology, host: &Host, image: &str) -> bool {
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
    let is_its = if host.is(Role::Etcd) {
        for_all || is_etcd
    } else {
        for_nodes || (host.is(Role::ControlPlane) && !(is_etcd && is_external))
    };
    !skipped && is_its
}

pub(super) struct Held {
    pub(super) names: Vec<String>,
    /// The id of each, as far as it is told.
    pub(super) ids: BTreeMap<String, String>,
}

/// `ctr images ls`, a table or (`-q`) names alone; JSON from `crictl`.
pub(super) fn held_images(text: &str) -> Result<Held, String> {
    if text.trim_start().starts_with('{') {
        return held_by_crictl(text);
    }
    let rows = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| !row.is_empty() && row.first() != Some(&"REF"));
    let mut manifests: BTreeMap<&str, &str> = BTreeMap::new();
    let mut names = Vec::new();
    for row in rows {
        names.extend(row.first().map(|name| (*name).to_owned()));
        if let (Some(name), Some(manifest)) = (row.first(), row.get(2)) {
            manifests.insert(name, manifest);
        }
    }
    // The CRI keeps each image under its id too.
    let id_of = |manifest: &str| {
        let mut ids = manifests.iter().filter(|(name, _)| name.starts_with("sha256:"));
        ids.find(|(_, other)| **other == manifest)
            .map(|(id, _)| (*id).to_owned())
    };
    let ids = manifests
        .iter()
        .filter_map(|(name, manifest)| Some(((*name).to_owned(), id_of(manifest)?)))
        .collect();
    Ok(Held { names, ids })
}

fn held_by_crictl(text: &str) -> Result<Held, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("images: {error}"))?;
    let images = value.get("images").and_then(Value::as_array);
    let mut held = Held {
        names: Vec::new(),
        ids: BTreeMap::new(),
    };
    for image in images.into_iter().flatten() {
        let names = ["repoTags", "repoDigests"].map(|key| image.get(key));
        let names = names.into_iter().flatten().filter_map(Value::as_array).flatten();
        for name in names.filter_map(Value::as_str) {
            held.names.push(name.to_owned());
            if let Some(id) = image.get("id").and_then(Value::as_str) {
                held.ids.insert(name.to_owned(), id.to_owned());
            }
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What containerd 1.6 says, shortened.
    const TABLE: &str = "REF  TYPE  DIGEST  SIZE  PLATFORMS  LABELS  \n\
        k8s.gcr.io/coredns:1.7.0 application/x sha256:m1 18.3 KiB linux/amd64 io.cri-containerd.image=managed \n\
        k8s.gcr.io/pause:3.2 application/x sha256:m1 18.3 KiB linux/amd64 - \n\
        lab.local/other:1 application/x sha256:m2 1 MiB linux/amd64 - \n\
        sha256:c1 application/x sha256:m1 18.3 KiB linux/amd64 - \n";

    #[test]
    fn an_image_is_known_by_the_id_that_leads_where_its_names_lead() {
        let held = held_images(TABLE).unwrap();

        assert_eq!(held.ids["k8s.gcr.io/coredns:1.7.0"], "sha256:c1");
        assert_eq!(held.ids["k8s.gcr.io/pause:3.2"], "sha256:c1");
        assert_eq!(held.ids.get("lab.local/other:1"), None);
        assert_eq!(held.names.len(), 4);
    }

    #[test]
    fn names_alone_tell_no_ids() {
        let held = held_images("k8s.gcr.io/pause:3.2\nsha256:c1\n").unwrap();

        assert_eq!((held.names.len(), held.ids.len()), (2, 0));
    }

    #[test]
    fn crictl_tells_ids_itself() {
        let text = r#"{"images": [{"id": "sha256:c1", "repoTags": ["a:1", "b:2"], "repoDigests": []}]}"#;

        let held = held_images(text).unwrap();

        assert_eq!(held.names, ["a:1", "b:2"]);
        assert_eq!(held.ids["b:2"], "sha256:c1");
    }
}
