//! Whether the names on a known_hosts line mean a host.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use crate::ssh_config::wildcard::{LONGEST, matches_wildcard};

/// Whether a line's names mean `name`, which is lower case and carries brackets and a port unless that is 22.
pub(super) fn matches(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let is_meant =
                |pattern: &str| matches_wildcard(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes());
            let is_excluded = patterns
                .iter()
                .filter_map(|pattern| pattern.strip_prefix('!'))
                .any(is_meant);
            let is_too_long = patterns.iter().any(|pattern| pattern.len() >= LONGEST);
            !is_excluded && !is_too_long && patterns.iter().any(|pattern| is_meant(pattern))
        }
    }
}
