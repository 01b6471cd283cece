//! Bare hosts that get their packages from a folder of the workstation.

use hawser::facts::Installed;
use hawser::topology::{PackageFile, PackageSource, Topology, Version};

use crate::bare::bare;
use crate::inventory::stacked;
use crate::listing::page;
use crate::pause_images::containerds_file;
use crate::world::World;

#[test]
fn packages_from_a_folder_bring_the_kubeadm_that_names_the_pause_image() {
    let mut world = bare_with_folder(stacked(1, 1));
    world.topology.preparation.as_mut().unwrap().sandbox_image = None;

    let plan = world.plan().unwrap();
    assert_eq!(world.apply(&plan), Ok(()));

    assert!(containerds_file(&world, "w1").contains("\"k8s.gcr.io/pause:3.2\""));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn packages_of_an_earlier_run_do_not_stay_where_none_is_installed_from_there() {
    let clears = |world: &World| {
        let plan = world.plan().unwrap();
        plan.steps().any(|step| step.id.0 == "w1/clear-packages")
    };
    let mut from_repository = bare(stacked(1, 1));
    let mut from_folder = bare_with_folder(stacked(1, 1));
    for world in [&mut from_repository, &mut from_folder] {
        let found = world.machine("w1").facts.preparation.as_mut().unwrap();
        found.has_leftover_packages = true;
    }

    assert!(clears(&from_repository));
    assert!(!clears(&from_folder), "they may be what is to be sent");
    let plan = from_repository.plan().unwrap();
    assert_eq!(from_repository.apply(&plan), Ok(()));
    assert!(from_repository.plan().unwrap().is_empty());
}

/// A package of a folder.
fn file(package: &str, version: &str, architecture: &str) -> PackageFile {
    PackageFile {
        path: format!("packages/{package}-{version}.deb").into(),
        package: package.to_owned(),
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        sha256: "0".repeat(64),
        size: 1_000,
    }
}

/// All that a node of the model needs, in two versions where it is Kubernetes'.
fn folder() -> Vec<PackageFile> {
    let mut files: Vec<PackageFile> = ["kubeadm", "kubelet", "kubectl"]
        .iter()
        .flat_map(|name| ["1.20.2-1.1", "1.20.3-1.1"].map(|version| file(name, version, "amd64")))
        .collect();
    files.extend(
        [
            "conntrack",
            "ebtables",
            "ethtool",
            "iptables",
            "haproxy",
            "keepalived",
            "socat",
        ]
        .map(|name| file(name, "1.0-1", "amd64")),
    );
    files.extend([
        file("containerd", "1.6.20", "amd64"),
        file("containerd", "1.6.20", "arm64"),
        file("libwrap", "7.6", "all"),
        file("libc6", "2.36-9", "amd64"),
    ]);
    files
}

fn bare_with_folder(topology: Topology) -> World {
    let mut world = bare(topology);
    world.topology.preparation.as_mut().unwrap().source = PackageSource::Folder(folder());
    let libc = Installed {
        version: "2.36-9".to_owned(),
        is_held: false,
    };
    for machine in world.hosts.values_mut() {
        let found = machine.facts.preparation.as_mut().unwrap();
        found.packages.insert("libc6".to_owned(), libc.clone());
    }
    world
}

#[test]
fn each_host_is_sent_the_packages_for_it_that_it_does_not_have() {
    let mut world = bare_with_folder(stacked(1, 0));

    let plan = world.plan().unwrap();

    let steps = plan.phases[0].steps().filter(|step| step.host == "cp1".into());
    let sent: Vec<&str> = steps
        .filter_map(|step| step.title.strip_prefix("send "))
        .collect();
    assert_eq!(
        sent,
        [
            "kubeadm_1.20.2-1.1_amd64.deb",
            "kubelet_1.20.2-1.1_amd64.deb",
            "kubectl_1.20.2-1.1_amd64.deb",
            "conntrack_1.0-1_amd64.deb",
            "ebtables_1.0-1_amd64.deb",
            "ethtool_1.0-1_amd64.deb",
            "iptables_1.0-1_amd64.deb",
            "haproxy_1.0-1_amd64.deb",
            "keepalived_1.0-1_amd64.deb",
            "socat_1.0-1_amd64.deb",
            "containerd_1.6.20_amd64.deb",
            "libwrap_7.6_all.deb",
        ]
    );
    assert!(
        plan.phases[0]
            .steps()
            .all(|step| !step.id.0.contains("/write/etc/apt/")),
        "no host asks a repository"
    );
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn a_folder_that_lacks_what_a_host_needs_is_refused_before_anything_is_sent() {
    let mut world = bare_with_folder(stacked(1, 0));
    world.topology.version = Version::new(1, 20, 9);

    insta::assert_snapshot!(page(&world, &world.plan()));
}
