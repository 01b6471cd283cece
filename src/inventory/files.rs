//! `[[files]]`: the user's files for hosts.

use std::collections::BTreeSet;

use super::lists::List;
use super::managed_paths::ManagedPaths;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::workstation::Workstation;
use super::{formats, written};
use crate::topology::{HostFile, Role};

pub(super) fn resolve(
    written: &List<written::HostFile>,
    own: &ManagedPaths<'_>,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Vec<HostFile> {
    let place = Place::root().key("files");
    let all: Vec<(Place, HostFile)> = written
        .placed(&place)
        .filter_map(|(place, file)| {
            resolve_one(file, &place, workstation, mistakes).map(|file| (place, file))
        })
        .collect();
    check_paths_differ(&all, mistakes);
    for (place, file) in &all {
        if let Some(instead) = own.instead_of(file) {
            let message = format!("hawser itself writes {}", file.path);
            let wrong = Wrong::new(message, "they would overwrite each other", instead);
            mistakes.push(Mistake::error(&place.key("path"), wrong));
        }
    }
    all.into_iter().map(|(_, file)| file).collect()
}

fn resolve_one(
    file: &written::HostFile,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<HostFile> {
    let path = file.path.as_deref().map(formats::absolute_path);
    let path = path.and_then(|path| mistakes.check(&place.key("path"), path));
    let content = file.source.as_deref().map(|source| workstation.read(source));
    let content = content.and_then(|content| mistakes.check(&place.key("source"), content));
    let mode = file
        .mode
        .as_deref()
        .unwrap_or(if file.secret { "0600" } else { "0644" });
    let mode = mistakes.check(&place.key("mode"), formats::mode(mode));
    let owner = file.owner.as_deref().unwrap_or("root:root");
    let owner = mistakes.check(&place.key("owner"), formats::owner(owner));
    let is_open = mode.is_some_and(|mode| file.secret && mode & 0o007 != 0);
    mistakes.refuse(is_open, &place.key("mode"), || {
        let help = "write \"0600\", or \"0640\" with a group in `owner`";
        Wrong::new(
            "a secret file that everybody on the host may read",
            "not for a secret",
            help,
        )
    });
    let roles: BTreeSet<Role> = file.roles.iter().flat_map(List::iter).copied().collect();
    Some(HostFile {
        roles,
        path: path?,
        content: content?,
        owner: owner?,
        mode: mode?,
        secret: file.secret,
    })
}

fn check_paths_differ(files: &[(Place, HostFile)], mistakes: &mut Mistakes) {
    for (index, (place, file)) in files.iter().enumerate() {
        let same = |(_, other): &&(Place, HostFile)| {
            other.path == file.path && !other.roles.is_disjoint(&file.roles)
        };
        if let Some((first, _)) = files.iter().take(index).find(same) {
            let message = format!("two files for one path on the same hosts: {}", file.path);
            let help = "keep one of them, or give them roles that no host shares";
            let mistake = Mistake::error(&place.key("path"), Wrong::new(message, "again", help));
            mistakes.push(mistake.and(&first.key("path"), "first here"));
        }
    }
}
