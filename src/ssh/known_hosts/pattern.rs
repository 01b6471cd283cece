//! Whether the names on a known_hosts line mean a host.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

/// Whether a line's names mean `name`, which is lower case and carries brackets and a port unless that is 22.
pub(super) fn matches(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let is_meant = |pattern: &str| glob(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes());
            let is_excluded = patterns
                .iter()
                .filter_map(|pattern| pattern.strip_prefix('!'))
                .any(is_meant);
            let is_too_long = patterns.iter().any(|pattern| pattern.len() >= LONGEST);
            !is_excluded && !is_too_long && patterns.iter().any(|pattern| is_meant(pattern))
        }
    }
}

/// A line with a longer pattern means nobody, as in OpenSSH.
const LONGEST: usize = 1023;

/// `*` stands for any text, `?` for one character.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // Where to go on after the last star, should a later part not fit.
    let mut retry: Option<(&[u8], &[u8])> = None;
    let (mut pattern, mut text) = (pattern, text);
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((wanted, pattern_rest)), Some((found, text_rest)))
                if *wanted == b'?' || wanted == found =>
            {
                (pattern, text) = (pattern_rest, text_rest);
            }
            (None, None) => return true,
            _ => match retry.and_then(|(rest, from)| from.get(1..).map(|from| (rest, from))) {
                Some((rest, from)) => {
                    retry = Some((rest, from));
                    (pattern, text) = (rest, from);
                }
                None => return false,
            },
        }
    }
}
