//! What containerd knows of registries: where their images are asked for first, and as whom.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::RenderedFile;
use crate::topology::{Preparation, Secret};
use crate::values::Content;

/// containerd's `config_path`: a folder for each registry.
pub(super) const FOLDER: &str = "/etc/containerd/certs.d";

/// A file for each registry of which anything is said. containerd reads them whenever it asks; it needs no restart for
/// them.
pub(super) fn every(preparation: &Preparation) -> impl Iterator<Item = RenderedFile> {
    let all = preparation.mirrors.keys().chain(preparation.credentials.keys());
    let each: BTreeSet<&String> = all.collect();
    each.into_iter().map(|registry| file(preparation, registry))
}

fn file(preparation: &Preparation, registry: &str) -> RenderedFile {
    let upstream = match registry {
        "docker.io" => "https://registry-1.docker.io".to_owned(),
        registry => format!("https://{registry}"),
    };
    let mut content = Content::from(format!("# Written by hawser.\nserver = \"{upstream}\"\n"));
    let mirrors = preparation.mirrors.get(registry).into_iter().flatten();
    // A host of its own, and the last: not every containerd reads a header beside `server`.
    let own = preparation
        .credentials
        .contains_key(registry)
        .then_some(&upstream);
    for url in mirrors.chain(own) {
        content = content.then(host(url));
        if let Some(credentials) = preparation.credentials_at(url) {
            content = content.then(header(url, credentials));
        }
    }
    let secret = content.has_hidden();
    RenderedFile {
        content,
        secret,
        ..RenderedFile::of_root(
            &format!("{FOLDER}/{registry}/hosts.toml"),
            if secret { 0o600 } else { 0o644 },
            "",
        )
    }
}

fn host(url: &str) -> String {
    let mut text = format!("\n[host.\"{url}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
    if holds_api_root(url) {
        let _ = writeln!(text, "  override_path = true");
    }
    text
}

/// Written as HTTP writes it: containerd takes the name as it stands. Source: containerd's docs/hosts.md, `header`.
fn header(url: &str, Secret(credentials): &Secret) -> Content {
    let encoded = BASE64_STANDARD.encode(credentials.as_bytes());
    Content::from(format!("  [host.\"{url}\".header]\n    Authorization = \"Basic "))
        .then(Content::hidden(encoded, "<credentials, from the workstation>"))
        .then("\"\n")
}

/// Whether a mirror's URL goes on behind `/v2`. To every path that does not end so containerd adds it, and the mirror
/// would be asked for `/v2/proxy-cache/v2`. Source: containerd's docs/hosts.md, `override_path`.
fn holds_api_root(url: &str) -> bool {
    let parts: Vec<&str> = url.trim_end_matches('/').split('/').collect();
    // Behind the scheme and the server, and before the last.
    parts.iter().rev().skip(1).rev().skip(3).any(|part| *part == "v2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containerd_is_told_where_a_mirrors_path_has_the_apis_root_already() {
        for (url, expected) in [
            ("https://mirror.example", false),
            ("https://mirror.example/", false),
            ("https://mirror.example/v2", false),
            ("https://mirror.example/v2/", false),
            ("https://mirror.example/proxy-cache", false),
            ("https://mirror.example/proxy-cache/v2", false),
            ("https://v2/proxy-cache", false),
            ("https://mirror.example/v2/proxy-cache", true),
            ("https://mirror.example/v2/proxy-cache/", true),
            ("https://mirror.example:5000/registry/v2/proxy-cache", true),
        ] {
            assert_eq!(holds_api_root(url), expected, "{url}");
        }
    }
}
