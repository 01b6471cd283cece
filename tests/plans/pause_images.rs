//! Which images bare hosts will run, the pause image above all: who names it, and when.

use hawser::facts::Observed;
use hawser::topology::Version;

use crate::bare::{bare, images_of_1_36};
use crate::inventory::stacked;
use crate::preparation::first_phase;
use crate::world::World;
use support::archives::archive_of;

/// Bare hosts of a version that hawser has never heard of, whose inventory names no pause image.
fn bare_1_36() -> World {
    let mut topology = stacked(1, 1);
    topology.version = Version::new(1, 36, 2);
    "registry.k8s.io".clone_into(&mut topology.image_repository);
    let mut world = bare(topology);
    world.topology.preparation.as_mut().unwrap().sandbox_image = None;
    world
}

const CONTAINERD: &str = "/etc/containerd/config.toml";

pub(crate) fn containerds_file(world: &World, host: &str) -> String {
    let file = &world.hosts[&host.into()].facts.files[CONTAINERD];
    file.known().unwrap().text().unwrap().to_owned()
}

#[test]
fn the_pause_image_is_what_the_installed_kubeadm_names() {
    let mut world = bare_1_36();
    insta::assert_snapshot!(first_phase(&world));

    let plan = world.plan().unwrap();
    let steps: Vec<&str> = plan.steps().map(|step| step.id.0.as_str()).collect();
    let at = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    let write = plan
        .steps()
        .find(|step| step.id.0 == format!("w1/write{CONTAINERD}"));
    let shown = "+  sandbox_image = \"<pause image, as the installed kubeadm names it>\"";
    assert!(write.unwrap().files()[0].diff.contains(shown));
    assert!(at("w1/install-packages") < at("w1/read-sandbox-image"));
    assert!(at("w1/read-sandbox-image") < at("w1/write/etc/containerd/config.toml"));
    assert_eq!(world.apply(&plan), Ok(()));

    for host in ["cp1", "w1"] {
        let file = containerds_file(&world, host);
        assert!(
            file.contains("sandbox_image = \"registry.k8s.io/pause:3.10.2\""),
            "{file}"
        );
    }
    assert!(world.plan().unwrap().is_empty(), "it is as it should be");
}

#[test]
fn a_kubeadm_that_is_there_is_not_asked_again_and_one_that_goes_is_not_asked() {
    let asks = |version, named| {
        let mut world = bare_1_36();
        let facts = &mut world.machine("w1").facts;
        facts.versions.kubeadm = Some(version);
        facts.kubernetes.needed_images = named;
        let plan = world.plan().unwrap();
        let asks = plan.steps().any(|step| step.id.0 == "w1/read-sandbox-image");
        let write = format!("w1/write{CONTAINERD}");
        let diff = &plan.steps().find(|step| step.id.0 == write).unwrap().files()[0].diff;
        (asks, diff.contains("pause:3.10.2"))
    };
    let named = || Observed::Known(images_of_1_36());

    assert_eq!(asks(Version::new(1, 36, 2), named()), (false, true));
    assert_eq!(asks(Version::new(1, 35, 6), named()), (true, false));
    let silent = Observed::Unknown("kubeadm: out of time".to_owned());
    assert_eq!(asks(Version::new(1, 36, 2), silent), (true, false));
}

#[test]
fn the_pause_image_that_the_inventory_names_wins() {
    let mut world = bare_1_36();
    world.topology.preparation.as_mut().unwrap().sandbox_image = Some("lab.test/pause:1".to_owned());

    let plan = world.plan().unwrap();
    assert_eq!(world.apply(&plan), Ok(()));

    assert!(
        plan.steps()
            .all(|step| !step.id.0.ends_with("/read-sandbox-image"))
    );
    assert!(containerds_file(&world, "w1").contains("\"lab.test/pause:1\""));
}

#[test]
fn a_host_in_use_whose_kubeadm_could_not_tell_is_as_it_should_be() {
    let mut world = bare_1_36();
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    let found = &mut world.machine("w1").facts.kubernetes;
    found.needed_images = Observed::Unknown("kubeadm: out of time".to_owned());
    for image in [
        Observed::Known("registry.k8s.io/pause:3.10.2".to_owned()),
        Observed::Unknown("containerd: out of time".to_owned()),
    ] {
        world.machine("w1").facts.kubernetes.sandbox_image = image;

        let plan = world.plan().unwrap();

        assert!(plan.is_empty());
        let reported: Vec<&str> = plan.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(
            !reported.iter().any(|text| text.contains("is in use")),
            "{reported:?}"
        );
    }
}

fn notes(world: &World) -> Vec<String> {
    let notes = world.plan().unwrap().notes;
    notes.into_iter().map(|note| note.text).collect()
}

#[test]
fn what_bare_hosts_lack_is_told_as_far_as_it_is_known() {
    let mut world = bare(stacked(1, 1));
    world.topology.preparation.as_mut().unwrap().sandbox_image = Some("lab.test/pause:3.2".to_owned());
    // Of another version, which would name others.
    let facts = &mut world.machine("w1").facts;
    facts.versions.kubeadm = Some(Version::new(1, 20, 9));
    facts.kubernetes.needed_images = Observed::Known(vec!["k8s.gcr.io/kube-proxy:v1.20.9".to_owned()]);

    assert_eq!(
        notes(&world),
        [
            "cp1 lacks k8s.gcr.io/kube-apiserver:v1.20.2, k8s.gcr.io/kube-controller-manager:v1.20.2, \
             k8s.gcr.io/kube-proxy:v1.20.2, k8s.gcr.io/kube-scheduler:v1.20.2, lab.test/pause:3.2, and the coredns and \
             etcd images that kubeadm will name when it is installed: the hosts pull them. If they cannot, add archives under \
             [images]",
            "w1 lacks k8s.gcr.io/kube-proxy:v1.20.2, lab.test/pause:3.2: the hosts pull them. If they cannot, add archives under \
             [images]",
        ]
    );
}

#[test]
fn a_bare_host_that_archives_bring_all_to_lacks_nothing() {
    let names = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-proxy",
        "kube-scheduler",
    ];
    let mut images: Vec<String> = names
        .iter()
        .map(|name| format!("k8s.gcr.io/{name}:v1.20.2"))
        .collect();
    images.extend(
        [
            "k8s.gcr.io/etcd:3.4.13-0",
            "k8s.gcr.io/coredns:1.7.0",
            "k8s.gcr.io/pause:3.2",
        ]
        .map(str::to_owned),
    );
    let images: Vec<(&str, usize)> = images.iter().map(|name| (name.as_str(), 100)).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), archive_of(&images)).unwrap();
    let mut world = bare(stacked(1, 1));
    world.topology.images.archives = vec![hawser::archive::open(file.path()).unwrap()];
    for machine in world.hosts.values_mut() {
        "x86_64".clone_into(&mut machine.facts.system.architecture);
    }

    assert_eq!(notes(&world), [""; 0]);
    assert!(
        world
            .plan()
            .unwrap()
            .steps()
            .any(|step| step.title.contains("import k8s.gcr.io/etcd:3.4.13-0"))
    );
}

#[test]
fn a_bare_host_gets_the_pause_image_of_an_archive_whichever_kubeadm_will_name() {
    let images = [("registry.k8s.io/pause:3.10.2", 100)];
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), archive_of(&images)).unwrap();
    let mut world = bare_1_36();
    for machine in world.hosts.values_mut() {
        "x86_64".clone_into(&mut machine.facts.system.architecture);
    }
    let without = notes(&world);
    world.topology.images.archives = vec![hawser::archive::open(file.path()).unwrap()];

    let plan = world.plan().unwrap();

    let gets: Vec<&str> = plan
        .steps()
        .filter(|step| step.title.contains("import registry.k8s.io/pause:3.10.2"))
        .map(|step| step.host.0.as_str())
        .collect();
    assert_eq!(gets, ["cp1", "w1"]);
    let asked = |notes: &[String]| notes.iter().filter(|text| text.contains("pause")).count();
    assert_eq!((asked(&without), asked(&notes(&world))), (2, 0));
    assert!(
        without
            .iter()
            .any(|text| text.contains("and the pause images that kubeadm will name when it is installed"))
    );
}
