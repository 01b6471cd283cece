//! One image as an archive of its own, made while it is read.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use tar::{EntryType, Header};

use super::packing::{Packing, Unpacked};
use super::{Part, Source, Span};

/// tar's unit.
const BLOCK: u64 = 512;

/// One image out of an archive, ready to be read as an archive of its own: what it consists of, not its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    path: PathBuf,
    packing: Packing,
    parts: Vec<Part>,
}

impl Single {
    /// The parts are brought into the order in which they are stored, so that one reading forwards does;
    /// what is written anew comes last.
    pub(super) fn new(path: &Path, packing: Packing, mut parts: Vec<Part>) -> Self {
        parts.sort_by_key(|part| match &part.content {
            Source::Stored(span) => (0, Some(*span)),
            Source::Written(_) => (1, None),
        });
        Self {
            path: path.to_owned(),
            packing,
            parts,
        }
    }

    /// A file of so many bytes as the one thing in an archive, under a name.
    pub fn of_file(path: &Path, name: &str, size: u64) -> Self {
        let content = Source::Stored(Span { offset: 0, size });
        let part = Part {
            name: name.to_owned(),
            content,
        };
        Self::new(path, Packing::Plain, vec![part])
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the archive is compressed as a whole: each reading unpacks it from its beginning.
    pub fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    pub fn size(&self) -> u64 {
        let parts = self.parts.iter().map(|part| {
            let size = part.content.size();
            BLOCK + size + padding(size)
        });
        parts.sum::<u64>() + 2 * BLOCK
    }

    /// Begins to read it; blocking. At most a piece of it is in memory at a time, and the window of what is packed.
    pub fn open(&self) -> io::Result<Reader> {
        let mut segments = VecDeque::new();
        for part in &self.parts {
            let size = part.content.size();
            segments.push_back(Segment::Bytes(header(&part.name, size)?));
            segments.push_back(match &part.content {
                Source::Stored(span) => Segment::Span(*span),
                Source::Written(bytes) => Segment::Bytes(bytes.clone()),
            });
            let padding = usize::try_from(padding(size)).unwrap_or_default();
            segments.push_back(Segment::Bytes(vec![0; padding]));
        }
        segments.push_back(Segment::Bytes(vec![0; 1024]));
        Ok(Reader {
            source: Unpacked::open(&self.path, self.packing)?,
            segments,
            is_there: false,
        })
    }
}

impl Serialize for Single {
    /// What a plan shows of it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Single", 2)?;
        map.serialize_field("archive", &self.path)?;
        map.serialize_field("size", &self.size())?;
        map.end()
    }
}

/// Reads one image; see [`Single::open`].
pub struct Reader {
    source: Unpacked,
    segments: VecDeque<Segment>,
    /// Whether the source stands where the first segment begins.
    is_there: bool,
}

enum Segment {
    Bytes(Vec<u8>),
    Span(Span),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(segment) = self.segments.front_mut() {
            let count = match segment {
                Segment::Bytes(bytes) => {
                    let mut rest = bytes.as_slice();
                    let count = rest.read(buffer)?;
                    bytes.drain(..count);
                    count
                }
                Segment::Span(span) => {
                    if !self.is_there {
                        self.source.go_to(span.offset)?;
                        self.is_there = true;
                    }
                    let count = (&mut self.source).take(span.size).read(buffer)?;
                    if count == 0 && span.size > 0 {
                        return Err(io::Error::new(
                            io::ErrorKind::UnexpectedEof,
                            "the archive has become shorter",
                        ));
                    }
                    span.offset += count as u64;
                    span.size -= count as u64;
                    count
                }
            };
            if count > 0 {
                return Ok(count);
            }
            self.segments.pop_front();
            self.is_there = false;
        }
        Ok(0)
    }
}

fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

fn header(name: &str, size: u64) -> io::Result<Vec<u8>> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header.as_bytes().to_vec())
}
