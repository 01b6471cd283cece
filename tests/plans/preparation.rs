//! Bare hosts: what is done on them before anything else, and what is left alone.

use std::collections::{BTreeMap, BTreeSet};

use hawser::facts::{FileFact, Installed, Observed, PreparationFacts};
use hawser::plan::{Action, Necessity, PhaseName, Step};
use hawser::planner::{Allowance, only_prepare};
use hawser::remote::RemoteCommand;
use hawser::remote::files::preparation::OLD_SYSCTLS;
use hawser::topology::{
    HostFile, PackageFile, PackageSource, Preparation, Proxy, Repository, Role, Secret, Swap, Topology,
    Version, sandbox_among,
};
use hawser::values::{Slot, Values};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::inventory::{audit_policy, compact_external, external, stacked};
use crate::listing::{limited_to, page};
use crate::world::{IMAGES, Machine, World};
use support::archives::archive_of;

fn preparation() -> Preparation {
    Preparation {
        source: PackageSource::Repository(Repository {
            url: "https://packages.lab.test/v1.20/deb/".to_owned(),
            key: "the key\n".to_owned(),
            fingerprint: "AB".repeat(20),
        }),
        modules: ["overlay", "br_netfilter"].map(str::to_owned).to_vec(),
        sysctls: BTreeMap::from([("net.ipv4.ip_forward".to_owned(), "1".to_owned())]),
        swap: Swap::Off,
        sandbox_image: Some("k8s.gcr.io/pause:3.2".to_owned()),
        mirrors: BTreeMap::new(),
        credentials: BTreeMap::new(),
        containerd: serde_json::Map::new(),
        proxy: Proxy::default(),
    }
}

/// What a look at a host finds where nobody has done anything.
fn nothing() -> PreparationFacts {
    PreparationFacts {
        system: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        is_debians: true,
        architecture: "amd64".to_owned(),
        swap: vec!["active /dev/sda2".to_owned(), "fstab UUID=1".to_owned()],
        sysctls: BTreeMap::from([("net.ipv4.ip_forward".to_owned(), "0".to_owned())]),
        ..PreparationFacts::default()
    }
}

/// Hosts with nothing on them, to be prepared.
pub(crate) fn bare(topology: Topology) -> World {
    let mut world = World::fresh(Topology {
        preparation: Some(preparation()),
        ..topology
    });
    world.hosts.values_mut().for_each(strip);
    world
}

fn strip(machine: &mut Machine) {
    let facts = &mut machine.facts;
    facts.versions = hawser::facts::Versions::default();
    facts.preparation = Some(nothing());
    facts.kubernetes.images = Observed::Unknown("containerd.sock is not there".to_owned());
    facts.kubernetes.needed_images = Observed::Unknown("needed_images: not asked".to_owned());
    if let Some(etcd) = &mut facts.etcd {
        (etcd.program, etcd.has_user, etcd.has_etcdctl) = (None, false, false);
    }
    for unit in ["haproxy", "keepalived", "kubelet"] {
        facts
            .units
            .insert(unit.to_owned(), hawser::facts::Unit::default());
    }
}

impl World {
    /// Does a step of the preparation; `false` where it is none.
    pub(crate) fn act_on_preparation(&mut self, step: &Step, what: &str) -> bool {
        let version = self.topology.version;
        let preparation = self.topology.preparation.clone();
        if what == "read-sandbox-image" {
            return self.read_sandbox_image(step);
        }
        let machine = self.machine(&step.host.0);
        let (Some(preparation), Some(found)) = (preparation, &mut machine.facts.preparation) else {
            return false;
        };
        match what {
            "mask-etcd" => {}
            "install-packages" => install(machine, step, version),
            "load-modules" => found.modules = preparation.modules.into_iter().collect(),
            "apply-sysctls" => found.sysctls = preparation.sysctls,
            "clear-packages" => found.has_leftover_packages = false,
            "remove-old-sysctls" => drop(machine.facts.files.remove(OLD_SYSCTLS)),
            "turn-swap-off" => found.swap.clear(),
            "start-containerd" => machine.unit("containerd", true),
            "start-kubelet" => machine.unit("kubelet", false),
            _ => return what.starts_with("send-"),
        }
        true
    }

    /// The kubeadm that is installed by then names it.
    fn read_sandbox_image(&mut self, step: &Step) -> bool {
        let gives = Slot::SandboxImage;
        assert!(matches!(step.action, Action::Read { gives: slot, .. } if slot == gives));
        let machine = &self.hosts[&step.host];
        let named = machine.facts.kubernetes.needed_images.known();
        let named = named.and_then(|images| sandbox_among(images.iter().map(String::as_str)));
        let image = named.map(str::to_owned);
        self.sandbox_image
            .extend(image.map(|image| (step.host.clone(), image)));
        true
    }
}

/// What kubeadm 1.36.2 says by itself, as it was captured.
fn images_of_1_36() -> Vec<String> {
    let captured = include_str!("../data/programs/kubeadm-1.36.txt");
    let list = captured
        .split("== ")
        .find_map(|part| part.strip_prefix("kubeadm config images list\n"));
    list.unwrap().lines().map(str::to_owned).collect()
}

/// The packages that the command names.
fn install(machine: &mut Machine, step: &Step, version: Version) {
    let facts = &mut machine.facts;
    let line = step.change().unwrap().command.line();
    let words = shlex::split(&line).unwrap().into_iter().skip(4);
    for word in words.filter(|word| !word.starts_with('/') && !word.contains(' ')) {
        let (name, release) = word.split_once('=').unwrap_or((&word, "1:2.0"));
        match name {
            "kubeadm" => {
                facts.versions.kubeadm = Some(version);
                let named = match version.minor {
                    36 => images_of_1_36(),
                    _ => IMAGES.map(str::to_owned).to_vec(),
                };
                facts.kubernetes.needed_images = Observed::Known(named);
            }
            "kubelet" => facts.versions.kubelet = Some(version),
            "kubectl" => facts.versions.kubectl = Some(version),
            "haproxy" => facts.versions.haproxy = Some("2.6.12".to_owned()),
            "keepalived" => facts.versions.keepalived = Some("2.2.7".to_owned()),
            "etcd-server" => {
                let etcd = facts.etcd.as_mut().unwrap();
                (etcd.program, etcd.has_user) = (Some("/usr/bin/etcd".to_owned()), true);
            }
            "etcd-client" => facts.etcd.as_mut().unwrap().has_etcdctl = true,
            _ => {}
        }
        let installed = Installed {
            version: format!("{release}-1.1"),
            is_held: word.contains('='),
        };
        let found = facts.preparation.as_mut().unwrap();
        found.packages.insert(name.to_owned(), installed);
    }
}

/// The first phase of a plan, as a page.
fn first_phase(world: &World) -> String {
    let page = page(world, &world.plan());
    let end = page
        .find("\nset up balancers\n")
        .or_else(|| page.find("\nwrite files\n"));
    page[..end.unwrap_or(page.len())].to_owned()
}

#[test]
fn bare_hosts_are_prepared_by_role_before_anything_else() {
    insta::assert_snapshot!(first_phase(&bare(stacked(1, 1))));
}

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

fn containerds_file(world: &World, host: &str) -> String {
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
fn packages_from_a_folder_bring_the_kubeadm_that_names_the_pause_image() {
    let mut world = bare_with_folder(stacked(1, 1));
    world.topology.preparation.as_mut().unwrap().sandbox_image = None;

    let plan = world.plan().unwrap();
    assert_eq!(world.apply(&plan), Ok(()));

    assert!(containerds_file(&world, "w1").contains("\"k8s.gcr.io/pause:3.2\""));
    assert!(world.plan().unwrap().is_empty());
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
        let told: Vec<&str> = plan.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(!told.iter().any(|text| text.contains("is in use")), "{told:?}");
    }
}

#[test]
fn etcd_hosts_have_what_runs_etcd_and_no_member_that_starts_by_itself() {
    insta::assert_snapshot!("by-systemd", first_phase(&bare(compact_external())));
    insta::assert_snapshot!("by-kubelet", first_phase(&bare(external(1, 0))));
}

#[test]
fn from_bare_hosts_to_a_cluster_and_nothing_is_left_to_do() {
    for topology in [stacked(3, 2), external(3, 1), compact_external()] {
        let mut world = bare(topology);

        let plan = world.plan().unwrap();
        assert_eq!(world.apply(&plan), Ok(()));

        assert_eq!(world.violations, Vec::<String>::new());
        assert!(world.plan().unwrap().is_empty());
    }
}

#[test]
fn what_is_there_is_not_done_again() {
    let mut world = bare(stacked(1, 0));
    let plan = world.plan().unwrap();
    let cut = crate::doing::Cut {
        after: plan.phases[0].steps().count(),
        parts: 0,
        pace: 0,
    };
    world.apply_until(&plan, cut).unwrap();

    let again = world.plan().unwrap();

    assert_eq!(plan.phases[0].name, PhaseName::Prepare);
    assert_ne!(again.phases[0].name, PhaseName::Prepare);
}

#[test]
fn hosts_can_be_prepared_first_and_built_on_in_another_run() {
    let mut world = bare(stacked(3, 1));
    let whole = world.plan().unwrap();

    let first = only_prepare(whole.clone());
    assert_eq!(world.apply(&first), Ok(()));
    let again = only_prepare(world.plan().unwrap());
    let rest = world.plan().unwrap();
    assert_eq!(world.apply(&rest), Ok(()));

    assert_eq!(first.phases, whole.phases[..1]);
    assert_eq!(first.cleanup, []);
    let left_out = whole.changes().count() - first.changes().count();
    let told = format!("--prepare-only leaves out {left_out} later changes; `hawser apply` continues");
    assert_eq!(first.notes.last().unwrap().text, told);
    assert!(again.is_empty());
    assert_eq!(rest.changes().count(), left_out);
    let end = world.plan().unwrap();
    assert!(end.is_empty() && only_prepare(end).notes.is_empty());
    assert_eq!(world.violations, Vec::<String>::new());
}

#[test]
fn one_bare_host_can_be_prepared_before_all_others() {
    for (topology, host) in [
        (stacked(3, 1), "w1"),
        (stacked(3, 1), "lb2"),
        (external(3, 1), "etcd1"),
        (compact_external(), "etcd2"),
    ] {
        let mut world = bare(topology);
        let allowance = Allowance {
            prepare_only: true,
            ..limited_to(&[host])
        };

        let plan = only_prepare(world.plan_with(&allowance).unwrap());
        let hosts: BTreeSet<_> = plan.steps().map(|step| step.host.0.clone()).collect();
        assert_eq!(world.apply(&plan), Ok(()));

        assert_eq!(hosts, BTreeSet::from([host.to_owned()]));
        assert!(only_prepare(world.plan_with(&allowance).unwrap()).is_empty());
    }
}

#[test]
fn another_version_is_replaced_and_what_is_not_held_is_held() {
    let mut world = bare(stacked(1, 1));
    let package = |version: &str, is_held| Installed {
        version: version.to_owned(),
        is_held,
    };
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    found.packages = BTreeMap::from([
        ("kubeadm".to_owned(), package("1.20.20-1.1", true)),
        ("kubelet".to_owned(), package("1.20.2-1.1", false)),
        ("kubectl".to_owned(), package("1.20.2-1.1", true)),
    ]);

    let plan = world.plan().unwrap();

    let install = plan
        .steps()
        .find(|step| step.id.0 == "w1/install-packages")
        .unwrap();
    assert!(
        install
            .title
            .starts_with("install kubeadm 1.20.2, kubelet 1.20.2, conntrack,"),
        "{}",
        install.title
    );
}

fn words(command: &RemoteCommand) -> Vec<String> {
    shlex::split(&command.line()).unwrap().split_off(4)
}

#[test]
fn only_what_is_lacking_is_installed_and_all_of_it_looked_for() {
    let mut world = bare(stacked(1, 1));
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    // Docker's own, which stands in the way of Debian's.
    for (name, version) in [
        ("containerd.io", "1.7.28-1"),
        ("socat", "1.7.4"),
        ("iptables", "1.8.9"),
    ] {
        let installed = Installed {
            version: version.to_owned(),
            is_held: false,
        };
        found.packages.insert(name.to_owned(), installed);
    }

    let plan = world.plan().unwrap();

    let step = plan
        .steps()
        .find(|step| step.id.0 == "w1/install-packages")
        .unwrap();
    let of_kubernetes = ["kubeadm=1.20.2", "kubelet=1.20.2", "kubectl=1.20.2"];
    let lacking = [of_kubernetes.as_slice(), &["conntrack", "ebtables", "ethtool"]].concat();
    assert_eq!(words(&step.change().unwrap().command), lacking);
    let all = [
        "conntrack",
        "containerd.io",
        "ebtables",
        "ethtool",
        "iptables",
        "socat",
    ];
    assert_eq!(
        words(&step.until().unwrap().command),
        [of_kubernetes.as_slice(), &all].concat()
    );
    assert_eq!(world.apply(&plan), Ok(()));
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

#[test]
fn kernel_settings_under_their_old_name_go_where_hawser_wrote_them() {
    let removes = |text: &str| {
        let mut world = bare(stacked(1, 1));
        let old = FileFact::new(0o644, "root:root", text);
        let files = &mut world.machine("w1").facts.files;
        files.insert(OLD_SYSCTLS.to_owned(), Observed::Known(old));
        let plan = world.plan().unwrap();
        let found = plan.steps().any(|step| step.id.0 == "w1/remove-old-sysctls");
        assert_eq!(world.apply(&plan), Ok(()));
        let again = world.plan().unwrap();
        assert!(again.is_empty());
        let is_told = again.notes.iter().any(|note| note.text.contains(OLD_SYSCTLS));
        assert_eq!(is_told, !found && text.starts_with("# Written by hawser."));
        found
    };

    assert!(removes("# Written by hawser.\nnet.ipv4.ip_forward = 0\n"));
    assert!(!removes("net.ipv4.ip_forward = 1\n"));
    assert!(
        !removes("# Written by hawser.\nnet.ipv4.ip_forward = 0\nvm.max_map_count = 262144\n"),
        "an admin's own line"
    );
}

#[test]
fn a_worker_that_cannot_be_prepared_may_lag_and_nobody_else() {
    let mut topology = stacked(3, 2);
    topology.hosts[2].roles.insert(Role::Worker);
    topology.files = vec![HostFile {
        roles: [Role::Worker].into(),
        ..audit_policy()
    }];
    let plan = bare(topology.clone()).plan().unwrap();
    let of_hosts = [
        PhaseName::Prepare,
        PhaseName::Files,
        PhaseName::EndpointPath,
        PhaseName::Join,
    ];

    for phase in plan.phases.iter().filter(|phase| of_hosts.contains(&phase.name)) {
        for chain in phase.lanes.iter().flat_map(|lane| &lane.chains) {
            let may_lag = chain.necessity == Necessity::Tolerated;
            assert_eq!(
                may_lag,
                chain.subject.0.starts_with('w'),
                "{}: {}",
                phase.name,
                chain.subject
            );
        }
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
             etcd images that kubeadm will name when it is installed; pulled, if the hosts may; otherwise add archives under \
             [images]",
            "w1 lacks k8s.gcr.io/kube-proxy:v1.20.2, lab.test/pause:3.2; pulled, if the hosts may; otherwise add archives under \
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

#[test]
fn a_host_of_another_distribution_must_come_prepared() {
    let mut world = bare(stacked(1, 1));
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    (found.system, found.is_debians) = ("Rocky Linux 9.4".to_owned(), false);

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_host_of_another_distribution_that_has_all_it_needs_is_taken_as_it_is() {
    let mut world = World::fresh(Topology {
        preparation: Some(preparation()),
        ..stacked(1, 0)
    });
    for machine in world.hosts.values_mut() {
        machine.facts.preparation = Some(PreparationFacts {
            is_debians: false,
            ..nothing()
        });
    }

    let plan = world.plan().unwrap();

    assert!(plan.phases.iter().all(|phase| phase.name != PhaseName::Prepare));
}

#[test]
fn what_is_in_use_is_left_as_it_is_and_told() {
    let mut world = bare(stacked(1, 1));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    let found = world.machine("w1").facts.preparation.as_mut().unwrap();
    found.swap.push("active /swapfile".to_owned());
    world.topology.preparation.as_mut().unwrap().sandbox_image = Some("k8s.gcr.io/pause:3.5".to_owned());

    insta::assert_snapshot!(page(&world, &world.plan()));
}

#[test]
fn a_worker_more_is_prepared_while_the_others_run() {
    let mut world = bare(stacked(1, 0));
    let plan = world.plan().unwrap();
    world.apply(&plan).unwrap();
    world.add(crate::inventory::worker(1));
    strip(world.machine("w1"));

    let plan = world.plan().unwrap();

    assert!(plan.phases[0].steps().all(|step| step.host == "w1".into()));
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn a_host_that_the_limit_leaves_out_is_not_taken_for_prepared() {
    let world = bare(stacked(1, 1));

    let problems = world.plan_with(&limited_to(&["cp1"])).unwrap_err();

    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let lb1 = told.iter().find(|text| text.contains("lb1: haproxy")).unwrap();
    assert!(lb1.contains("--limit leaves it out"), "{lb1}");
}

#[test]
fn swap_stays_where_the_inventory_keeps_it() {
    let mut world = bare(stacked(1, 0));
    world.topology.preparation.as_mut().unwrap().swap = Swap::Keep;

    let plan = world.plan().unwrap();

    assert!(plan.steps().all(|step| !step.id.0.ends_with("/turn-swap-off")));
}

#[test]
fn what_is_rendered_for_a_bare_host_is_what_is_written_on_it() {
    let mut topology = stacked(1, 1);
    topology.endpoint.interface = Some("eth0".to_owned());
    let mut world = bare(topology);
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.proxy.http = Some("http://proxy.lab.test:3128".to_owned());
    preparation.mirrors =
        BTreeMap::from([("docker.io".to_owned(), vec!["https://mirror.lab.test".to_owned()])]);
    let plan = world.plan().unwrap();

    for host in &world.topology.hosts {
        let written: Vec<&str> = plan.phases[0]
            .steps()
            .filter(|step| step.host == host.name)
            .flat_map(Step::files)
            .map(|file| file.path.as_str())
            .collect();
        let rendered = hawser::remote::files::preparation::preparation(&world.topology, host).unwrap();
        let rendered: Vec<&str> = rendered.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(written, rendered);
    }
}

#[test]
fn no_plan_shows_a_secret_that_hosts_receive() {
    let mut topology = stacked(1, 1);
    topology.files = vec![HostFile {
        secret: true,
        content: "key: 0123456789abcdef\n".to_owned(),
        ..audit_policy()
    }];
    let mut world = bare(topology);
    let pair = Secret(Zeroizing::new("me:correct horse".to_owned()));
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.credentials = BTreeMap::from([("registry.lab.test".to_owned(), pair)]);

    let plan = world.plan().unwrap();

    let shown = format!(
        "{}{}",
        serde_json::to_string(&plan).unwrap(),
        page(&world, &Ok(plan.clone()))
    );
    for secret in ["0123456789abcdef", "correct horse", "bWU6Y29ycmVjdCBob3JzZQ=="] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let path = "/etc/containerd/certs.d/registry.lab.test/hosts.toml";
    let step = plan
        .steps()
        .find(|step| step.id.0 == format!("w1/write{path}"))
        .unwrap();
    let values = Values::default();
    let sent = step.change().unwrap().command.stdin().fill(&values).unwrap();
    let sum = hex::encode(Sha256::digest(&sent));
    assert!(!shown.contains(&sum), "a password could be guessed by it");
    let asked = &step.until().unwrap().command;
    assert_eq!(
        *asked.stdin().fill(&values).unwrap(),
        format!("{path} {sum}\n").into_bytes()
    );
    assert_eq!(world.apply(&plan), Ok(()));
    assert!(world.plan().unwrap().is_empty());
}

#[test]
fn what_was_a_password_is_not_shown_when_it_goes() {
    let mut world = bare(stacked(1, 1));
    let path = "/etc/containerd/certs.d/registry.lab.test/hosts.toml";
    let preparation = world.topology.preparation.as_mut().unwrap();
    preparation.mirrors = BTreeMap::from([(
        "registry.lab.test".to_owned(),
        vec!["https://m.lab.test".to_owned()],
    )]);
    let old = FileFact::new(0o600, "root:root", "Authorization = \"Basic bWU6\"\n");
    let files = &mut world.machine("w1").facts.files;
    files.insert(path.to_owned(), Observed::Known(old));

    let plan = world.plan().unwrap();

    assert!(!serde_json::to_string(&plan).unwrap().contains("bWU6"));
}

/// A package of a folder, with what it depends on.
fn file(package: &str, version: &str, architecture: &str, depends: &[&str]) -> PackageFile {
    PackageFile {
        path: format!("packages/{package}-{version}.deb").into(),
        package: package.to_owned(),
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        depends: depends.iter().map(|name| (*name).to_owned()).collect(),
        provides: vec![],
        sha256: "0".repeat(64),
        size: 1_000,
    }
}

/// All that a node of the model needs, in two versions where it is Kubernetes'.
fn folder() -> Vec<PackageFile> {
    let mut files: Vec<PackageFile> = [
        "conntrack",
        "ebtables",
        "ethtool",
        "iptables",
        "haproxy",
        "keepalived",
    ]
    .iter()
    .map(|name| file(name, "1.0-1", "amd64", &["libc6"]))
    .collect();
    for version in ["1.20.2-1.1", "1.20.3-1.1"] {
        files.push(file(
            "kubeadm",
            version,
            "amd64",
            &["kubelet", "kubectl", "cri-tools"],
        ));
        files.push(file("kubelet", version, "amd64", &["kubernetes-cni", "mount"]));
        files.push(file("kubectl", version, "amd64", &[]));
    }
    files.extend([
        file("cri-tools", "1.20.0-1.1", "amd64", &[]),
        file("kubernetes-cni", "0.8.7-1.1", "amd64", &[]),
        file("containerd", "1.6.20", "amd64", &["runc", "libc6"]),
        file("containerd", "1.6.20", "arm64", &["runc", "libc6"]),
        file("socat", "1.7", "amd64", &["libwrap"]),
        file("libwrap-all", "7.6", "all", &[]),
        file("libc6", "2.36-9", "amd64", &[]),
        file("unrelated", "1", "amd64", &[]),
        PackageFile {
            provides: vec!["runc".to_owned()],
            ..file("runc-of-another-name", "1.1", "amd64", &[])
        },
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
fn each_host_is_sent_what_it_lacks_of_what_it_needs_and_nothing_else() {
    let mut world = bare_with_folder(stacked(1, 0));

    let plan = world.plan().unwrap();

    let sent = |host: &str| -> Vec<String> {
        let steps = plan.phases[0].steps().filter(|step| step.host == host.into());
        steps
            .filter_map(|step| step.title.strip_prefix("send ").map(str::to_owned))
            .collect()
    };
    assert_eq!(
        sent("lb1"),
        [
            "haproxy_1.0-1_amd64.deb",
            "keepalived_1.0-1_amd64.deb",
            "socat_1.7_amd64.deb"
        ]
    );
    assert_eq!(
        sent("cp1"),
        [
            "conntrack_1.0-1_amd64.deb",
            "containerd_1.6.20_amd64.deb",
            "cri-tools_1.20.0-1.1_amd64.deb",
            "ebtables_1.0-1_amd64.deb",
            "ethtool_1.0-1_amd64.deb",
            "iptables_1.0-1_amd64.deb",
            "kubeadm_1.20.2-1.1_amd64.deb",
            "kubectl_1.20.2-1.1_amd64.deb",
            "kubelet_1.20.2-1.1_amd64.deb",
            "kubernetes-cni_0.8.7-1.1_amd64.deb",
            "runc-of-another-name_1.1_amd64.deb",
            "socat_1.7_amd64.deb",
        ]
    );
    assert!(
        plan.phases[0]
            .steps()
            .all(|step| !step.id.0.contains("/write/etc/apt/")),
        "no host uses a repository"
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
