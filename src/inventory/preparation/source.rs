//! Where packages come from: a repository with its key, or a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{deb, http_url};
use crate::inventory::mistake::{Mistake, Mistakes, Wrong};
use crate::inventory::openpgp::{self, PublicKey};
use crate::inventory::place::Place;
use crate::inventory::workstation::{Workstation, files_below, unreadable};
use crate::inventory::{manifests, written};
use crate::topology::{PackageFile, PackageSource, Repository, Version};

pub(super) fn resolve(
    written: &written::Preparation,
    place: &Place,
    version: Option<Version>,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> PackageSource {
    if let (Some(_), Some(_)) = (&written.repository, &written.packages) {
        let help = "keep `packages`, and no host uses a repository; or keep `repository`, with its key";
        let wrong = Wrong::new(
            "packages of a folder, and a repository too",
            "one of the two",
            help,
        );
        mistakes
            .push(Mistake::error(&place.key("packages"), wrong).and(&place.key("repository"), "the other"));
        return PackageSource::Own;
    }
    if let Some(url) = &written.repository {
        let url = mistakes.check(&place.key("repository"), repository_url(url, version));
        let key = key(written, place, workstation, mistakes);
        return match (url, key) {
            (Some(url), Some(key)) => PackageSource::Repository(Repository {
                url,
                key: key.armour,
                fingerprint: key.fingerprint,
            }),
            _ => PackageSource::Own,
        };
    }
    if let Some(folder) = &written.packages {
        let files = mistakes.check(&place.key("packages"), packages(&workstation.path(folder)));
        return files.map_or(PackageSource::Own, PackageSource::Folder);
    }
    let orphans = [
        ("key", written.key.is_some()),
        ("key_url", written.key_url.is_some()),
        ("fingerprint", written.fingerprint.is_some()),
    ];
    for (name, _) in orphans.iter().filter(|(_, is_there)| *is_there) {
        if mistakes.is_sound(&place.key("repository")) {
            let help = "set the `repository` that it signs, or remove it";
            let wrong = Wrong::new(
                format!("`{name}` without a repository"),
                "no repository is set",
                help,
            );
            mistakes.push(Mistake::key(&place.key(name), wrong));
        }
    }
    PackageSource::Own
}

fn packages(folder: &Path) -> Result<Vec<PackageFile>, Wrong> {
    let paths = files_below(folder)?.into_iter();
    let paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "deb"))
        .collect();
    if paths.is_empty() {
        return Err(Wrong::new(
            format!("no package in {}", folder.display()),
            "no *.deb in it",
            "`apt-get install --download-only` fetches packages with all that they need; Kubernetes' own are in its repository",
        ));
    }
    let read = |path: &PathBuf| {
        deb::read(path).map_err(|cause| {
            Wrong::new(
                format!("not a package: {}", path.display()),
                cause,
                "`dpkg-deb --info FILE` shows what a package is; fetch it again, or remove it from the folder",
            )
        })
    };
    each_once(paths.iter().map(read).collect::<Result<_, _>>()?)
}

/// How many packages a host is sent at most. Their checksums go to it in one argument, for which Linux allows 128 KiB:
/// a thousand of them.
const MOST_PACKAGES: usize = 500;

/// Each package once, as it lies on hosts under its name; the same file may lie in several folders.
fn each_once(files: Vec<PackageFile>) -> Result<Vec<PackageFile>, Wrong> {
    let mut once: BTreeMap<String, PackageFile> = BTreeMap::new();
    for file in files {
        let first = once.entry(file.name()).or_insert_with(|| file.clone());
        if first.sha256 != file.sha256 {
            return Err(Wrong::new(
                format!("two different packages are {}", file.name()),
                format!("{} and {}", first.path.display(), file.path.display()),
                "remove one of them from the folder",
            ));
        }
    }
    if once.len() > MOST_PACKAGES {
        return Err(Wrong::new(
            format!("{} packages in the folder", once.len()),
            format!("at most {MOST_PACKAGES}, as each host is sent all of its architecture"),
            "keep only what the hosts need; `apt-get install --download-only` on a host of the same kind fetches that",
        ));
    }
    Ok(once.into_values().collect())
}

/// With a slash at its end; of the minor release that is built, where it names one.
fn repository_url(text: &str, version: Option<Version>) -> Result<String, Wrong> {
    let url = format!("{}/", http_url("a repository's URL", text)?.trim_end_matches('/'));
    let named = url.split('/').find_map(|part| {
        let (major, minor) = part.strip_prefix('v')?.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    match (named, version) {
        (Some(named), Some(version)) if named != (version.major, version.minor) => {
            let (from, to) = (
                format!("/v{}.{}/", named.0, named.1),
                format!("/v{}.{}/", version.major, version.minor),
            );
            Err(Wrong::new(
                format!("the repository is not of the minor release of {version}"),
                "each minor release has its own",
                format!(
                    "write `{}`, or correct `kubernetes` under [cluster]",
                    url.replace(&from, &to)
                ),
            ))
        }
        _ => Ok(url),
    }
}

fn key(
    written: &written::Preparation,
    place: &Place,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<PublicKey> {
    let expected = match &written.fingerprint {
        None => None,
        Some(text) => Some(mistakes.check(&place.key("fingerprint"), fingerprint(text))?),
    };
    let (here, bytes) = match (&written.key, &written.key_url) {
        (Some(path), None) => {
            let path = workstation.path(path);
            let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error));
            ("key", bytes)
        }
        (None, Some(url)) => {
            if expected.is_none() {
                mistakes.push(Mistake::error(&place.key("key_url"), without_fingerprint()));
                return None;
            }
            ("key_url", fetch(url))
        }
        (file, _) => {
            let is_reported = ["key", "key_url"]
                .iter()
                .all(|key| mistakes.is_sound(&place.key(key)));
            let label = if file.is_some() {
                "both `key` and `key_url`"
            } else {
                "neither is set"
            };
            let help = "name the key's file as `key`, or where it is fetched as `key_url` with its `fingerprint`; \
                        pkgs.k8s.io has it beside the packages, as Release.key";
            let wrong = || {
                Wrong::new(
                    "`repository` needs exactly one of `key` and `key_url`",
                    label,
                    help,
                )
            };
            mistakes.refuse(is_reported, &place.key("repository"), wrong);
            return None;
        }
    };
    let bytes = mistakes.check(&place.key(here), bytes)?;
    let key = openpgp::read(&bytes).map_err(|cause| {
        let help = "`gpg --show-keys FILE` shows what it is; `gpg --armor --export FINGERPRINT` writes one key alone";
        Wrong::new("not the public key of a repository", cause, help)
    });
    let key = mistakes.check(&place.key(here), key)?;
    match expected {
        Some(expected) if expected != key.fingerprint => {
            let help = format!(
                "expected {expected}\n   found {}\nfind out why before you write the new one here",
                key.fingerprint
            );
            let wrong = Wrong::new("the key has another fingerprint", "not the key's", help);
            mistakes.push(Mistake::error(&place.key("fingerprint"), wrong));
            None
        }
        _ => Some(key),
    }
}

fn fingerprint(text: &str) -> Result<String, Wrong> {
    openpgp::written_fingerprint(text).ok_or_else(|| {
        Wrong::new(
            "not a key's fingerprint",
            "not 40 (or 64) hexadecimal digits",
            "write all of it, as `gpg --show-keys FILE` prints it; the short ids can be forged",
        )
    })
}

fn without_fingerprint() -> Wrong {
    Wrong::new(
        "a key from the network without its fingerprint",
        "an attacker could serve another key",
        "add the `fingerprint` that the repository publishes, or fetch the key yourself and name its file as `key`",
    )
}

fn fetch(url: &str) -> Result<Vec<u8>, Wrong> {
    let url = http_url("a key's URL", url)?;
    manifests::download(&url)
        .map(String::into_bytes)
        .map_err(|error| {
            Wrong::new(
                format!("cannot fetch {url}"),
                error.to_string(),
                "try it with `curl -fL`; or save the key beside the inventory and name it as `key`",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, sha256: &str) -> PackageFile {
        PackageFile {
            path: format!("{folder}/{name}.deb").into(),
            package: name.to_owned(),
            version: "1:2.0-1".to_owned(),
            architecture: "amd64".to_owned(),
            sha256: sha256.to_owned(),
            size: 1,
        }
    }

    #[test]
    fn a_package_that_lies_there_twice_is_one_and_two_under_one_name_are_refused() {
        let twice = vec![package("socat", "a", "01"), package("socat", "b", "01")];
        assert_eq!(each_once(twice).unwrap(), [package("socat", "a", "01")]);

        let two = vec![package("socat", "a", "01"), package("socat", "b", "02")];
        let wrong = each_once(two).unwrap_err();
        assert!(
            format!("{wrong:?}").contains("two different packages are socat_2.0-1_amd64.deb"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_folder_of_a_whole_mirror_is_refused() {
        let many = |count: usize| {
            (0..count)
                .map(|number| package(&format!("p{number}"), "a", "01"))
                .collect()
        };
        assert_eq!(each_once(many(MOST_PACKAGES)).unwrap().len(), MOST_PACKAGES);
        assert!(each_once(many(MOST_PACKAGES + 1)).is_err());
    }
}
