//! Which host keys are known: every line of every file, as OpenSSH reads them.
//!
//! Nothing is ever written here: an unknown key is shown together with the line that trusts it.

mod certificate;
mod pattern;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use russh::Preferred;
use russh::keys::ssh_key::known_hosts::{Entry, Marker};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg, PublicKey, PublicKeyOrCertificate};

use crate::error::Problem;
use crate::topology::SshSettings;

/// The lines of all known_hosts files of a run.
pub(super) struct KnownHosts {
    files: Vec<PathBuf>,
    lines: Vec<Line>,
    unread: Vec<String>,
}

/// A line that could be read.
struct Line {
    at: String,
    entry: Entry,
}

/// A key, and the `file:line` that names it.
#[derive(Debug, Clone)]
struct Recorded {
    at: String,
    key: PublicKey,
}

/// What is known of one host.
pub(super) struct Known {
    host: String,
    name: String,
    revoked: Vec<Recorded>,
    authorities: Vec<Recorded>,
    keys: Vec<Recorded>,
    without_port: Vec<Recorded>,
    unread: Vec<String>,
    file: PathBuf,
}

/// What the known keys say of the one that a host shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is known.
    Trusted,
    /// No line names it or any other key of the host.
    Unknown {
        /// Why a certificate did not count, and which lines could not be read.
        remarks: Vec<String>,
    },
    /// The host's known keys are others.
    Changed {
        /// Their fingerprints.
        expected: Vec<String>,
        /// `file:line` of the first.
        known_at: String,
    },
    /// A `@revoked` line names it, or the authority that signed it.
    Revoked {
        /// `file:line`.
        known_at: String,
    },
}

impl KnownHosts {
    /// Reads the cluster's own file, or else the user's and the system's.
    pub(super) fn load(settings: &SshSettings) -> Result<Self, Problem> {
        match &settings.known_hosts {
            Some(path) => Self::read(vec![path.clone()]),
            None => Self::read(
                std::env::home_dir()
                    .map(|home| home.join(".ssh/known_hosts"))
                    .into_iter()
                    .chain([PathBuf::from("/etc/ssh/ssh_known_hosts")])
                    .collect(),
            ),
        }
    }

    /// A file that is not there knows nothing; one that cannot be read is an error, lest a known host seem unknown.
    fn read(files: Vec<PathBuf>) -> Result<Self, Problem> {
        let mut known = Self {
            files: Vec::new(),
            lines: Vec::new(),
            unread: Vec::new(),
        };
        for path in &files {
            match std::fs::read(path) {
                Ok(bytes) => known.add(path, &String::from_utf8_lossy(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(Problem::LocalFile {
                        path: path.display().to_string(),
                        verb: "read",
                        cause: error.to_string(),
                    });
                }
            }
        }
        known.files = files;
        Ok(known)
    }

    fn add(&mut self, path: &Path, text: &str) {
        for (index, line) in text.lines().enumerate() {
            // ssh-key wants single spaces, and takes a `#` anywhere for a comment.
            let fields: Vec<&str> = line.split_whitespace().collect();
            let Some(first) = fields.first() else { continue };
            if first.starts_with('#') {
                continue;
            }
            let wanted = if first.starts_with('@') { 4 } else { 3 };
            let at = format!("{}:{}", path.display(), index + 1);
            let fields: Vec<&str> = fields.into_iter().take(wanted).collect();
            match fields.join(" ").parse() {
                Ok(entry) if fields.len() == wanted => self.lines.push(Line { at, entry }),
                _ => self.unread.push(at),
            }
        }
    }

    /// What is known of the host at an address and port.
    pub(super) fn of(&self, address: &str, port: u16) -> Known {
        let host = address.to_lowercase();
        let name = if port == 22 {
            host.clone()
        } else {
            format!("[{host}]:{port}")
        };
        Known {
            revoked: self.recorded(&name, Some(Marker::Revoked)),
            authorities: self.recorded(&name, Some(Marker::CertAuthority)),
            keys: self.recorded(&name, None),
            without_port: if port == 22 {
                Vec::new()
            } else {
                self.recorded(&host, None)
            },
            unread: self.unread.clone(),
            file: self.files.first().cloned().unwrap_or_default(),
            host,
            name,
        }
    }

    fn recorded(&self, name: &str, marker: Option<Marker>) -> Vec<Recorded> {
        self.lines
            .iter()
            .filter(|line| line.entry.marker() == marker.as_ref())
            .filter(|line| pattern::matches(line.entry.host_patterns(), name))
            .map(|line| Recorded {
                at: line.at.clone(),
                key: line.entry.public_key().clone(),
            })
            .collect()
    }
}

impl Known {
    /// Judges what a host shows; revocations come first.
    pub(super) fn judge(&self, presented: &PublicKeyOrCertificate, now: SystemTime) -> Verdict {
        let key = presented.public_key();
        let certificate = presented.certificate();
        let authority = certificate.map(russh::keys::Certificate::signature_key);
        let revoked = find(&self.revoked, key.key_data())
            .or_else(|| authority.and_then(|authority| find(&self.revoked, authority)));
        if let Some(revoked) = revoked {
            return Verdict::Revoked {
                known_at: revoked.at.clone(),
            };
        }
        let refusal = certificate.map(|certificate| {
            let authorities = self.authorities.iter().map(|recorded| recorded.key.key_data());
            certificate::check(certificate, authorities, &self.host, now)
        });
        if matches!(refusal, Some(Ok(()))) {
            return Verdict::Trusted;
        }
        self.judge_key(key.key_data(), refusal.and_then(Result::err))
    }

    fn judge_key(&self, key: &KeyData, certificate_refused: Option<String>) -> Verdict {
        // As in OpenSSH, a line without a port vouches for the same key on another one.
        if find(&self.keys, key)
            .or_else(|| find(&self.without_port, key))
            .is_some()
        {
            return Verdict::Trusted;
        }
        match self.keys.first() {
            Some(first) => Verdict::Changed {
                expected: self
                    .keys
                    .iter()
                    .map(|recorded| fingerprint(recorded.key.key_data()))
                    .collect(),
                known_at: first.at.clone(),
            },
            None => Verdict::Unknown {
                remarks: certificate_refused
                    .map(|why| format!("its certificate does not count: {why}"))
                    .into_iter()
                    .chain(self.unread.iter().map(|at| format!("{at} cannot be read")))
                    .collect(),
            },
        }
    }

    /// The algorithms to offer: those of known keys first, lest a host with several keys show an unknown one.
    pub(super) fn preferred_algorithms(&self) -> Vec<Algorithm> {
        let is_known = |algorithm: &Algorithm| {
            self.keys
                .iter()
                .chain(&self.without_port)
                .any(|recorded| is_same_type(&recorded.key.algorithm(), algorithm))
        };
        let (known, other): (Vec<_>, Vec<_>) = Preferred::DEFAULT
            .key
            .iter()
            // The last of them signs with SHA-1.
            .filter(|algorithm| **algorithm != Algorithm::Rsa { hash: None })
            .cloned()
            .partition(is_known);
        known.into_iter().chain(other).collect()
    }

    /// The algorithms in which a certificate is asked for: none, unless an authority is known for the host.
    pub(super) fn certificate_algorithms(&self) -> Vec<Algorithm> {
        if self.authorities.is_empty() {
            Vec::new()
        } else {
            self.preferred_algorithms()
        }
    }

    /// The file to which a new key would be added.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The line that makes a key known.
    pub(super) fn line(&self, key: &PublicKey) -> String {
        let key = PublicKey::new(key.key_data().clone(), "");
        format!(
            "{} {}",
            self.name,
            key.to_openssh().unwrap_or_default().trim_end()
        )
    }
}

/// Key type and SHA-256 fingerprint, as ssh shows them.
pub(super) fn fingerprint(key: &KeyData) -> String {
    let kind: Cow<'_, str> = match key.algorithm() {
        Algorithm::Ed25519 => "ED25519".into(),
        Algorithm::Rsa { .. } => "RSA".into(),
        Algorithm::Ecdsa { .. } => "ECDSA".into(),
        Algorithm::Dsa => "DSA".into(),
        other => other.to_string().into(),
    };
    format!("{kind} {}", key.fingerprint(HashAlg::Sha256))
}

fn find<'a>(recorded: &'a [Recorded], key: &KeyData) -> Option<&'a Recorded> {
    recorded.iter().find(|recorded| recorded.key.key_data() == key)
}

fn is_same_type(one: &Algorithm, other: &Algorithm) -> bool {
    matches!((one, other), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. })) || one == other
}

#[cfg(test)]
mod tests;
