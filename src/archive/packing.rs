//! How an archive is compressed, and reading it unpacked.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
    Xz,
}

/// What an archive may ask for to be unpacked, in bytes: the windows of `zstd -19` and `xz -6` are 8 MiB. As several
/// hosts are sent to at once, one with a larger window is refused.
const WINDOW: u64 = 16 << 20;

/// An archive's bytes, unpacked, from wherever they are next wanted.
pub(super) enum Unpacked {
    Plain(File),
    Packed { reader: Box<dyn Read + Send>, at: u64 },
}

/// Looks at the first bytes.
pub(super) fn of(path: &Path) -> io::Result<Packing> {
    let mut magic = [0; 6];
    let mut file = File::open(path)?;
    let mut read = 0;
    while let Some(rest) = magic.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            count => read += count,
        }
    }
    Ok(match magic {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Packing::Xz,
        _ => Packing::Plain,
    })
}

impl Unpacked {
    pub(super) fn open(path: &Path, packing: Packing) -> io::Result<Self> {
        let file = File::open(path)?;
        let reader: Box<dyn Read + Send> = match packing {
            Packing::Plain => return Ok(Unpacked::Plain(file)),
            Packing::Gzip => Box::new(MultiGzDecoder::new(buffered(file))),
            Packing::Zstd => Box::new(Frames::new(buffered(file))),
            Packing::Xz => {
                let kib = u32::try_from(WINDOW >> 10).unwrap_or(u32::MAX);
                Box::new(XzReader::new_mem_limit(buffered(file), true, kib))
            }
        };
        Ok(Unpacked::Packed { reader, at: 0 })
    }

    /// Goes to a place. A packed archive is unpacked up to it, and from its beginning there is no way back.
    pub(super) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        match self {
            Unpacked::Plain(file) => file.seek(SeekFrom::Start(offset)).map(drop),
            Unpacked::Packed { reader, at } => {
                let skipped = offset
                    .checked_sub(*at)
                    .ok_or_else(|| io::Error::other("what is packed is read forwards only"))?;
                let passed = io::copy(&mut reader.take(skipped), &mut io::sink())?;
                *at += passed;
                if passed < skipped {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(())
            }
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacked::Plain(file) => file.read(buffer),
            Unpacked::Packed { reader, at } => {
                let count = reader.read(buffer)?;
                *at += count as u64;
                Ok(count)
            }
        }
    }
}

fn buffered(file: File) -> BufReader<File> {
    BufReader::with_capacity(128 << 10, file)
}

/// The frames of a zstd file one after the other: several compressors write more than one.
struct Frames<R: BufRead> {
    state: State<R>,
}

enum State<R: BufRead> {
    Between(R),
    Inside(Box<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>),
    Ended,
}

impl<R: BufRead> Frames<R> {
    fn new(reader: R) -> Self {
        Self {
            state: State::Between(reader),
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut reader) => {
                    if reader.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new_with_max_window_size(reader, WINDOW)
                        .map_err(|error| io::Error::other(format!("zstd: {error}")))?;
                    self.state = State::Inside(Box::new(decoder));
                }
                State::Inside(mut decoder) => {
                    let count = decoder.read(buffer)?;
                    if count > 0 || buffer.is_empty() {
                        self.state = State::Inside(decoder);
                        return Ok(count);
                    }
                    self.state = State::Between(decoder.into_inner());
                }
            }
        }
    }
}
