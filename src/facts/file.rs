//! A file on a host: all of what is in it, or its SHA-256 alone; never a part of it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Observed;
use super::answer::Answer;

/// A file that exists on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFact {
    pub mode: u32,
    /// `user:group`.
    pub owner: String,
    pub size: u64,
    /// The SHA-256 of all of them, in hexadecimal.
    pub sha256: String,
    /// Whether it is exactly as its package brought it; asked of few.
    pub is_package_default: bool,
    /// All of its bytes; none where it is too large to be read.
    #[serde(skip)]
    content: Option<Vec<u8>>,
}

impl FileFact {
    /// A file with this in it.
    pub fn new(mode: u32, owner: &str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        Self {
            mode,
            owner: owner.to_owned(),
            size: content.len() as u64,
            sha256: sum_of(&content),
            is_package_default: false,
            content: Some(content),
        }
    }

    /// A file that is too large to be read.
    pub fn too_large(mode: u32, owner: &str, size: u64, sha256: &str) -> Self {
        Self {
            size,
            sha256: sha256.to_owned(),
            content: None,
            ..Self::new(mode, owner, "")
        }
    }

    /// All of its bytes, where they were read.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// All of it as text, where it was read and is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

/// The path; mode, owner, size, SHA-256 and whether it is its package's default; then the content, where it was sent.
pub(super) fn read(answer: &Answer) -> Option<(String, Observed<FileFact>)> {
    let (path, rest) = line(&answer.bytes);
    let fact = || {
        answer.success()?;
        let not_understood = || format!("{path}: not understood");
        let (words, content) = line(rest);
        let mut words = words.split(' ').map(str::to_owned);
        let mut word = || words.next().ok_or_else(not_understood);
        let (mode, owner, size, sha256, default) = (word()?, word()?, word()?, word()?, word()?);
        let size: u64 = size.parse().map_err(|_| not_understood())?;
        let is_whole = content.len() as u64 == size && sum_of(content) == sha256;
        if !is_whole && !content.is_empty() {
            return Err(format!("{path} changed while it was read, or was cut short"));
        }
        Ok(FileFact {
            mode: u32::from_str_radix(&mode, 8).map_err(|_| not_understood())?,
            owner,
            size,
            sha256,
            is_package_default: default == "yes",
            content: is_whole.then(|| content.to_vec()),
        })
    };
    (!path.is_empty()).then(|| (path.clone(), fact().into()))
}

/// The first line, and what is behind it.
fn line(bytes: &[u8]) -> (String, &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let first = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (first, parts.next().unwrap_or_default())
}

fn sum_of(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answers;
    use super::super::answer::tests::line as answered;
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    /// What is read of an answer about a file.
    fn reported(size: usize, sha256: &str, content: &[u8]) -> Observed<FileFact> {
        let head = format!("/etc/hosts\n644 root:root {size} {sha256} no\n");
        let reply = BASE64_STANDARD.encode([head.as_bytes(), content, b"\n0"].concat());
        let output = format!("hawser-fact file {reply}\n{}", answered("end", "", 0, ""));
        let answers = Answers::read(output.as_bytes()).unwrap();
        let (path, fact) = read(answers.get("file").unwrap()).unwrap();
        assert_eq!(path, "/etc/hosts");
        fact
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let latin = b"10.0.0.1 m\xfcller\n";

        let file = reported(latin.len(), &sum_of(latin), latin)
            .into_result()
            .unwrap();

        assert_eq!((file.bytes(), file.text()), (Some(latin.as_slice()), None));
        assert_eq!((file.mode, file.owner.as_str()), (0o644, "root:root"));
    }

    #[test]
    fn a_file_that_was_cut_short_or_changed_meanwhile_is_not_known() {
        let complete = b"127.0.0.1 localhost\n";

        assert!(
            reported(complete.len(), &sum_of(complete), &complete[..9])
                .known()
                .is_none()
        );
        assert!(
            reported(complete.len(), &sum_of(b"another"), complete)
                .known()
                .is_none()
        );
    }

    #[test]
    fn of_a_file_that_is_too_large_the_sum_is_known_and_no_content() {
        let file = reported(5_000_000, &sum_of(b"large"), b"").into_result().unwrap();

        assert_eq!((file.size, file.bytes()), (5_000_000, None));
        assert_eq!(file.sha256, sum_of(b"large"));
    }
}
