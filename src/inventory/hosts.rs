//! `[[hosts]]`: each host by itself, and that no two are the same.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::lists::List;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::names;
use super::place::Place;
use super::ssh::{self, Defaults};
use super::workstation::Workstation;
use super::written;
use crate::topology::{Host, Role, TAKEN_OVER, Taint};

/// A host, as far as it is right.
pub(super) struct HostDraft {
    pub(super) place: Place,
    /// As written, for messages.
    name: Option<String>,
    pub(super) address: Option<IpAddr>,
    /// The key that `address` came from.
    pub(super) address_place: Place,
    pub(super) roles: BTreeSet<Role>,
    /// Where sshd listens.
    pub(super) ssh_port: u16,
    /// `None` only where a mistake was found.
    pub(super) host: Option<Host>,
}

impl HostDraft {
    /// For messages.
    pub(super) fn title(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(|| "this host".to_owned(), |name| format!("host `{name}`"))
    }

    pub(super) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub(super) fn is_node(&self) -> bool {
        self.is(Role::ControlPlane) || self.is(Role::Worker)
    }
}

pub(super) fn resolve(
    written: Option<&List<written::Host>>,
    defaults: &Defaults,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Vec<HostDraft> {
    let place = Place::root().key("hosts");
    let hosts = written.into_iter().flat_map(|hosts| hosts.placed(&place));
    let drafts: Vec<HostDraft> = hosts
        .map(|(place, host)| draft(host, place, defaults, workstation, mistakes))
        .collect();
    check_names_differ(&drafts, mistakes);
    check_addresses_differ(&drafts, mistakes);
    drafts
}

fn draft(
    written: &written::Host,
    place: Place,
    defaults: &Defaults,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> HostDraft {
    let name = written.name.as_deref().map(names::host_name);
    let name = name.and_then(|name| mistakes.check(&place.key("name"), name));
    let (address, address_place) = address(written, &place, mistakes);
    let reached = written.address.as_deref().unwrap_or_default();
    let ssh = ssh::target(
        written.ssh.as_ref(),
        reached,
        &place,
        defaults,
        workstation,
        mistakes,
    );
    let roles = roles(written, &place.key("roles"), mistakes);
    let taints = node_settings(written, &roles, &place, mistakes);
    let take_over = taken_over(written, &place.key("take_over"), mistakes);
    HostDraft {
        name: written.name.clone(),
        address,
        address_place,
        ssh_port: ssh.port,
        host: name.zip(address).map(|(name, address)| Host {
            name,
            address,
            roles: roles.clone(),
            ssh,
            labels: written.labels.clone(),
            taints,
            kubelet_args: written.kubelet_args.clone(),
            take_over,
        }),
        roles,
        place,
    }
}

/// The address other hosts use, and the key that gives it.
fn address(written: &written::Host, place: &Place, mistakes: &mut Mistakes) -> (Option<IpAddr>, Place) {
    let (public, private) = (place.key("address"), place.key("private_address"));
    let text = written.address.as_deref();
    if let Some(own) = &written.private_address {
        if let Some(text) = text {
            mistakes.check(&public, names::dns_name_or_address("the address", text));
        }
        return (
            mistakes.check(&private, names::address("`private_address`", own)),
            private,
        );
    }
    let is_name = text.is_some_and(|text| {
        !text.contains('/')
            && text.parse::<IpAddr>().is_err()
            && text.chars().any(char::is_alphabetic)
            && !text.contains(':')
    });
    if is_name && mistakes.is_sound(&private) {
        let name = text.unwrap_or_default();
        let label = "a name, and no `private_address`";
        let help = "add `private_address`: hawser configures etcd, balancers and kubelet with IP addresses";
        mistakes.push(Mistake::error(
            &public,
            Wrong::new(format!("`{name}` is not an IP address"), label, help),
        ));
        return (None, public);
    }
    let parsed = text
        .filter(|_| !is_name)
        .map(|text| names::address("`address`", text));
    (parsed.and_then(|parsed| mistakes.check(&public, parsed)), public)
}

fn roles(written: &written::Host, place: &Place, mistakes: &mut Mistakes) -> BTreeSet<Role> {
    let mut roles = BTreeSet::new();
    for (place, role) in written.roles.iter().flat_map(|roles| roles.placed(place)) {
        mistakes.refuse(!roles.insert(*role), &place, || {
            Wrong::new(
                format!("the role {role} is named twice"),
                "again",
                "name each role once",
            )
        });
    }
    roles
}

/// Labels, taints and kubelet arguments; the taints are returned.
fn node_settings(
    written: &written::Host,
    roles: &BTreeSet<Role>,
    place: &Place,
    mistakes: &mut Mistakes,
) -> Vec<Taint> {
    for (key, value) in &written.labels {
        let here = place.key("labels").key(key);
        if let Err(wrong) = names::qualified_name("a label's key", key) {
            mistakes.push(Mistake::key(&here, wrong));
        }
        mistakes.check(&here, names::label_value("a label's value", value));
    }
    for key in written.kubelet_args.keys() {
        if let Some(wrong) = kubelet_argument_fault(key) {
            mistakes.push(Mistake::key(&place.key("kubelet_args").key(key), wrong));
        }
    }
    let is_node = roles.contains(&Role::ControlPlane) || roles.contains(&Role::Worker);
    let has_kubelet = is_node || roles.contains(&Role::Etcd);
    let is_reported = mistakes.is_sound(&place.key("roles"));
    let misplaced = [
        ("labels", !written.labels.is_empty() && !is_node),
        ("taints", written.taints.iter().next().is_some() && !is_node),
        ("kubelet_args", !written.kubelet_args.is_empty() && !has_kubelet),
    ];
    for (key, _) in misplaced
        .iter()
        .filter(|(_, is_misplaced)| *is_misplaced && is_reported)
    {
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        let help = "remove it, or give the host the role \"control-plane\" or \"worker\"";
        let wrong = Wrong::new(
            format!("`{key}` on a host that is no node: {}", roles.join(", ")),
            "of no effect",
            help,
        );
        mistakes.push(Mistake::key(&place.key(key), wrong));
    }
    let taints = written.taints.placed(&place.key("taints"));
    taints
        .filter_map(|(place, text)| mistakes.check(&place, names::taint(text)))
        .collect()
}

/// Files that hawser may replace there though they are not its own.
fn taken_over(written: &written::Host, place: &Place, mistakes: &mut Mistakes) -> BTreeSet<String> {
    let named = written.take_over.placed(place);
    let checked = named.filter_map(|(place, path)| {
        let is_known = TAKEN_OVER.contains(&path.as_str());
        mistakes.refuse(!is_known, &place, || {
            Wrong::new(
                format!("hawser does not manage the file {path}"),
                "not one of these",
                format!("name one of {}", TAKEN_OVER.join(", ")),
            )
        });
        is_known.then(|| path.clone())
    });
    checked.collect()
}

fn kubelet_argument_fault(key: &str) -> Option<Wrong> {
    let refused = |help: &str| {
        Some(Wrong::new(
            format!("`{key}` is not for `kubelet_args`"),
            "set otherwise",
            help,
        ))
    };
    match key {
        "node-labels" => {
            refused("set `labels`: kubelet may not set some labels itself, the API accepts them all")
        }
        "register-with-taints" => refused("set `taints`"),
        "hostname-override" => refused("the node's name is the host's `name`"),
        "config" | "kubeconfig" | "bootstrap-kubeconfig" => refused("kubeadm sets it"),
        "container-runtime-endpoint" => refused("set `cri_socket` in [kubeadm]"),
        key if key.starts_with('-') => Some(Wrong::new(
            format!("a kubelet argument is named without dashes: `{key}`"),
            "starts with `-`",
            format!("write `{}`", key.trim_start_matches('-')),
        )),
        key if key.is_empty() || key.contains(|c: char| c == '=' || c.is_whitespace()) => Some(Wrong::new(
            format!("not the name of a kubelet argument: `{key}`"),
            "empty, or with a space or `=` in it",
            "write `name = \"value\"`, such as `node-ip = \"10.0.0.21\"`",
        )),
        _ => None,
    }
}

fn check_names_differ(drafts: &[HostDraft], mistakes: &mut Mistakes) {
    for (index, draft) in drafts.iter().enumerate() {
        let Some(name) = &draft.name else { continue };
        let earlier = drafts
            .iter()
            .take(index)
            .find(|other| other.name.as_ref() == Some(name));
        if let Some(first) = earlier {
            let help = "give each host its own name: it becomes the node's name";
            let wrong = Wrong::new(format!("two hosts are named `{name}`"), "again", help);
            mistakes.push(
                Mistake::error(&draft.place.key("name"), wrong).and(&first.place.key("name"), "first here"),
            );
        }
    }
}

fn check_addresses_differ(drafts: &[HostDraft], mistakes: &mut Mistakes) {
    for (index, draft) in drafts.iter().enumerate() {
        let earlier = || drafts.iter().take(index);
        if let Some((address, first)) = draft
            .address
            .and_then(|own| Some((own, earlier().find(|other| other.address == Some(own))?)))
        {
            let help = "give each host its own address; several roles of one host go into one `roles` list";
            let message = format!(
                "{} and {} have one address, {address}",
                first.title(),
                draft.title()
            );
            let mistake = Mistake::error(&draft.address_place, Wrong::new(message, "again", help));
            mistakes.push(mistake.and(&first.address_place, "first here"));
        } else if let Some((reached, first)) =
            reached(draft).and_then(|own| Some((own, earlier().find(|other| reached(other) == Some(own))?)))
        {
            let help = "behind one address, each host needs its own sshd port: `ssh = { port = 2222 }`";
            let message = format!(
                "ssh reaches {} and {} at one place, {}:{}",
                first.title(),
                draft.title(),
                reached.0,
                reached.1
            );
            let mistake = Mistake::error(&ssh_place(draft), Wrong::new(message, "again", help));
            mistakes.push(mistake.and(&ssh_place(first), "first here"));
        }
    }
}

fn reached(draft: &HostDraft) -> Option<(&str, u16)> {
    let host = draft.host.as_ref()?;
    Some((host.ssh.address.as_str(), host.ssh.port))
}

fn ssh_place(draft: &HostDraft) -> Place {
    draft.place.key("address")
}
