//! `jump`: the hosts on the way to a host.

use std::path::PathBuf;

use super::mistake::Wrong;
use super::{formats, names};
use crate::topology::{SshTarget, Sudo};

/// How jump hosts are logged in to.
pub(super) struct Login<'a> {
    /// Where the jump host names no other.
    pub(super) user: &'a str,
    pub(super) identities: &'a [PathBuf],
    pub(super) agent: bool,
}

/// The jump hosts of a text such as `ops@first.example:2222,second.example`, from the workstation on; none of `none`.
pub(super) fn hops(text: &str, login: &Login) -> Result<Vec<SshTarget>, Wrong> {
    if text == "none" {
        return Ok(Vec::new());
    }
    text.split(',').map(|hop| self::hop(hop.trim(), login)).collect()
}

fn hop(text: &str, login: &Login) -> Result<SshTarget, Wrong> {
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (formats::user(user)?, place),
        None => (login.user.to_owned(), text),
    };
    let (address, port) = split_port(place).ok_or_else(|| wrong(text))?;
    if address.is_empty() {
        return Err(wrong(text));
    }
    Ok(SshTarget {
        address: names::dns_name_or_address("the jump host", address)?,
        port,
        user,
        identities: login.identities.to_vec(),
        agent: login.agent,
        sudo: Sudo::None,
        jumps: Vec::new(),
    })
}

/// `host`, `host:port`, `[2001:db8::1]:port` or a bare IPv6 address.
fn split_port(place: &str) -> Option<(&str, u16)> {
    let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
    if let Some(rest) = place.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(text) => Some((address, port(text)?)),
            None => rest.is_empty().then_some((address, 22)),
        };
    }
    match place.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((place, 22)),
        Some((address, text)) => Some((address, port(text)?)),
        None => Some((place, 22)),
    }
}

fn wrong(text: &str) -> Wrong {
    Wrong::new(
        format!("not a jump host: `{text}`"),
        "not of the form [user@]host[:port]",
        "write it as `ssh -J` takes it, such as \"ops@bastion.example.org:2222\"; several are separated by commas",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<Vec<String>, String> {
        let login = Login {
            user: "root",
            identities: &[],
            agent: true,
        };
        let hops = hops(text, &login).map_err(|wrong| wrong.message)?;
        let shown = |hop: &SshTarget| format!("{} {} {}", hop.user, hop.address, hop.port);
        Ok(hops.iter().map(shown).collect())
    }

    #[test]
    fn jump_hosts_are_written_as_ssh_takes_them() {
        for (text, expected) in [
            ("none", vec![]),
            ("bastion", vec!["root bastion 22"]),
            ("ops@bastion.example:2222", vec!["ops bastion.example 2222"]),
            ("a, ops@b:23", vec!["root a 22", "ops b 23"]),
            ("[2001:db8::1]:2222", vec!["root 2001:db8::1 2222"]),
            ("[2001:db8::1]", vec!["root 2001:db8::1 22"]),
            ("ops@2001:db8::1", vec!["ops 2001:db8::1 22"]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(shown(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_jump_host_is_named() {
        for text in [
            "", "a:", "a:0", "a:65536", "a:ssh", "[::1", "[::1]x", "@a", "a,,b", "user@",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
    }
}
