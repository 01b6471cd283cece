//! What containerd is told.

use serde_json::{Map, Value};

use crate::inventory::cluster::Cluster;
use crate::inventory::mistake::{Mistake, Mistakes, Wrong};
use crate::inventory::place::Place;
use crate::inventory::written;
use crate::versions::containerd::GRPC_PLUGIN as CRI;

/// The tag of kubeadm's pause image by minor release, from where it changed. Source: `PauseVersion` of kubeadm's constants.
const PAUSE: [(u32, &str); 9] = [
    (20, "3.2"),
    (21, "3.4.1"),
    (22, "3.5"),
    (23, "3.6"),
    (24, "3.7"),
    (25, "3.8"),
    (26, "3.9"),
    (31, "3.10"),
    (34, "3.10.1"),
];

/// As written, or the one that kubeadm names.
pub(super) fn sandbox_image(
    written: &written::Preparation,
    place: &Place,
    cluster: &Cluster,
    mistakes: &mut Mistakes,
) -> String {
    if let Some(image) = &written.sandbox_image {
        return mistakes
            .check(&place.key("sandbox_image"), image_name(image))
            .unwrap_or_default();
    }
    let minor = cluster.version.map_or(0, |version| version.minor);
    let known = PAUSE.iter().rev().find(|(from, _)| minor >= *from);
    let (_, tag) = known.unwrap_or(&PAUSE[0]);
    format!("{}/pause:{tag}", cluster.image_repository)
}

fn image_name(text: &str) -> Result<String, Wrong> {
    let is_legal =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '@' | '[' | ']');
    let last = text.rsplit('/').next().unwrap_or_default();
    if text.contains('/') && (last.contains(':') || last.contains('@')) && text.chars().all(is_legal) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("not an image with its tag: `{text}`"),
        "without a registry or a tag",
        "write all of it, such as `registry.k8s.io/pause:3.10`; `kubeadm config images list` names it",
    ))
}

/// What hawser sets itself is not to be set twice.
pub(super) fn fragment(
    written: &written::Preparation,
    place: &Place,
    mistakes: &mut Mistakes,
) -> Map<String, Value> {
    let place = place.key("containerd");
    for (path, instead) in RESERVED {
        let pointer = format!("/{}", path.join("/"));
        if Value::Object(written.containerd.clone())
            .pointer(&pointer)
            .is_some()
        {
            let here = path.iter().fold(place.clone(), |place, key| place.key(key));
            let wrong = Wrong::new(
                format!("`{}` is set by hawser", path.last().copied().unwrap_or_default()),
                "set twice",
                *instead,
            );
            mistakes.push(Mistake::key(&here, wrong));
        }
    }
    refuse_secrets(&written.containerd, &place, mistakes);
    written.containerd.clone()
}

/// Whoever is logged in to a host may read containerd's configuration, and plans show it.
fn refuse_secrets(table: &Map<String, Value>, place: &Place, mistakes: &mut Mistakes) {
    for (key, value) in table {
        let here = place.key(key);
        if SECRETS.contains(&key.to_ascii_lowercase().as_str()) {
            let help = "take it out, write `user:password` into a file of its own, and name that as `credentials_file` under \
                        [preparation.registries.\"REGISTRY\"]: hosts then have it in a file for root alone";
            let wrong = Wrong::new(
                format!("`{key}` in containerd's configuration, which everybody on a host may read"),
                "no place for a secret",
                help,
            );
            mistakes.push(Mistake::key(&here, wrong));
        } else if let Value::Object(table) = value {
            refuse_secrets(table, &here, mistakes);
        }
    }
}

/// Keys under which containerd has credentials of registries. Source: containerd's docs/cri/registry.md, docs/hosts.md.
const SECRETS: [&str; 6] = [
    "auth",
    "auths",
    "authorization",
    "identitytoken",
    "password",
    "registrytoken",
];

const RESERVED: &[(&[&str], &str)] = &[
    (
        &["version"],
        "leave it out: hawser writes version 2, which every containerd from 1.3 on reads",
    ),
    (
        &["plugins", CRI, "sandbox_image"],
        "set `sandbox_image` in [preparation]",
    ),
    (
        &[
            "plugins",
            CRI,
            "containerd",
            "runtimes",
            "runc",
            "options",
            "SystemdCgroup",
        ],
        "set `cgroupDriver` in [kubeadm.kubelet_configuration]: containerd follows it",
    ),
    (
        &["plugins", CRI, "registry", "config_path"],
        "set `mirrors` in [preparation]",
    ),
    (
        &["plugins", CRI, "registry", "mirrors"],
        "set `mirrors` in [preparation]: containerd takes none here beside the folder that hawser names",
    ),
];
