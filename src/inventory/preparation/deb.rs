//! A Debian package on the workstation: what it is. Source: deb(5), deb-control(5).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};

use crate::topology::PackageFile;

/// What a package begins with.
const MAGIC: &[u8; 8] = b"!<arch>\n";

/// The header of a member: its name in 16 bytes, and its size in 10 from the 48th.
const HEADER: usize = 60;

/// A control archive holds a few scripts; the largest of Debian have some hundred KiB.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a package file. `Err` says why it is none.
pub(super) fn read(path: &Path) -> Result<PackageFile, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let control = control_of(&mut file).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends early".to_owned(),
        _ => error.to_string(),
    })?;
    let field = |name: &str| {
        fields(&control)
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let needed = |name: &str| field(name).ok_or_else(|| format!("its control file names no {name}"));
    Ok(PackageFile {
        path: path.to_owned(),
        package: needed("Package")?,
        version: needed("Version")?,
        architecture: needed("Architecture")?,
        sha256: sum(&mut file).map_err(|error| error.to_string())?,
        size,
    })
}

fn sum(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 128 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(piece.get(..count).unwrap_or_default()),
        }
    }
}

fn control_of(file: &mut File) -> io::Result<String> {
    let mut magic = [0; MAGIC.len()];
    let is_package = file.read_exact(&mut magic).is_ok() && magic == *MAGIC;
    if !is_package {
        return Err(io::Error::other("it is no Debian package"));
    }
    loop {
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let text = |from: usize, to: usize| header.get(from..to).unwrap_or_default().trim();
        let size: u64 = text(48, 58)
            .parse()
            .map_err(|_| io::Error::other("it is damaged"))?;
        let name = text(0, 16).trim_end_matches('/').to_owned();
        if let Some(packing) = name.strip_prefix("control.tar") {
            let member = Read::take(&mut *file, size);
            return control_in(unpacked(packing, member)?);
        }
        // Members begin at even places.
        let next = i64::try_from(size + size % 2).map_err(io::Error::other)?;
        file.seek(SeekFrom::Current(next))?;
    }
}

fn unpacked<'a>(packing: &str, member: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match packing {
        "" => Box::new(member),
        ".gz" => Box::new(GzDecoder::new(member)),
        ".xz" => Box::new(XzReader::new(member, true)),
        ".zst" => Box::new(StreamingDecoder::new(member).map_err(io::Error::other)?),
        other => {
            return Err(io::Error::other(format!(
                "its compression is unknown to hawser: {other}"
            )));
        }
    })
}

fn control_in(archive: Box<dyn Read + '_>) -> io::Result<String> {
    let mut archive = tar::Archive::new(archive.take(MOST_BYTES));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.file_name().is_some_and(|name| name == "control") {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(text);
        }
    }
    Err(io::Error::other("it has no control file"))
}

/// Names and values; a line that begins with a space goes on with the value before it.
fn fields(control: &str) -> impl Iterator<Item = (String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in control.lines() {
        match (line.split_once(':'), all.last_mut()) {
            _ if line.trim().is_empty() => {}
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => value.push_str(line),
            (Some((name, value)), _) => all.push((name.to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const CONTROL: &str = "Package: kubelet\nVersion: 1:1.34.2-1.1\nArchitecture: amd64\n\
        Depends: iptables (>= 1.4.21), default-mta | mail-transport-agent,\n mount\nDescription: a node agent\n .\n Depends: not this\n";

    fn control_archive() -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(CONTROL.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive
            .append_data(&mut header, "./control", CONTROL.as_bytes())
            .unwrap();
        archive.into_inner().unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn member(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut all = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            0,
            100_644,
            bytes.len()
        )
        .into_bytes();
        all.extend(bytes);
        if bytes.len() % 2 == 1 {
            all.push(b'\n');
        }
        all
    }

    fn package(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(MAGIC).unwrap();
        for (name, bytes) in members {
            file.write_all(&member(name, bytes)).unwrap();
        }
        file
    }

    #[test]
    fn a_package_says_what_it_is() {
        let file = package(&[
            ("debian-binary", b"2.0"),
            ("control.tar.gz", &gzipped(&control_archive())),
            ("data.tar.xz", b"whatever"),
        ]);

        let found = read(file.path()).unwrap();

        assert_eq!(
            (
                found.package.as_str(),
                found.version.as_str(),
                found.architecture.as_str()
            ),
            ("kubelet", "1:1.34.2-1.1", "amd64")
        );
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(
            (found.size, found.sha256),
            (bytes.len() as u64, hex::encode(Sha256::digest(bytes)))
        );
    }

    #[test]
    fn an_unpacked_control_archive_is_read_too() {
        let file = package(&[("debian-binary", b"2.0\n"), ("control.tar", &control_archive())]);

        assert_eq!(read(file.path()).unwrap().package, "kubelet");
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let refusal = |members: &[(&str, &[u8])]| read(package(members).path()).unwrap_err();
        let page = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(page.path(), "<!doctype html>").unwrap();

        assert_eq!(read(page.path()).unwrap_err(), "it is no Debian package");
        assert_eq!(refusal(&[("debian-binary", b"2.0\n")]), "it ends early");
        assert_eq!(
            refusal(&[("control.tar.lz4", b"xx")]),
            "its compression is unknown to hawser: .lz4"
        );
    }
}
