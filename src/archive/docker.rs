//! What `docker save` writes: `manifest.json` names each image's configuration and layers by their paths.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::index::Listing;
use super::{Found, Part, Source, architecture, normalised};

pub(super) const MANIFEST: &str = "manifest.json";

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// Every image of the archive; each must be there whole.
pub(super) fn images(listing: &Listing) -> Result<Vec<Found>, String> {
    let entries: Vec<Entry> = listing.json(MANIFEST)?;
    entries.iter().map(|entry| image(listing, entry)).collect()
}

/// The names of the image of a configuration, where a docker manifest stands beside an OCI index.
pub(super) fn names_of(listing: &Listing, id: &str) -> Vec<String> {
    let entries: Vec<Entry> = listing.json(MANIFEST).unwrap_or_default();
    let is_its = |entry: &&Entry| listing.text(&entry.config).is_ok_and(|text| digest(text) == id);
    entries.iter().filter(is_its).flat_map(names).collect()
}

fn image(listing: &Listing, entry: &Entry) -> Result<Found, String> {
    let configuration = listing.text(&entry.config)?;
    let architecture = architecture(configuration)
        .ok_or_else(|| format!("{} in it is no image's configuration", entry.config))?;
    let id = digest(configuration);
    let configuration_name = format!("{}.json", id.trim_start_matches("sha256:"));
    let stored = |path: &String| {
        let missing = || format!("{path} is named in it, and is not there");
        listing.stored(path).ok_or_else(missing)
    };
    let mut parts = vec![Part {
        name: configuration_name.clone(),
        content: stored(&entry.config)?,
    }];
    let mut layers = Vec::new();
    for path in &entry.layers {
        let content = stored(path)?;
        // The same bytes go once, as an empty layer often stands there several times.
        let known = parts.iter().find(|part| part.content == content);
        let name = known.map_or_else(
            || format!("layers/{}.tar", layers.len() + 1),
            |part| part.name.clone(),
        );
        if known.is_none() {
            parts.push(Part {
                name: name.clone(),
                content,
            });
        }
        layers.push(name);
    }
    let names = names(entry);
    // It comes last: an archive that is cut off is none.
    let manifest = json!([Entry {
        config: configuration_name,
        repo_tags: Some(names.clone()),
        layers,
    }]);
    parts.push(Part {
        name: MANIFEST.to_owned(),
        content: Source::Written(manifest.to_string().into_bytes()),
    });
    Ok(Found {
        names,
        id,
        architecture,
        parts,
    })
}

fn names(entry: &Entry) -> Vec<String> {
    let tags = entry.repo_tags.iter().flatten();
    tags.map(|tag| normalised(tag)).collect()
}

fn digest(text: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}
