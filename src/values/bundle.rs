//! Files that hosts hand to each other through this program's memory, as one host told them and others receive them.
//!
//! On the wire a file is a line: its path, a space, its content in base64. What is written where is decided by the
//! command that receives them, never by these lines.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What is handed over, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bundle {
    /// The certificates and keys that all control planes of a cluster share.
    ControlPlane,
    /// etcd's authority and its key, where etcd has hosts of its own.
    EtcdAuthority,
    /// What one etcd member needs; the number is its place among the inventory's etcd hosts.
    EtcdMember(u8),
    /// What API servers need to ask an etcd on other hosts.
    EtcdClient,
}

impl Bundle {
    /// What it is, in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Bundle::ControlPlane => "the certificates and keys that control planes share",
            Bundle::EtcdAuthority => "etcd's CA and its key",
            Bundle::EtcdMember(_) => "the member's certificates and keys",
            Bundle::EtcdClient => "the API servers' client certificate and key for etcd",
        }
    }

    /// What it is, in a step's name.
    pub fn name(self) -> &'static str {
        match self {
            Bundle::ControlPlane => "control-plane-certificates",
            Bundle::EtcdAuthority => "etcd-authority",
            Bundle::EtcdMember(_) => "etcd-certificates",
            Bundle::EtcdClient => "etcd-client-certificate",
        }
    }

    /// What stands in its place wherever a plan is shown.
    pub(super) fn mask(self) -> &'static str {
        match self {
            Bundle::ControlPlane => "<certificates and keys of control planes, read by this run>",
            Bundle::EtcdAuthority => "<etcd's authority and its key, read by this run>",
            Bundle::EtcdMember(_) => "<certificates and keys of an etcd member, made by this run>",
            Bundle::EtcdClient => "<etcd's client certificate and key, made by this run>",
        }
    }
}

/// A bundle as a host told it.
pub(super) struct Reported {
    /// The lines, for another host.
    pub(super) lines: Zeroizing<String>,
    /// A line for each file: its path, a space, the SHA-256 of its content in hexadecimal.
    pub(super) sums: Zeroizing<String>,
    /// What shows that a text holds a piece of one of the private keys.
    pub(super) traces: Vec<Zeroizing<String>>,
}

/// Takes a host's answer. `Err` names the line that is wrong, and nothing of what is in it.
pub(super) fn take(answer: &[u8]) -> Result<Reported, String> {
    let text = std::str::from_utf8(answer).map_err(|_| "the answer is no text".to_owned())?;
    if text.is_empty() {
        return Err("the answer is empty".to_owned());
    }
    let mut sums = String::new();
    let mut traces = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (path, content) = split(line)
            .ok_or_else(|| format!("line {} of the answer is not a path and its content", index + 1))?;
        let _ = writeln!(sums, "{path} {}", hex::encode(Sha256::digest(&content)));
        traces.extend(traces_of(line, &content));
    }
    Ok(Reported {
        lines: Zeroizing::new(text.to_owned()),
        sums: Zeroizing::new(sums),
        traces,
    })
}

/// The content of one file among the lines.
pub(super) fn find(lines: &str, path: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut files = lines.split_inclusive('\n').filter_map(split);
    files
        .find(|(found, _)| *found == path)
        .map(|(_, content)| content)
}

fn split(line: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (path, content) = line.strip_suffix('\n')?.split_once(' ')?;
    let content = Zeroizing::new(BASE64_STANDARD.decode(content).ok()?);
    (path.starts_with('/') && !content.is_empty()).then_some((path, content))
}

/// Of a private key the lines of its PEM, and the line that hands it over. Certificates are no secret.
fn traces_of(line: &str, content: &[u8]) -> Vec<Zeroizing<String>> {
    let text = std::str::from_utf8(content).unwrap_or_default();
    if !text.contains("PRIVATE KEY") {
        return Vec::new();
    }
    let complete = line.trim_end().rsplit(' ').take(1);
    let body = text.lines().filter(|line| !line.starts_with("-----"));
    complete
        .chain(body)
        .filter(|trace| trace.len() >= SHORTEST)
        .map(|trace| Zeroizing::new(trace.to_owned()))
        .collect()
}

/// `text` without any run of base64 that is a piece of a private key or holds one.
pub(super) fn redact(text: &str, traces: &[Zeroizing<String>]) -> String {
    let mut safe = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_base64(c)) {
        let run = piece.trim_end_matches(|c| !is_base64(c));
        let shows = |trace: &Zeroizing<String>| trace.contains(run) || run.contains(trace.as_str());
        if run.len() >= SHORTEST && traces.iter().any(shows) {
            safe.push_str(MASK);
            safe.push_str(piece.get(run.len()..).unwrap_or_default());
        } else {
            safe.push_str(piece);
        }
    }
    safe
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Sixteen characters of base64 are 96 bits: no other text holds them by chance, and fewer give nothing away.
const SHORTEST: usize = 16;

const MASK: &str = "<private key>";

#[cfg(test)]
mod tests {
    use super::*;

    /// Of no key: only its form is one.
    const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\n\
        MIIEpAIBAAKCAQEA1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL\n\
        c2hvcnQ=\n\
        -----END RSA PRIVATE KEY-----\n";

    fn line(path: &str, content: &str) -> String {
        format!("{path} {}\n", BASE64_STANDARD.encode(content))
    }

    #[test]
    fn a_bundle_gives_back_each_file_and_its_sum() {
        let answer = [line("/pki/ca.crt", "certificate\n"), line("/pki/ca.key", KEY)].concat();

        let reported = take(answer.as_bytes()).unwrap();

        assert_eq!(*reported.lines, answer);
        assert_eq!(
            find(&reported.lines, "/pki/ca.key").unwrap().as_slice(),
            KEY.as_bytes()
        );
        assert!(find(&reported.lines, "/pki/sa.key").is_none());
        let of_certificate = "bc5b91f7474e3fd8ed6753d0e1db413274b3eb3d1c8366289a9cc40e654cfd91";
        assert_eq!(
            reported.sums.lines().next(),
            Some(format!("/pki/ca.crt {of_certificate}").as_str())
        );
    }

    #[test]
    fn an_answer_of_another_form_is_refused_without_being_repeated() {
        let complete = line("/pki/ca.key", KEY);
        let cut = complete.trim_end();

        for (answer, reported) in [
            ("", "the answer is empty"),
            (cut, "line 1 of the answer is not a path and its content"),
            (
                "pki/ca.key c2VjcmV0\n",
                "line 1 of the answer is not a path and its content",
            ),
            (
                "/pki/ca.key c2Vjc\n",
                "line 1 of the answer is not a path and its content",
            ),
            (
                "/pki/ca.key \n",
                "line 1 of the answer is not a path and its content",
            ),
        ] {
            assert_eq!(
                take(answer.as_bytes()).err().as_deref(),
                Some(reported),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn no_piece_of_a_private_key_is_left_in_a_text() {
        let reported = take(line("/etc/kubernetes/pki/ca.key", KEY).as_bytes()).unwrap();
        let handed = reported.lines.trim_end();

        for text in [
            handed.to_owned(),
            handed.get(..100).unwrap().to_owned(),
            KEY.replace('\n', " "),
        ] {
            let safe = redact(&text, &reported.traces);

            assert!(!safe.contains("MIIEpAIBAAKCAQEA"), "{safe}");
            assert!(!safe.contains("LS0tLS1CRUdJTiBS"), "{safe}");
            assert!(safe.contains(MASK), "{safe}");
        }
    }

    #[test]
    fn paths_words_and_certificates_are_left_as_they_are() {
        let answer = [
            line("/etc/kubernetes/pki/ca.key", KEY),
            line("/pki/ca.crt", "certificate, long enough"),
        ]
        .concat();
        let reported = take(answer.as_bytes()).unwrap();
        let text = format!(
            "failed to load /etc/kubernetes/pki/ca.key: {}",
            BASE64_STANDARD.encode("certificate, long enough")
        );

        assert_eq!(redact(&text, &reported.traces), text);
    }
}
