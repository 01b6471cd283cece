//! An OCI layout: `index.json` names manifests, or lists of them, by digest; every file lies below `blobs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::docker;
use super::index::Listing;
use super::{Found, Part, Source, architecture, normalised};

pub(super) const INDEX: &str = "index.json";

/// containerd's own annotation, also written by newer docker: the name in full.
const FULL_NAME: &str = "io.containerd.image.name";
/// The standard's: a tag alone, or with some programs the name.
const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// How deep lists of manifests stand in each other; a list in the index's list is all that is written.
const DEEPEST: usize = 4;

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Points to a file by its digest. What else stands in it is kept as it is.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    annotations: Map<String, Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A manifest of an image, with the names that lead to it.
struct Named {
    descriptor: Descriptor,
    names: Vec<String>,
    found: Found,
}

/// The images whose files are all there: an index may speak of other processors' too.
pub(super) fn images(listing: &Listing) -> Result<Vec<Found>, String> {
    let index: Index = listing.json(INDEX)?;
    let mut all: Vec<Named> = Vec::new();
    for descriptor in index.manifests {
        let name = name_of(&descriptor);
        gather(listing, descriptor, name.as_ref(), DEEPEST, &mut all)?;
    }
    for named in &mut all {
        if named.names.is_empty() {
            named.names = docker::names_of(listing, &named.found.id);
        }
    }
    Ok(all.into_iter().map(finish).collect())
}

fn gather(
    listing: &Listing,
    descriptor: Descriptor,
    name: Option<&String>,
    depth: usize,
    all: &mut Vec<Named>,
) -> Result<(), String> {
    let path = blob(&descriptor.digest)?;
    if listing.find(&path).is_none() {
        return Ok(());
    }
    let value: Value = listing.json(&path)?;
    if value.get("manifests").is_some() {
        if depth == 0 {
            return Err("its lists of manifests stand too deep in each other".to_owned());
        }
        let nested: Index = listing.json(&path)?;
        for descriptor in nested.manifests {
            gather(listing, descriptor, name, depth - 1, all)?;
        }
        return Ok(());
    }
    if let Some(known) = all
        .iter_mut()
        .find(|known| known.descriptor.digest == descriptor.digest)
    {
        known
            .names
            .extend(name.filter(|name| !known.names.contains(name)).cloned());
        return Ok(());
    }
    if let Some(found) = image(listing, &descriptor)? {
        let names = name.into_iter().cloned().collect();
        all.push(Named {
            descriptor,
            names,
            found,
        });
    }
    Ok(())
}

/// `None` where it is no image, or some of its files are not in the archive.
fn image(listing: &Listing, descriptor: &Descriptor) -> Result<Option<Found>, String> {
    let path = blob(&descriptor.digest)?;
    let manifest: Manifest = listing.json(&path)?;
    let Some(config) = manifest.config else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    for digest in [&descriptor.digest, &config.digest]
        .into_iter()
        .chain(manifest.layers.iter().map(|layer| &layer.digest))
    {
        let name = blob(digest)?;
        let Some(content) = listing.stored(&name) else {
            return Ok(None);
        };
        if !parts.iter().any(|part: &Part| part.name == name) {
            parts.push(Part { name, content });
        }
    }
    let architecture = listing.text(&blob(&config.digest)?).ok().and_then(architecture);
    Ok(architecture.map(|architecture| Found {
        names: Vec::new(),
        id: config.digest,
        architecture,
        parts,
    }))
}

/// The index comes last: an archive that is cut off is none.
fn finish(named: Named) -> Found {
    let Named {
        descriptor,
        names,
        mut found,
    } = named;
    let manifests: Vec<Descriptor> = names
        .iter()
        .map(|name| {
            let mut descriptor = descriptor.clone();
            descriptor.annotations.remove(REFERENCE);
            descriptor.annotations.insert(FULL_NAME.to_owned(), json!(name));
            descriptor
        })
        .collect();
    let mut write = |name: &str, value: &Value| {
        found.parts.push(Part {
            name: name.to_owned(),
            content: Source::Written(value.to_string().into_bytes()),
        });
    };
    write("oci-layout", &json!({ "imageLayoutVersion": "1.0.0" }));
    write(INDEX, &json!({ "schemaVersion": 2, "manifests": manifests }));
    found.names = names;
    found
}

fn name_of(descriptor: &Descriptor) -> Option<String> {
    let annotation = |key: &str| descriptor.annotations.get(key)?.as_str();
    let reference = || annotation(REFERENCE).filter(|name| name.contains(['/', ':']));
    annotation(FULL_NAME).or_else(reference).map(normalised)
}

/// Where the file of a digest lies.
fn blob(digest: &str) -> Result<String, String> {
    let (algorithm, hash) = digest.split_once(':').unwrap_or_default();
    let is_digest = algorithm == "sha256" && hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if is_digest {
        Ok(format!("blobs/sha256/{hash}"))
    } else {
        Err(format!("`{digest}` in it is no SHA-256 digest"))
    }
}
