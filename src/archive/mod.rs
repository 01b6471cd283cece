//! Image archives on the workstation: which images are in them, and one image out of many as an archive of its own.
//!
//! OCI layouts and what `docker save` writes, as a tar file that is plain, or compressed by gzip, zstd or xz. Nothing
//! is unpacked, to disk or to memory: an archive is read once for its index, and again for each image that is sent.

mod docker;
mod index;
mod name;
mod oci;
mod packing;
mod single;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use name::normalised;
pub use single::Single;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub path: PathBuf,
    /// Its images, in the order of its index; an image for several processors is there once for each.
    pub images: Vec<Image>,
    /// The digests of the configurations of images that have no name, so that nothing could ask for them.
    pub nameless: Vec<String>,
}

/// One image for one processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its full names, such as `registry.k8s.io/pause:3.10`; at least one.
    pub names: Vec<String>,
    /// The digest of its configuration, `sha256:` and 64 hexadecimal digits: the runtime's own id of the image.
    pub id: String,
    /// For which processor it is, as Go names it: `amd64`, `arm64`.
    pub architecture: String,
    pub single: Single,
}

impl Image {
    pub fn name(&self) -> &str {
        self.names.first().map_or(&self.id, String::as_str)
    }
}

/// Reads an archive's index. `Err` says in a few words what is wrong with it.
///
/// Blocks; a packed archive is unpacked on the way, a plain one is only skipped through. At
/// most 16 MiB are kept meanwhile.
pub fn open(path: &Path) -> Result<Archive, String> {
    let (packing, listing) = index::list(path)?;
    let found = if listing.holds(oci::INDEX) {
        oci::images(&listing)?
    } else if listing.holds(docker::MANIFEST) {
        docker::images(&listing)?
    } else {
        return Err("it is no image archive: neither index.json nor manifest.json is in it".to_owned());
    };
    let (named, nameless): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| !found.names.is_empty());
    if named.is_empty() {
        return Err("no image in it has a name; save it by its name, not by its id".to_owned());
    }
    Ok(Archive {
        path: path.to_owned(),
        images: named
            .into_iter()
            .map(|found| Image {
                names: found.names,
                id: found.id,
                architecture: found.architecture,
                single: Single::new(path, packing, found.parts),
            })
            .collect(),
        nameless: nameless.into_iter().map(|found| found.id).collect(),
    })
}

/// An image as an index describes it.
struct Found {
    names: Vec<String>,
    id: String,
    architecture: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Part {
    /// What it is called in the archive that is sent.
    name: String,
    content: Source,
}

/// Where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    /// In the archive on disk, at so many bytes of what is unpacked.
    Stored(Span),
    /// Here.
    Written(Vec<u8>),
}

/// Bytes of an archive, unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Span {
    offset: u64,
    size: u64,
}

impl Source {
    fn size(&self) -> u64 {
        match self {
            Source::Stored(span) => span.size,
            Source::Written(bytes) => bytes.len() as u64,
        }
    }
}

/// What a configuration says of the processor; `None` where it is that of no image (an attestation, a chart).
fn architecture(configuration: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(configuration).ok()?;
    value.get("rootfs")?;
    let architecture = value.get("architecture")?.as_str()?;
    (architecture != "unknown").then(|| architecture.to_owned())
}
