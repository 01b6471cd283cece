//! Which host keys are known: every line of every file, as OpenSSH reads them.
//! `tests/openssh.rs` holds it against `ssh`.
//!
//! On a port other than 22, `[host]:port` is looked up, and only where no plain line has that name the host's bare
//! name. It is stricter than `ssh` in four things: a key that is revoked under either name is refused; a certificate
//! that does not count lets its plain key be looked up under the bare name only where no plain line has `[host]:port`;
//! a `@revoked` that a tab follows is one; and a file that cannot be read is an error.
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
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};

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

/// The lines that have one name of a host.
#[derive(Default)]
struct Named {
    revoked: Vec<Recorded>,
    authorities: Vec<Recorded>,
    keys: Vec<Recorded>,
}

pub(super) struct Known {
    host: String,
    name: String,
    /// By the name that the port belongs to.
    named: Named,
    /// By the bare name, where the port is not 22.
    bare: Named,
    unread: Vec<String>,
    file: PathBuf,
}

/// What the known keys say of the one that a host shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Evaluation {
    Trusted,
    /// No line names it or any other key of the host.
    Unknown {
        /// Why a certificate did not count, and which lines could not be read.
        remarks: Vec<String>,
    },
    /// The host's known keys are others.
    Changed {
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
            None => Self::read(default_files(std::env::home_dir().as_deref())),
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
            let line = line.trim_start_matches(BLANKS);
            // ssh-key wants single spaces, and takes a `#` anywhere for a comment.
            let fields: Vec<&str> = line.split(BLANKS).filter(|field| !field.is_empty()).collect();
            let Some(first) = fields.first() else { continue };
            if first.starts_with('#') {
                continue;
            }
            let wanted = if first.starts_with('@') { 4 } else { 3 };
            let at = format!("{}:{}", path.display(), index + 1);
            let fields: Vec<&str> = fields.into_iter().take(wanted).collect();
            match fields.join(" ").parse() {
                Ok(entry) if fields.len() == wanted && is_marked_healthy(line) => {
                    self.lines.push(Line { at, entry });
                }
                _ => self.unread.push(at),
            }
        }
    }

    pub(super) fn of(&self, address: &str, port: u16) -> Known {
        let host = address.to_lowercase();
        let name = if port == 22 {
            host.clone()
        } else {
            format!("[{host}]:{port}")
        };
        Known {
            named: self.named(&name),
            bare: if port == 22 {
                Named::default()
            } else {
                self.named(&host)
            },
            unread: self.unread.clone(),
            file: self.files.first().cloned().unwrap_or_default(),
            host,
            name,
        }
    }

    fn named(&self, name: &str) -> Named {
        Named {
            revoked: self.recorded(name, Some(Marker::Revoked)),
            authorities: self.recorded(name, Some(Marker::CertAuthority)),
            keys: self.recorded(name, None),
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
    pub(super) fn evaluate(&self, presented: &PublicKeyOrCertificate, now: SystemTime) -> Evaluation {
        let key = presented.public_key();
        let certificate = presented.certificate();
        let authority = certificate.map(russh::keys::Certificate::signature_key);
        let is_revoked = |line: &&Recorded| {
            line.key.key_data() == key.key_data() || authority == Some(line.key.key_data())
        };
        let mut revoked = self.named.revoked.iter().chain(&self.bare.revoked);
        if let Some(revoked) = revoked.find(is_revoked) {
            return Evaluation::Revoked {
                known_at: revoked.at.clone(),
            };
        }
        let refusal = certificate.map(|certificate| self.check(certificate, now));
        if matches!(refusal, Some(Ok(()))) {
            return Evaluation::Trusted;
        }
        self.evaluate_key(key.key_data(), refusal.and_then(Result::err))
    }

    /// By the bare name only where no authority of `[host]:port` has signed it: one that has, and whose certificate
    /// does not count, has the last word.
    fn check(&self, certificate: &Certificate, now: SystemTime) -> Result<(), String> {
        let signer = certificate.signature_key();
        let authorities = match find(&self.named.authorities, signer) {
            Some(_) => &self.named.authorities,
            None => &self.bare.authorities,
        };
        let authorities = authorities.iter().map(|recorded| recorded.key.key_data());
        certificate::check(certificate, authorities, &self.host, now)
    }

    fn evaluate_key(&self, key: &KeyData, certificate_refused: Option<String>) -> Evaluation {
        if find(self.plain(), key).is_some() {
            return Evaluation::Trusted;
        }
        match self.named.keys.first() {
            Some(first) => Evaluation::Changed {
                expected: self
                    .named
                    .keys
                    .iter()
                    .map(|recorded| fingerprint(recorded.key.key_data()))
                    .collect(),
                known_at: first.at.clone(),
            },
            None => Evaluation::Unknown {
                remarks: certificate_refused
                    .map(|why| format!("its certificate does not count: {why}"))
                    .into_iter()
                    .chain(self.unread.iter().map(|at| format!("{at} cannot be read")))
                    .collect(),
            },
        }
    }

    /// The plain lines that count: a line without a port vouches for the same key on another one, as long as no
    /// line says which key that port has.
    fn plain(&self) -> &[Recorded] {
        if self.named.keys.is_empty() {
            &self.bare.keys
        } else {
            &self.named.keys
        }
    }

    /// The algorithms to offer: those of known keys first, lest a host with several keys show an unknown one.
    pub(super) fn preferred_algorithms(&self) -> Vec<Algorithm> {
        let is_known = |algorithm: &Algorithm| {
            self.plain()
                .iter()
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
        if self.named.authorities.is_empty() && self.bare.authorities.is_empty() {
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

fn default_files(home: Option<&Path>) -> Vec<PathBuf> {
    let of_user = [".ssh/known_hosts", ".ssh/known_hosts2"];
    let of_user = home
        .into_iter()
        .flat_map(|home| of_user.map(|name| home.join(name)));
    let of_system = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];
    of_user.chain(of_system.map(PathBuf::from)).collect()
}

/// Whether `ssh` reads the marker of a line as one: it ends at the line's first space, also where a tab comes before.
/// What revokes is heeded all the same; what trusts is not.
fn is_marked_healthy(line: &str) -> bool {
    let end = line.find(' ').or_else(|| line.find('\t'));
    let marker = end.and_then(|end| line.get(..end)).unwrap_or(line);
    !line.starts_with('@') || marker == "@cert-authority" || line.starts_with("@revoked")
}

/// What stands between fields.
const BLANKS: [char; 2] = [' ', '\t'];

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
