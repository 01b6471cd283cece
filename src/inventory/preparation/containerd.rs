//! What containerd is told.

use serde_json::{Map, Value};

use crate::inventory::mistake::{Mistake, Mistakes, Wrong};
use crate::inventory::place::Place;
use crate::inventory::written;
use crate::versions::containerd::GRPC_PLUGIN as CRI;

/// As written; else each host's kubeadm is asked.
pub(super) fn sandbox_image(
    written: &written::Preparation,
    place: &Place,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let image = written.sandbox_image.as_ref()?;
    mistakes.check(&place.key("sandbox_image"), image_name(image))
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
                format!("`{key}` in containerd's configuration, which every user on a host can read"),
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
        "set `mirrors` in [preparation]: containerd accepts none here besides the folder that hawser sets",
    ),
];
