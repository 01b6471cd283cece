//! `[ssh]` and each host's `ssh`: how hosts are reached.

use std::path::{Path, PathBuf};

use super::lists::List;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::workstation::KeyFiles;
use super::workstation::Workstation;
use super::written;
use super::{formats, jump, keys, names};
use crate::topology::{SshSettings, SshTarget, Sudo};

/// What holds unless a host says otherwise.
pub(super) struct Defaults {
    /// Settings of the whole run.
    pub(super) run: SshSettings,
    place: Place,
    user: String,
    port: u16,
    identities: Vec<PathBuf>,
    lists_identities: bool,
    agent: bool,
    sudo: Option<Sudo>,
    jumps: Vec<SshTarget>,
}

pub(super) fn resolve(
    written: Option<&written::Ssh>,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Defaults {
    let none = written::Ssh::default();
    let ssh = written.unwrap_or(&none);
    let user = ssh.user.as_deref().unwrap_or("root");
    let user = mistakes.check(&place.key("user"), formats::user(user));
    let known_hosts = ssh.known_hosts.as_deref().and_then(|written| {
        let path = workstation.path(written);
        let place = place.key("known_hosts");
        key_file(path, keys::known_hosts, &place, workstation, mistakes)
    });
    let identities = match &ssh.identities {
        Some(list) => identities(list, &place.key("identities"), workstation, mistakes),
        None => keys::default_identities(workstation),
    };
    let user = user.unwrap_or_else(|| "root".to_owned());
    let agent = ssh.agent.unwrap_or(true);
    let login = jump::Login {
        user: &user,
        identities: &identities,
        agent,
    };
    let jumps = ssh.jump.as_deref().map(|text| jump::hops(text, &login));
    let jumps = jumps.and_then(|hops| mistakes.check(&place.key("jump"), hops));
    Defaults {
        run: SshSettings {
            known_hosts,
            handshakes: ssh.handshakes.unwrap_or(50),
        },
        place: place.clone(),
        port: ssh.port.unwrap_or(22),
        lists_identities: ssh.identities.is_some(),
        sudo: ssh.sudo,
        jumps: jumps.unwrap_or_default(),
        user,
        identities,
        agent,
    }
}

/// How one host is reached; `address` is the host's own.
pub(super) fn target(
    written: Option<&written::HostSsh>,
    address: &str,
    host: &Place,
    defaults: &Defaults,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> SshTarget {
    let none = written::HostSsh::default();
    let ssh = written.unwrap_or(&none);
    let place = host.key("ssh");
    if let Some(name) = &ssh.address {
        mistakes.check(
            &place.key("address"),
            names::dns_name_or_address("the address to connect to", name),
        );
    }
    let own_user = ssh
        .user
        .as_deref()
        .map(|user| mistakes.check(&place.key("user"), formats::user(user)));
    let user = own_user.flatten().unwrap_or_else(|| defaults.user.clone());
    let identities = match &ssh.identities {
        Some(list) => identities(list, &place.key("identities"), workstation, mistakes),
        None => defaults.identities.clone(),
    };
    let agent = ssh.agent.unwrap_or(defaults.agent);
    let is_reported =
        mistakes.is_sound(&place.key("identities")) && mistakes.is_sound(&defaults.place.key("identities"));
    let none_listed = ssh
        .identities
        .as_ref()
        .is_none_or(|list| list.iter().next().is_none());
    let is_keyless = !agent && identities.is_empty() && none_listed && is_reported;
    // Without a list it depends on what this workstation has below ~/.ssh.
    let depends_on_files = ssh.identities.is_none() && !defaults.lists_identities;
    if is_keyless {
        let wrong = Wrong::new(
            "no key to log in with: no identity, and `agent = false`",
            "this host",
            "name a private key in `identities` of [ssh], or set `agent = true`",
        );
        match workstation.key_files {
            KeyFiles::Noted if depends_on_files => mistakes.push(Mistake::warning(host, wrong)),
            KeyFiles::Unneeded if depends_on_files => {}
            _ => mistakes.push(Mistake::error(host, wrong)),
        }
    }
    let address = ssh.address.clone().unwrap_or_else(|| address.to_owned());
    let port = ssh.port.unwrap_or(defaults.port);
    let jumps = jumps(ssh, &place, defaults, mistakes);
    let target = SshTarget {
        jumps,
        sudo: sudo(ssh.sudo, &user, &place, defaults, mistakes),
        address,
        port,
        user,
        identities,
        agent,
    };
    refuse_jump_to_itself(&target, host, mistakes);
    target
}

/// The host's own jump hosts, else those of all. Jump hosts are logged in to as `[ssh]` says.
fn jumps(
    ssh: &written::HostSsh,
    place: &Place,
    defaults: &Defaults,
    mistakes: &mut Mistakes,
) -> Vec<SshTarget> {
    let Some(text) = &ssh.jump else {
        return defaults.jumps.clone();
    };
    let login = jump::Login {
        user: &defaults.user,
        identities: &defaults.identities,
        agent: defaults.agent,
    };
    let place = place.key("jump");
    mistakes
        .check(&place, jump::hops(text, &login))
        .unwrap_or_default()
}

/// A host that is its own jump host, as when all hosts have the one jump host that is a host of the cluster too.
fn refuse_jump_to_itself(target: &SshTarget, place: &Place, mistakes: &mut Mistakes) {
    let is_itself = |hop: &&SshTarget| hop.address == target.address && hop.port == target.port;
    if let Some(hop) = target.jumps.iter().find(is_itself) {
        let wrong = Wrong::new(
            format!("the jump host {} is the host itself", hop.address),
            "this host is reached through itself",
            "set `jump = \"none\"` in the host's `ssh`, or name another jump host",
        );
        mistakes.push(Mistake::error(place, wrong));
    }
}

/// The host's own word, else none for root, else the default's word, else passwordless.
fn sudo(own: Option<Sudo>, user: &str, place: &Place, defaults: &Defaults, mistakes: &mut Mistakes) -> Sudo {
    let chosen = match (own, user, defaults.sudo) {
        (Some(own), _, _) => own,
        (None, "root", _) => Sudo::None,
        (None, _, Some(default)) => default,
        (None, _, None) => Sudo::Passwordless,
    };
    if chosen == Sudo::None && user != "root" {
        let place = if own.is_some() { place } else { &defaults.place };
        let wrong = Wrong::new(
            format!("`sudo = \"none\"`, and the login user is {user}"),
            "kubeadm needs root",
            format!("set `sudo` to \"passwordless\" or \"password\" for {user}"),
        );
        mistakes.push(Mistake::error(&place.key("sudo"), wrong));
    }
    chosen
}

fn identities(
    list: &List<String>,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Vec<PathBuf> {
    let paths = list.placed(place).filter_map(|(place, written)| {
        let path = workstation.path(written);
        key_file(path, keys::check_identity, &place, workstation, mistakes)
    });
    paths.collect()
}

/// The path of a file that only a connection needs; where none is made, whatever the check says of it.
fn key_file(
    path: PathBuf,
    check: impl FnOnce(&Path) -> Result<(), Wrong>,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<PathBuf> {
    match workstation.key_files {
        KeyFiles::Required => mistakes.check(place, check(&path)).map(|()| path),
        KeyFiles::Noted => {
            if let Err(wrong) = check(&path) {
                mistakes.push(Mistake::warning(place, wrong));
            }
            Some(path)
        }
        KeyFiles::Unneeded => Some(path),
    }
}
