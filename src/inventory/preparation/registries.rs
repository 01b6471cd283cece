//! Registries: where their images are asked for first, and as whom.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::http_url;
use crate::inventory::lists::List;
use crate::inventory::mistake::{Mistake, Mistakes, Wrong};
use crate::inventory::place::Place;
use crate::inventory::workstation::Workstation;
use crate::inventory::{keys, written};
use crate::topology::Secret;

pub(super) fn mirrors(
    written: &written::Preparation,
    place: &Place,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, Vec<String>> {
    let place = place.key("mirrors");
    let mut mirrors = BTreeMap::new();
    for (registry, urls) in &written.mirrors {
        let here = place.key(registry);
        if is_named(registry, &here, mistakes) {
            mirrors.insert(registry.clone(), checked(urls, &here, mistakes));
        }
    }
    mirrors
}

fn checked(urls: &List<String>, place: &Place, mistakes: &mut Mistakes) -> Vec<String> {
    let urls = urls.placed(place);
    urls.filter_map(|(place, url)| mistakes.check(&place, http_url("a mirror's URL", url)))
        .collect()
}

/// `user:password` for each registry that asks for it.
pub(super) fn credentials(
    written: &written::Preparation,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, Secret> {
    let place = place.key("registries");
    let mut credentials = BTreeMap::new();
    for (registry, reply) in &written.registries {
        let here = place.key(registry);
        if !is_named(registry, &here, mistakes) {
            continue;
        }
        if DOCKER_HUB.contains(&registry.as_str()) {
            mistakes.push(Mistake::key(&here, of_docker_hub()));
            continue;
        }
        let Some(file) = &reply.credentials_file else {
            continue;
        };
        let found = mistakes.check(&here.key("credentials_file"), read(file, workstation));
        credentials.extend(found.map(|found| (registry.clone(), found)));
    }
    credentials
}

fn is_named(registry: &str, here: &Place, mistakes: &mut Mistakes) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if !registry.is_empty() && !registry.starts_with(['.', '-']) && registry.chars().all(is_legal) {
        return true;
    }
    let help = "write the registry's name as images have it, such as \"registry.k8s.io\"; \"_default\" is not supported";
    let wrong = Wrong::new(format!("not a registry's name: `{registry}`"), "here", help);
    mistakes.push(Mistake::key(here, wrong));
    false
}

/// One line, of which nothing is told where it is wrong.
fn read(file: &str, workstation: &Workstation) -> Result<Secret, Wrong> {
    let path = workstation.path(file);
    let text = Zeroizing::new(workstation.read(file)?);
    keys::check_closed(&path, &keys::CREDENTIALS)?;
    let line = text.trim_end_matches(['\n', '\r']);
    let is_pair = line
        .split_once(':')
        .is_some_and(|(user, password)| !user.is_empty() && !password.is_empty());
    if is_pair && !line.chars().any(char::is_control) {
        return Ok(Secret(Zeroizing::new(line.to_owned())));
    }
    Err(Wrong::new(
        format!("not the credentials of a registry: {}", path.display()),
        "not one line `user:password`",
        "write the user, a colon and the password (or the token in its place) into it, and nothing else",
    ))
}

const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

fn of_docker_hub() -> Wrong {
    Wrong::new(
        "Docker Hub accepts no password in a request: it sends the client to a token server first",
        "containerd does not use token servers with this password",
        "set your own cache that is logged in there as its mirror (`mirrors`), or load the images from archives",
    )
}
