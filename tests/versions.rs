//! Everything that is chosen by version, against what real programs say of themselves (tests/data/programs), and
//! against docs/reference/versions.md.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use hawser::topology::sandbox_among;
use hawser::versions::kubernetes::CgroupV1::{IsKept, IsRefused, Works};
use hawser::versions::kubernetes::{self, ApiVersion};
use hawser::versions::{Row, Version, containerd, etcd};

/// A question of a table.
type IsSo = fn(Version) -> bool;

/// What one program of one version said.
struct Captured {
    version: Version,
    /// By the command.
    reply: BTreeMap<String, String>,
}

impl Captured {
    /// What a command said, if it was asked.
    fn get(&self, command: &str) -> Option<&str> {
        self.reply.get(command).map(String::as_str)
    }

    fn of(&self, command: &str) -> &str {
        self.get(command)
            .unwrap_or_else(|| panic!("{}: no `{command}`", self.version))
    }

    /// Whether a line has this word.
    fn has(&self, command: &str, word: &str) -> bool {
        self.of(command).split_whitespace().any(|found| found == word)
    }
}

/// All that was captured of a program, the oldest version first. A command's output stands below `== PROGRAM
/// ARGUMENT…`, cut to what matters; the first command says the version.
fn captured(program: &str) -> Vec<Captured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/programs");
    let mut all: Vec<Captured> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .unwrap()
                .starts_with(&format!("{program}-"))
        })
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let parts = text.split("== ").skip(1).map(|part| {
                let (command, reply) = part.split_once('\n').unwrap();
                (command.to_owned(), reply.to_owned())
            });
            let parts: Vec<(String, String)> = parts.collect();
            let mut words = parts.first().unwrap().1.split_whitespace();
            let version = words
                .find_map(|word| word.split('~').next()?.parse().ok())
                .unwrap();
            Captured {
                version,
                reply: parts.into_iter().collect(),
            }
        })
        .collect();
    all.sort_by_key(|captured| captured.version);
    assert!(!all.is_empty(), "{program}: nothing was captured");
    all
}

const DEFAULTS: &str = "kubeadm config print init-defaults";
const INIT: &str = "kubeadm init --help";
const JOIN: &str = "kubeadm join --help";

#[test]
fn a_kubeadm_is_given_the_configuration_that_it_writes_itself() {
    for kubeadm in captured("kubeadm") {
        let api = ApiVersion::for_kubeadm(kubeadm.version).unwrap();

        let line = format!("apiVersion: {}", api.group_version());
        assert!(
            kubeadm.of(DEFAULTS).lines().any(|found| found == line),
            "{}: {line}",
            kubeadm.version
        );
    }
}

#[test]
fn a_kubeadm_finds_containerd_where_it_names_its_socket_by_itself() {
    for kubeadm in captured("kubeadm") {
        let names = kubeadm.of(DEFAULTS).contains("containerd.sock");

        assert_eq!(
            kubernetes::finds_containerd(kubeadm.version),
            names,
            "{}",
            kubeadm.version
        );
    }
}

/// Whether a feature of kubeadm is on if nobody says anything; `None` where kubeadm knows no
/// such feature (yet, or any more).
fn is_on(kubeadm: &Captured, feature: &str) -> Option<bool> {
    let lines = kubeadm.of(INIT).lines();
    let mut found = lines.filter(|line| line.contains(&format!("{feature}=true|false")));
    let line = found.next()?;
    Some(line.contains("default=true"))
}

#[test]
fn what_a_feature_brings_is_there_where_the_feature_is_on() {
    // With the minor release that brought the feature: one that is not named any more is on for good.
    let rows: [(&str, u32, IsSo); 2] = [
        ("EtcdLearnerMode", 27, kubernetes::joins_as_learner),
        ("NodeLocalCRISocket", 32, |kubeadm| {
            !kubernetes::writes_cri_socket(kubeadm)
        }),
    ];
    for (feature, brought_by, is_so) in rows {
        let mut seen = BTreeSet::new();
        for kubeadm in captured("kubeadm") {
            let is_expected = is_on(&kubeadm, feature).unwrap_or(kubeadm.version.minor >= brought_by);

            assert_eq!(
                is_so(kubeadm.version),
                is_expected,
                "{feature} of {}",
                kubeadm.version
            );
            seen.insert(is_expected);
        }
        assert_eq!(seen.len(), 2, "{feature}: off in an old one, on in a new one");
    }
}

#[test]
fn a_kubeadm_patches_what_its_help_names() {
    let known = [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubeletconfiguration",
        "corednsdeployment",
    ];
    for kubeadm in captured("kubeadm") {
        let help = kubeadm.of(INIT);
        let flag = help.lines().find(|line| line.contains("patches string")).unwrap();
        let quoted: Vec<&str> = flag.split('"').collect();
        for target in known {
            assert_eq!(
                kubernetes::patches(kubeadm.version, target),
                // The help of 1.20 names one of them for an example, and stands for the four of that time.
                quoted.contains(&target)
                    || (kubeadm.version.minor < 22
                        && !target.contains("configuration")
                        && !target.contains("dns")),
                "{target} by {}",
                kubeadm.version
            );
        }
    }
}

#[test]
fn a_kubeadm_updates_the_status_where_its_join_has_the_phase() {
    for kubeadm in captured("kubeadm") {
        let phases = kubernetes::finishing_phases(kubeadm.version);

        assert_eq!(
            phases.contains(&"update-status"),
            kubeadm.has(JOIN, "/update-status"),
            "{}",
            kubeadm.version
        );
        for phase in phases {
            assert!(kubeadm.has(JOIN, &format!("/{phase}")), "{}", kubeadm.version);
        }
    }
}

#[test]
fn a_kubeadm_makes_a_super_administrator_where_its_init_has_the_phase() {
    for kubeadm in captured("kubeadm") {
        assert_eq!(
            kubernetes::makes_super_admin(kubeadm.version),
            kubeadm.has(INIT, "/super-admin"),
            "{}",
            kubeadm.version
        );
    }
}

/// A tag such as `3.5.24-0` or `3.4.13-0`.
fn etcd_named(kubeadm: &Captured) -> Version {
    let list = kubeadm.of("kubeadm config images list");
    let (_, tag) = list
        .lines()
        .find(|name| name.contains("/etcd:"))
        .unwrap()
        .rsplit_once(':')
        .unwrap();
    tag.parse().unwrap()
}

#[test]
fn the_oldest_etcd_that_a_kubeadm_takes_is_not_newer_than_its_own() {
    for kubeadm in captured("kubeadm") {
        let oldest = kubernetes::oldest_external_etcd(kubeadm.version).unwrap();

        assert!(oldest <= etcd_named(&kubeadm), "{}", kubeadm.version);
    }
    let of = |minor, patch| kubernetes::oldest_external_etcd(Version::new(1, minor, patch)).unwrap();
    // `MinExternalEtcdVersion` of kubeadm's constants in these very releases.
    for (kubeadm, etcd) in [
        ((20, 2), (2, 18)),
        ((31, 10), (5, 11)),
        ((31, 14), (5, 24)),
        ((32, 5), (5, 11)),
        ((32, 10), (5, 24)),
        ((33, 6), (5, 24)),
        ((34, 2), (5, 24)),
        ((35, 5), (5, 24)),
        ((36, 2), (5, 24)),
    ] {
        assert_eq!(of(kubeadm.0, kubeadm.1), Version::new(3, etcd.0, etcd.1));
    }
}

#[test]
fn the_pause_image_is_the_one_that_a_kubeadm_names() {
    let named: Vec<(u32, String)> = captured("kubeadm")
        .iter()
        .map(|kubeadm| {
            let list = kubeadm.of("kubeadm config images list");
            (
                kubeadm.version.minor,
                sandbox_among(list.lines()).unwrap().to_owned(),
            )
        })
        .collect();

    assert!(named.contains(&(20, "k8s.gcr.io/pause:3.2".to_owned())));
    assert!(named.contains(&(36, "registry.k8s.io/pause:3.10.2".to_owned())));
}

#[test]
fn the_rules_of_version_skew() {
    let v = |minor| Version::new(1, minor, 0);

    assert_eq!(kubernetes::cannot_deploy(v(34), v(34)), None);
    assert_eq!(kubernetes::cannot_deploy(v(34), v(33)), None);
    assert!(kubernetes::cannot_deploy(v(34), v(32)).is_some());
    assert!(kubernetes::cannot_deploy(v(34), v(35)).is_some());
    for (kubelet, cluster, is_allowed) in [
        (25, 28, true),
        (24, 28, false),
        (25, 27, true),
        (24, 27, false),
        (36, 36, true),
        (36, 35, false),
    ] {
        let rule = kubernetes::cannot_join(v(kubelet), v(cluster));
        assert_eq!(rule.is_none(), is_allowed, "{kubelet} in {cluster}: {rule:?}");
    }
    assert_eq!(
        [20, 27, 28, 36].map(|minor| kubernetes::kubelet_before(v(minor))),
        [1, 1, 3, 3]
    );
    assert!(kubernetes::kubectl_goes_with(v(35), v(36)));
    assert!(!kubernetes::kubectl_goes_with(v(34), v(36)));
}

/// No word of these is in what programs say of themselves: the sources are kubeadm's and the changelogs.
#[test]
fn what_kubeadm_wants_of_a_host_by_version() {
    let rows: [(&str, IsSo, [bool; 6]); 6] = [
        (
            "bridged packets",
            kubernetes::wants_bridged_packets,
            [true, true, false, false, false, false],
        ),
        (
            "conntrack",
            kubernetes::wants_conntrack,
            [true, true, true, true, false, false],
        ),
        (
            "crictl",
            kubernetes::wants_crictl,
            [true, true, true, false, false, false],
        ),
        (
            "iptables",
            kubernetes::wants_iptables,
            [true, true, true, true, true, false],
        ),
        (
            "old kernels",
            kubernetes::refuses_old_kernels,
            [false, false, false, false, true, false],
        ),
        (
            "warning of crictl",
            kubernetes::warns_of_crictl,
            [false, false, false, true, false, false],
        ),
    ];
    for (what, is_so, expected) in rows {
        let found = [20, 29, 30, 31, 32, 36].map(|minor| is_so(Version::new(1, minor, 0)));
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(
        [20, 30, 31, 34, 35, 36].map(|minor| kubernetes::cgroup_v1(Version::new(1, minor, 0))),
        [Works, Works, IsKept, IsKept, IsRefused, IsRefused]
    );
}

#[test]
fn a_control_plane_is_known_by_the_label_of_its_time() {
    for label in [
        "node-role.kubernetes.io/control-plane",
        "node-role.kubernetes.io/master",
    ] {
        assert!(kubernetes::marks_control_plane(label));
    }
    assert!(!kubernetes::marks_control_plane("node-role.kubernetes.io/worker"));
}

#[test]
fn a_kubelet_takes_its_runtime_as_its_help_says() {
    for kubelet in captured("kubelet") {
        let help = kubelet.of("kubelet --help");
        let flag = help
            .lines()
            .find(|line| line.trim().starts_with("--container-runtime string"));
        let knows_others = flag.is_some_and(|line| !line.contains("DEPRECATED"));

        assert_eq!(
            kubernetes::runtime_is_remote(kubelet.version),
            !knows_others,
            "{}",
            kubelet.version
        );
        let flag = help
            .lines()
            .find(|line| line.contains("--container-runtime-endpoint string"))
            .unwrap();
        assert_eq!(
            kubernetes::runtime_in_file(kubelet.version),
            flag.contains("DEPRECATED: This parameter should be set via the config file"),
            "{}",
            kubelet.version
        );
        let gate = help
            .lines()
            .find(|line| line.contains("KubeletCgroupDriverFromCRI=true|false"));
        let is_on = gate.is_some_and(|line| line.contains("default=true"));
        assert!(
            !is_on || kubernetes::asks_runtime_for_driver(kubelet.version, None),
            "{}",
            kubelet.version
        );
    }
}

#[test]
fn a_kubelet_asks_its_runtime_for_the_driver_as_its_gate_says() {
    let asks = |minor, gate| kubernetes::asks_runtime_for_driver(Version::new(1, minor, 0), gate);
    let found = [None, Some(true), Some(false)].map(|gate| [27, 28, 31, 34].map(|minor| asks(minor, gate)));
    assert_eq!(
        found,
        [
            [false, false, true, true],
            [false, true, true, true],
            [false, false, false, true]
        ]
    );
}

#[test]
fn an_etcd_knows_the_flags_that_it_is_given() {
    for etcd in captured("etcd") {
        assert!(etcd.version >= etcd::OLDEST);
        let flags = [
            etcd::corrupt_check(etcd.version),
            etcd::watch_progress(etcd.version),
        ];
        for (flag, value) in flags.map(Option::unwrap) {
            let help = etcd.of("etcd --help");
            let lines: Vec<&str> = help
                .lines()
                .filter(|line| line.trim().starts_with(&format!("--{flag} ")))
                .collect();
            assert!(!lines.is_empty(), "{}: no --{flag}", etcd.version);
            assert!(
                lines
                    .iter()
                    .all(|line| !line.to_lowercase().contains("deprecated")),
                "{}: {lines:?}",
                etcd.version
            );
            let gate = value.split_once('=').map(|(gate, _)| gate);
            assert!(
                gate.is_none_or(|gate| help.contains(gate)),
                "{}: no gate {gate:?}",
                etcd.version
            );
        }
    }
}

#[test]
fn a_containerds_plugin_of_the_cri_is_known_by_its_name() {
    let names: Vec<&str> = containerd::cri_plugins().collect();
    for containerd in captured("containerd") {
        let default: toml::Table = containerd.of("containerd config default").parse().unwrap();
        let plugins = default["plugins"].as_table().unwrap();

        let found: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| {
                plugins
                    .get(*name)
                    .is_some_and(|plugin| plugin.get("containerd").is_some())
            })
            .collect();
        assert_eq!(found.len(), 1, "{}", containerd.version);
        assert_eq!(containerd::cri_plugin(containerd.version), Some(found[0]));
        assert!(i64::from(containerd::CONFIG) <= default["version"].as_integer().unwrap());
    }
    let of = |major| containerd::cri_plugin(Version::new(major, 0, 0)).unwrap();
    assert_eq!(names, [of(2), of(1)], "the newest first");
}

/// What stands in the document for a row.
fn line<C>(row: &Row<C>, words: impl Fn(&C) -> String) -> String {
    format!(
        "| {} | {} | {} | {} |\n",
        row.of,
        row.versions,
        words(&row.choice),
        row.source
    )
}

fn of_kubernetes(choice: &kubernetes::Choice) -> String {
    use kubernetes::Choice as C;
    match choice {
        C::ConfigApi(api) => format!("its configuration is of `{}`", api.group_version()),
        C::DeploysBefore(count) => format!("deploys its own minor release and {count} before"),
        C::TakesKubeletBefore(count) => {
            let releases = if *count == 1 { "release" } else { "releases" };
            format!("supports kubelets up to {count} minor {releases} older")
        }
        C::KubeletBehind(count) => {
            format!("kubelets are {count} minor releases older than the API server at most, and never newer")
        }
        C::KubectlApart(count) => {
            format!("kubectl is {count} minor release away from the API server at most")
        }
        C::JoinsAsLearner => "adds an etcd member as a learner: no quorum is lost meanwhile".to_owned(),
        C::WritesCriSocket => "writes the runtime's socket on the node".to_owned(),
        C::UpdatesStatus => "`update-status` is a phase of a join".to_owned(),
        C::MakesSuperAdmin => "`init` creates /etc/kubernetes/super-admin.conf".to_owned(),
        C::ControlPlaneLabel(label) => format!("control planes are labelled `{label}`"),
        C::FindsContainerd => "looks for containerd by itself".to_owned(),
        C::Patches(target) => format!("supports patches of `{target}`"),
        C::OldestEtcd(version) => {
            format!("requires external etcd {} or newer", number(*version))
        }
        C::WantsBridgedPackets => "requires iptables to see bridged packets".to_owned(),
        C::WantsConntrack => "requires `conntrack`".to_owned(),
        C::WantsCrictl => "requires `crictl`".to_owned(),
        C::WarnsOfCrictl => "warns without `crictl`".to_owned(),
        C::WantsIptables => "requires `iptables` and `nsenter`; else `losetup`".to_owned(),
        C::RefusesOldKernels => "refuses kernels before 4.19; else warns of them".to_owned(),
        C::KeepsCgroupV1 => "cgroup v1 is in maintenance mode".to_owned(),
        C::RefusesCgroupV1 => "no kubelet starts on cgroup v1 without `failCgroupV1: false`".to_owned(),
        C::AsksRuntimeForDriver(gate) => {
            let reported = "reads its cgroup driver from a runtime that reports it";
            match gate {
                kubernetes::Gate::Off => format!("{reported}, if its gate is switched on"),
                kubernetes::Gate::On => format!("{reported}, unless its gate is switched off"),
                kubernetes::Gate::Locked => reported.to_owned(),
            }
        }
        C::RuntimeIsRemote => "supports only runtimes with a CRI socket".to_owned(),
        C::RuntimeInFile => "takes the runtime's socket from its file".to_owned(),
    }
}

fn of_etcd(choice: &etcd::Choice) -> String {
    match choice {
        etcd::Choice::IsKnown => "is supported".to_owned(),
        etcd::Choice::CorruptCheck(flag, value) | etcd::Choice::WatchProgress(flag, value) => {
            format!("runs with `--{flag}={value}`")
        }
    }
}

fn of_containerd(choice: &containerd::Choice) -> String {
    match choice {
        containerd::Choice::ReadsConfig(version) => format!("reads `version = {version}`"),
        containerd::Choice::CriPlugin(name) => format!("the CRI's plugin is `{name}`"),
        containerd::Choice::TellsDriver => "reports its cgroup driver to kubelets".to_owned(),
    }
}

fn number(version: Version) -> String {
    version.to_string().trim_start_matches('v').to_owned()
}

#[test]
fn the_document_has_every_row() {
    let document = include_str!("../docs/reference/versions.md");
    let mut tables = String::from("| of | versions | what | source |\n| --- | --- | --- | --- |\n");
    for row in kubernetes::TABLE {
        let _ = write!(tables, "{}", line(row, of_kubernetes));
    }
    for row in etcd::TABLE {
        let _ = write!(tables, "{}", line(row, of_etcd));
    }
    for row in containerd::TABLE {
        let _ = write!(tables, "{}", line(row, of_containerd));
    }

    assert!(
        document.contains(&format!("\n\n{tables}\n")),
        "docs/reference/versions.md has another table than:\n{tables}"
    );
}
