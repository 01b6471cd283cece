//! What each token stands for, for one host.

use sha1::{Digest, Sha1};

use super::collected::Collected;
use super::local::{Local, Wanted};
use super::tokens::Tokens;

pub(super) const DEFAULT_PORT: u16 = 22;

/// The names that tokens stand for.
pub(super) struct Names {
    pub(super) host: String,
    pub(super) user: String,
    pub(super) key_alias: String,
}

impl Names {
    pub(super) fn tokens(&self, found: &Collected, wanted: &Wanted, local: &Local) -> Tokens {
        let port = found
            .port
            .as_ref()
            .map_or(DEFAULT_PORT, |port| port.value)
            .to_string();
        let jump = found.jumps.as_ref().and_then(|jumps| jumps.value.last());
        let jump = jump.map_or("", |jump| jump.host.as_str());
        let hash = [local.host_name, &self.host, &port, &self.user, jump].concat();
        let short = local.host_name.split('.').next().unwrap_or_default();
        vec![
            ('C', hex::encode(Sha1::digest(hash))),
            ('L', short.to_owned()),
            ('d', local.home.display().to_string()),
            ('h', self.host.clone()),
            ('i', local.uid.to_string()),
            ('j', jump.to_owned()),
            ('k', self.key_alias.clone()),
            ('l', local.host_name.to_owned()),
            ('n', wanted.alias.to_owned()),
            ('p', port),
            ('r', self.user.clone()),
            ('u', local.user.to_owned()),
        ]
    }
}
