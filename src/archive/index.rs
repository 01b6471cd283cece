//! One pass through an archive: where each file lies, and the small ones that may be a part of its index.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

use tar::{Entries, EntryType};

use super::packing::{self, Packing, Unpacked};
use super::{Source, Span};

/// A file of JSON larger than this is no index, manifest or configuration.
const LARGEST: u64 = 1 << 20;

/// All of them together.
const KEPT: usize = 16 << 20;

/// An archive of every image there is has some thousands of files.
const MOST_FILES: usize = 100_000;

#[derive(Default)]
pub(super) struct Listing {
    files: BTreeMap<String, Span>,
    /// Older `docker save` writes a layer once, and links to it from other images.
    links: BTreeMap<String, String>,
    texts: BTreeMap<String, Vec<u8>>,
    kept: usize,
}

/// Reads an archive's list of files.
pub(super) fn list(path: &Path) -> Result<(Packing, Listing), String> {
    let in_words = |error: std::io::Error| error.to_string();
    let packing = packing::of(path).map_err(in_words)?;
    let unpacked = Unpacked::open(path, packing).map_err(in_words)?;
    let mut listing = Listing::default();
    match unpacked {
        Unpacked::Plain(file) => {
            let mut archive = tar::Archive::new(file);
            listing.take(archive.entries_with_seek().map_err(in_words)?)?;
        }
        packed @ Unpacked::Packed { .. } => {
            let mut archive = tar::Archive::new(packed);
            listing.take(archive.entries().map_err(in_words)?)?;
        }
    }
    Ok((packing, listing))
}

impl Listing {
    fn take<R: Read>(&mut self, entries: Entries<'_, R>) -> Result<(), String> {
        for entry in entries {
            let mut entry = entry.map_err(|error| format!("it is no tar archive: {error}"))?;
            let path = entry.path().map_err(|error| error.to_string())?;
            let Some(name) = cleaned(&path) else { continue };
            if self.files.len() + self.links.len() >= MOST_FILES {
                return Err(format!("it holds more than {MOST_FILES} files"));
            }
            let kind = entry.header().entry_type();
            if matches!(kind, EntryType::Symlink | EntryType::Link) {
                let target = entry.link_name().map_err(|error| error.to_string())?;
                let beside = if kind == EntryType::Symlink {
                    Path::new(&name).parent()
                } else {
                    None
                };
                let target = target.map(|target| beside.unwrap_or(Path::new("")).join(target));
                if let Some(target) = target.and_then(|target| cleaned(&target)) {
                    self.links.insert(name, target);
                }
            } else if kind.is_file() {
                let size = entry.size();
                let offset = entry.raw_file_position();
                self.files.insert(name.clone(), Span { offset, size });
                self.keep(name, size, &mut entry)?;
            }
        }
        Ok(())
    }

    /// Keeps a file that begins as JSON does, where it is small. Whether it is any is seen when it is wanted.
    fn keep(&mut self, name: String, size: u64, reader: &mut impl Read) -> Result<(), String> {
        if size == 0 || size > LARGEST {
            return Ok(());
        }
        let cut_short = |error: std::io::Error| format!("{name} in it cannot be read: {error}");
        let mut first = [0];
        reader.read_exact(&mut first).map_err(cut_short)?;
        if !matches!(first, [b'{' | b'[']) {
            return Ok(());
        }
        let mut text = first.to_vec();
        reader.read_to_end(&mut text).map_err(cut_short)?;
        self.kept += text.len();
        if self.kept > KEPT {
            return Err(format!("its index is larger than {} MiB", KEPT >> 20));
        }
        self.texts.insert(name, text);
        Ok(())
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// A file, or the one that a link leads to.
    pub(super) fn find(&self, name: &str) -> Option<(String, Span)> {
        let name = cleaned(Path::new(name))?;
        let name = match self.links.get(&name) {
            Some(target) if !self.files.contains_key(&name) => target.clone(),
            _ => name,
        };
        let span = *self.files.get(&name)?;
        Some((name, span))
    }

    /// The content of a file of JSON.
    pub(super) fn text(&self, name: &str) -> Result<&[u8], String> {
        let missing = || format!("{name} is named in it, and is not there");
        let (found, _) = self.find(name).ok_or_else(missing)?;
        self.texts
            .get(&found)
            .map(Vec::as_slice)
            .ok_or_else(|| format!("{name} in it is no JSON"))
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        serde_json::from_slice(self.text(name)?)
            .map_err(|error| format!("{name} in it is not understood: {error}"))
    }

    /// Where a file's bytes are.
    pub(super) fn stored(&self, name: &str) -> Option<Source> {
        self.find(name).map(|(_, span)| Source::Stored(span))
    }
}

/// A path inside an archive without `.` and `..`; `None` where it leads out of it.
fn cleaned(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(parts.join("/"))
}
