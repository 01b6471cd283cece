//! `[pod_network]`: manifests, read or fetched and checked; and its ports.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::formats;
use super::mistake::{Mistakes, Wrong};
use super::place::Place;
use super::workstation::{Workstation, unreadable};
use super::written;
use crate::topology::{Manifest, PodPort};

pub(super) fn resolve(
    written: Option<&written::PodNetwork>,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Vec<Manifest> {
    let place = Place::root().key("pod_network").key("manifests");
    let entries = written
        .into_iter()
        .flat_map(|network| network.manifests.placed(&place));
    let manifests = entries.flat_map(|(place, entry)| resolve_one(entry, &place, workstation, mistakes));
    manifests.collect()
}

/// The ports that the user names.
pub(super) fn ports(written: Option<&written::PodNetwork>, mistakes: &mut Mistakes) -> Vec<PodPort> {
    let place = Place::root().key("pod_network").key("ports");
    let entries = written
        .into_iter()
        .flat_map(|network| network.ports.placed(&place));
    let ports = entries.filter_map(|(place, text)| mistakes.check(&place, formats::pod_port(text)));
    ports.collect()
}

fn resolve_one(
    entry: &written::Manifest,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Vec<Manifest> {
    let hash = match entry.sha256.as_deref().map(formats::sha256) {
        Some(hash) => match mistakes.check(&place.key("sha256"), hash) {
            Some(hash) => Some(hash),
            None => return Vec::new(),
        },
        None => None,
    };
    let (key, found) = match (entry.path.as_deref(), entry.url.as_deref()) {
        (Some(path), None) => ("path", read(&workstation.path(path), hash.is_some())),
        (None, Some(url)) => ("url", fetch(url, hash.is_some()).map(|manifest| vec![manifest])),
        (path, _) => {
            // Where one of the two is there but mistyped, that has been said.
            let is_reported = mistakes.is_sound(place);
            let label = if path.is_some() {
                "both are given"
            } else {
                "neither is given"
            };
            let help = "write `{ path = \"pod-network.yaml\" }` or `{ url = \"https://…\", sha256 = \"…\" }`";
            let wrong = || Wrong::new("a manifest is either a `path` or a `url`", label, help);
            mistakes.refuse(is_reported, place, wrong);
            return Vec::new();
        }
    };
    let manifests = mistakes.check(&place.key(key), found).unwrap_or_default();
    for manifest in &manifests {
        let is_right = match check_hash(manifest, hash.as_deref()) {
            Ok(()) => mistakes.check(&place.key(key), check_yaml(manifest)),
            Err(wrong) => mistakes.check(&place.key("sha256"), Err(wrong)),
        };
        if is_right.is_none() {
            return Vec::new();
        }
    }
    manifests
}

/// A file, or every YAML file of a folder in the order of names.
fn read(path: &Path, has_hash: bool) -> Result<Vec<Manifest>, Wrong> {
    if !path.is_dir() {
        return read_file(path).map(|manifest| vec![manifest]);
    }
    if has_hash {
        let help = "name the file itself, or remove `sha256`";
        return Err(Wrong::new(
            format!("`sha256` of a folder: {}", path.display()),
            "a folder has none",
            help,
        ));
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_yaml(path))
        .collect();
    files.sort();
    if files.is_empty() {
        let help = "put the manifests there, or name a file";
        return Err(Wrong::new(
            format!("no manifest in {}", path.display()),
            "no *.yaml and no *.yml in it",
            help,
        ));
    }
    files.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Result<Manifest, Wrong> {
    let content = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(Manifest {
        source: path.display().to_string(),
        content,
    })
}

fn fetch(url: &str, has_hash: bool) -> Result<Manifest, Wrong> {
    let is_proof = url.starts_with("https://") || (url.starts_with("http://") && has_hash);
    if !is_proof {
        return Err(Wrong::new(
            format!("not a URL to trust: `{url}`"),
            "neither https:// nor http:// with a `sha256`",
            "use https://, or add the `sha256` that the content must have",
        ));
    }
    download(url)
        .map(|content| Manifest {
            source: url.to_owned(),
            content,
        })
        .map_err(|error| {
            Wrong::new(
                format!("cannot fetch {url}"),
                error.to_string(),
                "try it with `curl -fL`; or save the manifest beside the inventory and name it as `path`",
            )
        })
}

/// What a URL leads to, as text.
pub(super) fn download(url: &str) -> Result<String, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .build()
        .into();
    let mut answer = agent.get(url).call()?;
    answer.body_mut().with_config().limit(MOST_BYTES).read_to_string()
}

fn check_hash(manifest: &Manifest, expected: Option<&str>) -> Result<(), Wrong> {
    let actual = hex::encode(Sha256::digest(manifest.content.as_bytes()));
    match expected {
        Some(expected) if expected != actual => Err(Wrong::new(
            format!("{} is not what `sha256` says", manifest.source),
            "not the hash of what is there",
            format!(
                "expected {expected}
   found {actual}
read what changed before you write the new hash here"
            ),
        )),
        _ => Ok(()),
    }
}

/// That every document is a Kubernetes object; a web page saved by mistake is none.
fn check_yaml(manifest: &Manifest) -> Result<(), Wrong> {
    let wrong = |label: String| {
        let help = "each document needs `apiVersion` and `kind`; for a URL, use the raw file, not the page around it";
        Err(Wrong::new(
            format!("not a Kubernetes manifest: {}", manifest.source),
            label,
            help,
        ))
    };
    let mut objects = 0;
    for document in serde_norway::Deserializer::from_str(&manifest.content) {
        match serde_norway::Value::deserialize(document) {
            Ok(serde_norway::Value::Null) => {}
            Ok(value) if value.get("kind").is_some() && value.get("apiVersion").is_some() => objects += 1,
            Ok(_) => return wrong("a document without `apiVersion` and `kind`".to_owned()),
            Err(error) => return wrong(format!("not YAML: {error}")),
        }
    }
    if objects == 0 {
        wrong("it holds no object".to_owned())
    } else {
        Ok(())
    }
}

/// For the whole exchange: a manifest is small.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest pod network's manifests are below 1 MB.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
