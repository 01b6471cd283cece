//! Files of the workstation that others made: keys of repositories, packages.

use std::path::Path;

use hawser::error::Problem;
use hawser::inventory::{Colours, KeyFiles, load_with_key_files};
use hawser::topology::PackageSource;

use crate::trying::{fuzz, seeds};

/// An inventory that takes its packages from there.
fn inventory(folder: &Path, preparation: &str) {
    let good = include_str!("../inventories/good.toml");
    let preparation = format!("[preparation]\n{preparation}\n\n[networks]");
    let text = format!("prepare = true\n\n{}", good.replace("[networks]", &preparation));
    std::fs::write(folder.join("cluster.toml"), text).unwrap();
    let network = "apiVersion: v1\nkind: Namespace\nmetadata: {name: net}\n";
    std::fs::write(folder.join("pod-network.yaml"), network).unwrap();
    let policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
    std::fs::write(folder.join("audit-policy.yaml"), policy).unwrap();
}

fn source(folder: &Path) -> Result<PackageSource, Problem> {
    let path = folder.join("cluster.toml");
    let loaded = load_with_key_files(&path, Colours::Plain, KeyFiles::Unneeded)?;
    Ok(loaded
        .topology
        .preparation
        .expect("the inventory prepares hosts")
        .source)
}

/// What the repository's key is: its fingerprint and its armour.
fn key(folder: &Path, file: &[u8]) -> Result<(String, String), Problem> {
    std::fs::write(folder.join("key.asc"), file).unwrap();
    match source(folder)? {
        PackageSource::Repository(repository) => Ok((repository.fingerprint, repository.key)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repositorys_key_is_refused_or_the_same_when_it_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    inventory(
        folder,
        "repository = \"https://p.example/v1.34/deb/\"\nkey = \"key.asc\"",
    );
    let seeds = seeds("tests/fuzz/corpus/openpgp");
    let taken = seeds.iter().filter(|seed| key(folder, seed).is_ok()).count();
    assert_eq!(taken, 2, "of {} seeds", seeds.len());

    fuzz("openpgp", &seeds, |input| {
        if let Ok(first) = key(folder, input) {
            assert_eq!(key(folder, first.1.as_bytes()).unwrap(), first);
            assert!(
                first.0.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{}",
                first.0
            );
        }
    });
}

#[test]
fn a_package_is_refused_or_is_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    inventory(folder, "packages = \"packages\"");
    std::fs::create_dir(folder.join("packages")).unwrap();
    let package = |file: &[u8]| {
        std::fs::write(folder.join("packages/a.deb"), file).unwrap();
        source(folder)
    };
    let seeds = seeds("tests/fuzz/corpus/deb");
    for seed in &seeds {
        package(seed).unwrap();
    }

    fuzz("deb", &seeds, |input| {
        let Ok(source) = package(input) else { return };
        let PackageSource::Folder(packages) = source else {
            panic!("{source:?}")
        };
        let [package] = packages.as_slice() else {
            panic!("{packages:?}")
        };
        assert_eq!(package.size, input.len() as u64);
        for word in [&package.package, &package.version, &package.architecture] {
            assert!(!word.is_empty() && !word.contains('\n'), "{word:?}");
        }
    });
}
