//! Each fact is broken in turn: it is found, graded and has its fix, and nothing else is result.

use std::collections::BTreeMap;

use clap::ValueEnum;

use super::*;
use crate::check::Grade;
use crate::check::host::{Asked, Clock, Fact, Finding, findings};
use crate::error::Problem;
use crate::facts::{
    Cgroups, ClusterView, Containerd, EtcdFacts, Health, Listener, MemberFact, Observed, Preflight, Room,
    SyncTimes,
};
use crate::topology::{EtcdManager, EtcdTopology, Version};

/// Hosts on which everything is as it should be before anything of a cluster is there.
struct Fleet {
    topology: Topology,
    observation: Observation,
    asked: Asked,
}

impl Fleet {
    fn well() -> Self {
        let topology = stacked();
        let mut observation = fresh(&topology);
        let mut asked = Asked::default();
        for (number, host) in topology.hosts.iter().enumerate() {
            let facts = of(&mut observation, &host.name.0);
            facts.system.hostname = host.name.0.clone();
            facts.system.kernel = "6.1.0-18-amd64".to_owned();
            facts.system.architecture = "x86_64".to_owned();
            facts.system.interfaces = vec![("eth0".to_owned(), host.address)];
            let version = Some(Version::new(1, 34, 2));
            facts.versions.kubeadm = version;
            facts.versions.kubelet = version;
            facts.versions.kubectl = version;
            facts.units.insert("kubelet".to_owned(), running());
            facts.units.insert("containerd".to_owned(), running());
            asked.preflights.insert(host.name.clone(), Ok(preflight(number)));
            let clock = Clock {
                ahead_s: 0.01,
                doubt_s: 0.02,
            };
            asked.clocks.insert(host.name.clone(), clock);
        }
        Self {
            topology,
            observation,
            asked,
        }
    }

    fn facts(&mut self, name: &str) -> &mut HostFacts {
        of(&mut self.observation, name)
    }

    /// Its first control plane is initialised.
    fn is_initialised(&mut self) {
        self.observation = initialised(std::mem::take(&mut self.observation));
    }

    /// Its inventory and its nodes are of another version.
    fn is_of(&mut self, version: Version) {
        self.topology.version = version;
        for name in ["cp1", "cp2", "w1"] {
            let found = &mut self.facts(name).versions;
            found.kubeadm = Some(version);
            found.kubelet = Some(version);
            found.kubectl = Some(version);
        }
    }

    /// Its kubelets are told to start on cgroup v1.
    fn allows_cgroup_v1(&mut self) {
        let kubelet = &mut self.topology.kubeadm.kubelet_configuration;
        kubelet.insert("failCgroupV1".to_owned(), false.into());
    }

    fn has_containerd_2(&mut self, name: &str, systemd_cgroup: bool) {
        self.preflight(name).runtime = Observed::Known("containerd v2.3.4".to_owned());
        self.preflight(name).containerd = Some(Observed::Known(Containerd {
            config_version: 4,
            systemd_cgroup,
            cri_is_disabled: false,
        }));
    }

    fn preflight(&mut self, name: &str) -> &mut Preflight {
        let name = HostName::from(name);
        self.asked.preflights.get_mut(&name).unwrap().as_mut().unwrap()
    }

    fn findings(&self, ignored: &[Fact]) -> Vec<Finding> {
        let scene = Scene {
            topology: &self.topology,
            observation: &self.observation,
        };
        findings(&scene, &self.asked, &ignored.iter().copied().collect())
    }

    fn amiss(&self) -> Vec<Finding> {
        let mut findings = self.findings(&[]);
        findings.retain(|finding| finding.grade != Grade::Ok);
        findings
    }
}

fn preflight(number: usize) -> Preflight {
    let room = Observed::Known(Room {
        size_kb: 100 << 20,
        free_kb: 60 << 20,
    });
    let texts = |all: &[&str]| Observed::Known(all.iter().map(ToString::to_string).collect());
    let sysctls = ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"];
    Preflight {
        os: Observed::Known("debian 12".to_owned()),
        cgroups: Observed::Known(Cgroups::V2),
        init: Observed::Known("systemd".to_owned()),
        swap: Observed::Known(vec![]),
        modules: texts(&["overlay", "br_netfilter"]),
        sysctls: Observed::Known(sysctls.map(|name| (name.to_owned(), "1".to_owned())).into()),
        cpus: Observed::Known(4),
        memory_kb: Observed::Known(8 << 20),
        disks: BTreeMap::from([
            ("/var/lib".to_owned(), room.clone()),
            ("/var/lib/etcd".to_owned(), room),
        ]),
        is_synchronised: Observed::Known(true),
        product_uuid: Observed::Known(format!("0000-{number}")),
        cards: Observed::Known([("eth0".to_owned(), format!("02:00:00:00:00:0{number}"))].into()),
        own_name: Observed::Known(vec!["192.0.2.1".parse().unwrap()]),
        listeners: Observed::Known(vec![]),
        runtime: Observed::Known("containerd 1.7.2".to_owned()),
        containerd: Some(Observed::Known(Containerd {
            config_version: 2,
            systemd_cgroup: true,
            cri_is_disabled: false,
        })),
        programs: texts(&[
            "conntrack",
            "crictl",
            "haproxy",
            "ip",
            "iptables",
            "keepalived",
            "losetup",
            "mount",
            "nsenter",
            "socat",
        ]),
        package_lock: Observed::Known(vec![]),
    }
}

fn listener(port: u16, process: &str) -> Observed<Vec<Listener>> {
    Observed::Known(vec![Listener {
        port,
        address: None,
        process: Some(process.to_owned()),
        pid: Some(812),
    }])
}

fn kilobytes(free_kb: u64) -> Observed<Room> {
    Observed::Known(Room {
        size_kb: 100 << 20,
        free_kb,
    })
}

fn without(names: &[&str]) -> Observed<std::collections::BTreeSet<String>> {
    let mut programs = preflight(0).programs.into_result().unwrap();
    programs.retain(|name| !names.contains(&name.as_str()));
    Observed::Known(programs)
}

type Break = (&'static str, fn(&mut Fleet));

/// What is broken, and how.
const BREAKS: &[Break] = &[
    ("an unusual distribution", |fleet| {
        fleet.preflight("w1").os = Observed::Known("alpine 3.19".to_owned());
    }),
    ("a kernel from long ago", |fleet| {
        fleet.facts("cp1").system.kernel = "3.2.0-4-amd64".to_owned();
    }),
    ("a kernel that newer kubeadm refuses", |fleet| {
        fleet.facts("cp1").system.kernel = "4.18.0-553.el8".to_owned();
    }),
    ("a kernel that this kubeadm refuses", |fleet| {
        fleet.is_of(Version::new(1, 33, 0));
        fleet.facts("cp1").system.kernel = "4.18.0-553.el8".to_owned();
    }),
    ("a processor without images", |fleet| {
        fleet.facts("w1").system.architecture = "riscv64".to_owned();
    }),
    ("cgroup v1 where it is kept alive", |fleet| {
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 that kubelet takes and kubeadm does not", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.allows_cgroup_v1();
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 that both take", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.allows_cgroup_v1();
        let ignored = &mut fleet.topology.kubeadm.ignore_preflight_errors;
        ignored.push("SystemVerification".to_owned());
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("cgroup v1 where it is refused", |fleet| {
        fleet.is_of(Version::new(1, 35, 0));
        fleet.preflight("cp1").cgroups = Observed::Known(Cgroups::V1);
    }),
    ("two minds about cgroups", |fleet| {
        fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
            config_version: 2,
            systemd_cgroup: false,
            cri_is_disabled: false,
        }));
    }),
    ("a kubelet that takes the driver from its runtime", |fleet| {
        fleet.has_containerd_2("w1", false);
    }),
    ("a driver without systemd", |fleet| {
        fleet.preflight("w1").init = Observed::Known("runit".to_owned());
    }),
    ("swap", |fleet| {
        fleet.preflight("w1").swap = Observed::Known(vec![("/dev/sda2".to_owned(), 2 << 20)]);
    }),
    ("a missing module", |fleet| {
        fleet.preflight("w1").modules = Observed::Known(["br_netfilter".to_owned()].into());
    }),
    ("no forwarding", |fleet| {
        fleet.preflight("w1").sysctls =
            Observed::Known([("net.ipv4.ip_forward".to_owned(), "0".to_owned())].into());
    }),
    ("one processor", |fleet| {
        fleet.preflight("cp1").cpus = Observed::Known(1);
    }),
    ("little memory for a control plane", |fleet| {
        fleet.preflight("cp1").memory_kb = Observed::Known(1 << 20);
    }),
    ("little memory for a worker", |fleet| {
        fleet.preflight("w1").memory_kb = Observed::Known(1 << 19);
    }),
    ("no room for etcd", |fleet| {
        fleet
            .preflight("cp1")
            .disks
            .insert("/var/lib/etcd".to_owned(), kilobytes(1 << 20));
    }),
    ("a disk that is nearly full", |fleet| {
        fleet
            .preflight("w1")
            .disks
            .insert("/var/lib".to_owned(), kilobytes(9 << 20));
    }),
    ("a slow disk", |fleet| {
        let times = SyncTimes {
            count: 1000,
            p99_us: 34_500,
        };
        fleet
            .asked
            .sync_times
            .insert("cp1".into(), Observed::Known(times));
    }),
    ("a disk that could not be measured", |fleet| {
        let why = "neither python3 nor perl is installed, and one is needed to measure".to_owned();
        fleet
            .asked
            .sync_times
            .insert("cp1".into(), Observed::Unknown(why));
    }),
    ("a clock that is ahead", |fleet| {
        let clock = Clock {
            ahead_s: 7.25,
            doubt_s: 0.02,
        };
        fleet.asked.clocks.insert("cp2".into(), clock);
    }),
    ("a clock that follows nobody", |fleet| {
        fleet.preflight("cp1").is_synchronised = Observed::Known(false);
    }),
    ("a host name twice", |fleet| {
        fleet.facts("w1").system.hostname = "cp1".to_owned();
    }),
    ("a name that does not resolve", |fleet| {
        fleet.preflight("cp1").own_name = Observed::Known(vec![]);
    }),
    ("a card's address twice", |fleet| {
        let cards = fleet.preflight("cp1").cards.clone();
        fleet.preflight("cp2").cards = cards;
    }),
    ("a maker's number twice", |fleet| {
        let uuid = fleet.preflight("cp1").product_uuid.clone();
        fleet.preflight("cp2").product_uuid = uuid;
    }),
    ("a maker's number that nobody may read", |fleet| {
        fleet.preflight("cp1").product_uuid = Observed::Unknown("Permission denied".to_owned());
    }),
    ("a port of the API server's", |fleet| {
        fleet.preflight("cp1").listeners = listener(6443, "nginx");
    }),
    ("an etcd of the distribution's", |fleet| {
        fleet.preflight("cp1").listeners = listener(2379, "etcd");
    }),
    ("a port of the balancer's", |fleet| {
        fleet.preflight("lb1").listeners = listener(6443, "nginx");
    }),
    ("no container runtime", |fleet| {
        let why = "/run/containerd/containerd.sock is not there".to_owned();
        fleet.preflight("w1").runtime = Observed::Unknown(why);
    }),
    ("a container runtime that is not for Kubernetes", |fleet| {
        fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
            config_version: 2,
            systemd_cgroup: true,
            cri_is_disabled: true,
        }));
    }),
    ("a kubelet that would not start with the host", |fleet| {
        fleet.facts("w1").units.get_mut("kubelet").unwrap().enabled = false;
    }),
    ("no kubeadm", |fleet| fleet.facts("w1").versions.kubeadm = None),
    ("a kubeadm that is too old", |fleet| {
        fleet.facts("w1").versions.kubeadm = Some(Version::new(1, 33, 4));
    }),
    ("a kubelet that is too new", |fleet| {
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 35, 0));
    }),
    ("a kubelet that the host's own kubeadm refuses", |fleet| {
        fleet.facts("w1").versions.kubeadm = Some(Version::new(1, 35, 0));
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 31, 9));
    }),
    ("a kubectl from long ago", |fleet| {
        fleet.facts("cp1").versions.kubectl = Some(Version::new(1, 32, 0));
    }),
    ("a kubelet of another patch", |fleet| {
        fleet.facts("w1").versions.kubelet = Some(Version::new(1, 34, 0));
    }),
    ("programs that kubeadm of 1.32 wanted", |fleet| {
        fleet.is_of(Version::new(1, 32, 0));
        fleet.preflight("cp1").programs = without(&["iptables", "nsenter"]);
    }),
    ("programs that are not there", |fleet| {
        fleet.preflight("cp1").programs = without(&["iptables", "nsenter", "losetup"]);
    }),
    ("no crictl where kubeadm insists", |fleet| {
        fleet.is_of(Version::new(1, 30, 4));
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("no crictl where kubeadm warns", |fleet| {
        fleet.is_of(Version::new(1, 31, 0));
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("no crictl for a runtime that only it can ask", |fleet| {
        fleet.topology.kubeadm.cri_socket = "unix:///run/crio/crio.sock".to_owned();
        fleet.preflight("w1").programs = without(&["crictl"]);
    }),
    ("a balancer without HAProxy", |fleet| {
        fleet.preflight("lb1").programs = without(&["haproxy", "keepalived"]);
    }),
    ("nothing to speak with HAProxy", |fleet| {
        fleet.preflight("lb2").programs = without(&["socat"]);
    }),
    ("another cluster's worker", |fleet| {
        fleet.facts("w1").kubernetes.ca = Some(OTHER_CA.to_owned());
    }),
    ("another cluster's control plane", |fleet| {
        fleet.facts("cp1").kubernetes.ca = Some(CA.to_owned());
        fleet.facts("w1").kubernetes.ca = Some(OTHER_CA.to_owned());
    }),
    ("an identity without a cluster", |fleet| {
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
    }),
    ("etcd's data without a cluster", |fleet| {
        fleet.facts("cp2").kubernetes.has_etcd_data = true;
    }),
    ("an identity beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
    }),
    ("a whole control plane beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        let found = &mut fleet.facts("cp2").kubernetes;
        found.has_etcd_data = true;
        found.manifests = vec!["etcd.yaml".to_owned(), "kube-apiserver.yaml".to_owned()];
    }),
    ("etcd's data beside a cluster that runs", |fleet| {
        fleet.is_initialised();
        fleet.facts("cp2").kubernetes.has_etcd_data = true;
    }),
    ("a kubeadm at work", |fleet| {
        fleet.facts("cp2").kubernetes.running_kubeadm = Some(812);
    }),
    ("unattended upgrades", |fleet| {
        fleet.preflight("w1").package_lock = Observed::Known(vec![(812, "unattended-upgr".to_owned())]);
    }),
    ("no sudo", |fleet| {
        let problem = Problem::Sudo {
            host: "w1".into(),
            user: "ops".to_owned(),
            cause: "sudo: a password is required".to_owned(),
        };
        fleet.observation.insert("w1".into(), Err(problem));
    }),
];

#[test]
fn hosts_that_are_as_they_should_be_are_fine_in_every_fact() {
    let fleet = Fleet::well();

    let findings = fleet.findings(&[]);

    assert!(
        findings.iter().all(|finding| finding.grade == Grade::Ok),
        "{:#?}",
        fleet.amiss()
    );
    let of_control_plane = findings.iter().filter(|finding| finding.host.0 == "cp1");
    let facts: Vec<Fact> = of_control_plane.map(|finding| finding.fact).collect();
    let unmeasured = Fact::value_variants()
        .iter()
        .copied()
        .filter(|fact| *fact != Fact::DiskLatency);
    assert_eq!(
        facts.iter().collect::<std::collections::BTreeSet<_>>(),
        unmeasured.collect::<Vec<_>>().iter().collect()
    );
}

/// What is result of hosts of which one is broken.
fn entry(what: &str, breaks: fn(&mut Fleet)) -> String {
    let mut fleet = Fleet::well();
    breaks(&mut fleet);

    let amiss = fleet.amiss();

    assert!(!amiss.is_empty(), "{what} is not found");
    let mut lines = vec![format!("── {what}")];
    for finding in amiss {
        let wants_fix = finding.grade > Grade::Unknown;
        assert_eq!(wants_fix, !finding.fix.is_empty(), "{what}: {finding:?}");
        let (grade, fact, host) = (finding.grade, finding.fact, &finding.host);
        lines.push(format!("{grade:?} {fact} on {host}: {}", finding.found));
        lines.extend(finding.fix.iter().map(|line| format!("    {line}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[test]
fn each_fact_that_is_broken_is_found_graded_and_has_its_fix() {
    let page: Vec<String> = BREAKS.iter().map(|(what, breaks)| entry(what, *breaks)).collect();

    insta::assert_snapshot!(page.concat());
}

#[test]
fn what_is_ignored_is_a_warning_and_says_so() {
    let mut fleet = Fleet::well();
    fleet.preflight("cp1").cpus = Observed::Known(1);
    fleet.preflight("cp1").swap = Observed::Known(vec![("/dev/sda2".to_owned(), 1024)]);
    fleet.topology.kubeadm.ignore_preflight_errors = vec!["NumCPU".to_owned()];

    let findings = fleet.findings(&[Fact::Swap]);

    let ignored: Vec<(Fact, Grade)> = findings
        .iter()
        .filter(|finding| finding.is_ignored)
        .map(|finding| (finding.fact, finding.grade))
        .collect();
    assert_eq!(
        ignored,
        [(Fact::Swap, Grade::Warning), (Fact::Cpus, Grade::Warning)]
    );
}

#[test]
fn the_inventory_ignores_only_what_it_names() {
    let bridges = "FileContent--proc-sys-net-bridge-bridge-nf-call-iptables";
    let mut fleet = Fleet::well();
    fleet.topology.version = Version::new(1, 20, 2);
    fleet.topology.kubeadm.ignore_preflight_errors = vec![bridges.to_owned()];
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (forwards, filters) = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables");
    fleet.preflight("cp1").sysctls = Observed::Known([set(forwards, "1"), set(filters, "0")].into());
    fleet.preflight("cp2").sysctls = Observed::Known([set(forwards, "0"), set(filters, "0")].into());
    fleet.preflight("w1").sysctls = Observed::Known([set(forwards, "0"), set(filters, "1")].into());

    let mut findings = fleet.findings(&[]);

    findings.retain(|finding| finding.fact == Fact::Sysctls);
    let grades: Vec<(&str, Grade)> = findings
        .iter()
        .map(|finding| (finding.host.0.as_str(), finding.grade))
        .collect();
    assert_eq!(
        grades,
        [
            ("cp1", Grade::Warning),
            ("cp2", Grade::Failed),
            ("w1", Grade::Failed)
        ]
    );
}

/// What is result of one fact on a host.
fn output_of(fleet: &Fleet, name: &str, fact: Fact) -> (Grade, bool) {
    let findings = fleet.findings(&[]);
    let found = findings
        .iter()
        .find(|finding| finding.host.0 == name && finding.fact == fact)
        .unwrap();
    (found.grade, found.is_ignored)
}

#[test]
fn a_missing_program_is_ignored_where_the_inventory_tells_kubeadm_so() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 30, 4));
    fleet.topology.kubeadm.ignore_preflight_errors = vec!["FileExisting-crictl".to_owned()];
    fleet.preflight("cp1").programs = without(&["crictl"]);
    fleet.preflight("cp2").programs = without(&["crictl", "ip"]);
    fleet.preflight("lb1").programs = without(&["haproxy"]);

    assert_eq!(output_of(&fleet, "cp1", Fact::Programs), (Grade::Warning, true));
    assert_eq!(output_of(&fleet, "cp2", Fact::Programs), (Grade::Failed, false));
    fleet.topology.kubeadm.ignore_preflight_errors = vec!["all".to_owned()];
    assert_eq!(output_of(&fleet, "cp2", Fact::Programs), (Grade::Warning, true));
    assert_eq!(output_of(&fleet, "lb1", Fact::Programs), (Grade::Failed, false));
}

#[test]
fn crictl_is_not_asked_for_from_kubernetes_1_32_on() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 32, 0));
    fleet.preflight("cp1").programs = without(&["crictl"]);

    assert_eq!(output_of(&fleet, "cp1", Fact::Programs), (Grade::Ok, false));
}

#[test]
fn a_control_planes_memory_is_counted_as_kubeadm_counts() {
    let mut fleet = Fleet::well();
    fleet.preflight("cp1").memory_kb = Observed::Known(1700 * 1024);
    fleet.preflight("cp2").memory_kb = Observed::Known(1700 * 1024 - 1);

    assert_eq!(output_of(&fleet, "cp1", Fact::Memory).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp2", Fact::Memory).0, Grade::Failed);
}

#[test]
fn a_kubelet_is_measured_against_the_kubeadm_of_its_host_until_it_has_joined() {
    for (kubeadm, kubelet, expected) in [
        ((1, 31), (1, 27), Grade::Failed),
        ((1, 30), (1, 27), Grade::Warning),
        ((1, 27), (1, 25), Grade::Failed),
        ((1, 27), (1, 26), Grade::Warning),
        ((1, 28), (1, 26), Grade::Warning),
    ] {
        let mut fleet = Fleet::well();
        // A cluster that both may be in.
        fleet.is_of(Version::new(1, kubeadm.1.min(30), 0));
        let found = &mut fleet.facts("w1").versions;
        found.kubeadm = Some(Version::new(kubeadm.0, kubeadm.1, 0));
        found.kubelet = Some(Version::new(kubelet.0, kubelet.1, 0));

        assert_eq!(
            output_of(&fleet, "w1", Fact::Versions).0,
            expected,
            "{kubeadm:?} {kubelet:?}"
        );
        fleet.facts("w1").kubernetes.has_kubelet_conf = true;
        assert_eq!(output_of(&fleet, "w1", Fact::Versions).0, Grade::Warning);
    }
}

#[test]
fn a_kubelet_that_asks_its_runtime_for_the_driver_goes_with_either() {
    for (kubelet, gate, containerd_2, init, expected) in [
        (36, None, true, "systemd", Grade::Warning),
        (31, None, true, "systemd", Grade::Warning),
        (31, None, true, "init", Grade::Ok),
        // It does not ask, or is not answered.
        (30, None, true, "init", Grade::Failed),
        (31, Some(false), true, "init", Grade::Failed),
        (36, None, false, "init", Grade::Failed),
        (27, Some(true), true, "init", Grade::Failed),
        // As alpha, if it is wished for; from 1.34 on whatever is wished.
        (28, Some(true), true, "init", Grade::Ok),
        (34, Some(false), true, "init", Grade::Ok),
    ] {
        let mut fleet = Fleet::well();
        fleet.is_of(Version::new(1, kubelet, 0));
        fleet.has_containerd_2("w1", false);
        if !containerd_2 {
            fleet.preflight("w1").runtime = Observed::Known("containerd 1.7.27".to_owned());
        }
        fleet.preflight("w1").init = Observed::Known(init.to_owned());
        if let Some(gate) = gate {
            let gates = serde_json::json!({ "KubeletCgroupDriverFromCRI": gate });
            let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
            kubelet.insert("featureGates".to_owned(), gates);
        }

        let result = output_of(&fleet, "w1", Fact::CgroupDriver);

        assert_eq!(
            result.0, expected,
            "{kubelet} {gate:?} {containerd_2} {init}: {result:?}"
        );
    }
}

#[test]
fn a_driver_of_systemds_that_the_inventory_does_not_name_is_fine_where_kubelet_takes_it() {
    let mut fleet = Fleet::well();
    fleet.has_containerd_2("w1", true);
    let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
    kubelet.insert("cgroupDriver".to_owned(), "cgroupfs".into());

    assert_eq!(output_of(&fleet, "w1", Fact::CgroupDriver).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp1", Fact::CgroupDriver).0, Grade::Failed);
}

#[test]
fn cgroup_v1_is_what_the_kubelet_and_the_inventory_make_of_it() {
    for (kubelet, fails, expected) in [
        (30, None, Grade::Ok),
        (34, None, Grade::Warning),
        (34, Some(false), Grade::Ok),
        (34, Some(true), Grade::Failed),
        (35, None, Grade::Failed),
        (36, Some(true), Grade::Failed),
    ] {
        let mut fleet = Fleet::well();
        fleet.is_of(Version::new(1, kubelet, 0));
        // kubeadm's check is not kubelet's.
        let ignored = &mut fleet.topology.kubeadm.ignore_preflight_errors;
        ignored.push("SystemVerification".to_owned());
        fleet.preflight("w1").cgroups = Observed::Known(Cgroups::V1);
        if let Some(fails) = fails {
            let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
            kubelet.insert("failCgroupV1".to_owned(), fails.into());
        }

        let result = output_of(&fleet, "w1", Fact::Cgroups);

        assert_eq!(result.0, expected, "{kubelet} {fails:?}: {result:?}");
    }
}

#[test]
fn what_the_inventory_allows_is_fine() {
    let mut fleet = Fleet::well();
    fleet.preflight("w1").swap = Observed::Known(vec![("/dev/sda2".to_owned(), 1024)]);
    fleet.preflight("w1").containerd = Some(Observed::Known(Containerd {
        config_version: 2,
        systemd_cgroup: false,
        cri_is_disabled: false,
    }));
    let kubelet = &mut fleet.topology.kubeadm.kubelet_configuration;
    kubelet.insert("failSwapOn".to_owned(), false.into());
    kubelet.insert("cgroupDriver".to_owned(), "cgroupfs".into());

    let of_worker = fleet.amiss().into_iter().filter(|finding| finding.host.0 == "w1");

    assert_eq!(of_worker.collect::<Vec<_>>(), []);
}

#[test]
fn a_clock_is_measured_against_the_middle_of_all_and_no_finer_than_it_was_read() {
    let mut fleet = Fleet::well();
    for name in ["lb1", "lb2", "cp1", "cp2", "w1"] {
        // The workstation is wrong, the hosts agree.
        let clock = Clock {
            ahead_s: -300.0,
            doubt_s: 0.02,
        };
        fleet.asked.clocks.insert(name.into(), clock);
    }
    let slow = Clock {
        ahead_s: -297.0,
        doubt_s: 3.0,
    };
    fleet.asked.clocks.insert("w1".into(), slow);

    assert_eq!(fleet.amiss(), []);
}

#[test]
fn ports_that_belong_to_the_cluster_are_fine_once_it_is_there() {
    let mut fleet = Fleet::well();
    fleet.observation = initialised(fleet.observation);
    fleet.facts("cp1").kubernetes.has_etcd_data = true;
    fleet.preflight("cp1").listeners = listener(10257, "kube-controller");

    assert_eq!(fleet.amiss(), []);
}

#[test]
fn of_several_cas_the_one_that_most_control_planes_have_is_the_clusters() {
    let hosts = [
        "lb1 balancer",
        "cp1 control-plane",
        "cp2 control-plane",
        "cp3 control-plane",
    ];
    let topology = topology(STACKED, &hosts);
    let mut observation = fresh(&topology);
    of(&mut observation, "cp1").kubernetes.ca = Some(OTHER_CA.to_owned());
    of(&mut observation, "cp2").kubernetes.ca = Some(CA.to_owned());
    of(&mut observation, "cp3").kubernetes.ca = Some(CA.to_owned());
    let preflights = topology.hosts.iter().enumerate();
    let asked = Asked {
        preflights: preflights
            .map(|(number, host)| (host.name.clone(), Ok(preflight(number))))
            .collect(),
        ..Asked::default()
    };
    let scene = Scene {
        topology: &topology,
        observation: &observation,
    };

    let findings = findings(&scene, &asked, &[].into());

    let foreign = findings
        .iter()
        .filter(|finding| finding.fact == Fact::Leftovers && finding.grade == Grade::Failed);
    let foreign: Vec<&str> = foreign.map(|finding| finding.host.0.as_str()).collect();
    assert_eq!(foreign, ["cp1"]);
}

#[test]
fn what_a_mishap_has_left_of_this_clusters_own_is_no_leftover_of_another() {
    let mut fleet = Fleet::well();
    fleet.is_initialised();
    // A join that was cut off has the CA already.
    let found = &mut fleet.facts("w1").kubernetes;
    found.ca = Some(CA.to_owned());
    found.has_kubelet_conf = true;
    // Its certificates are gone, and etcd still lists it.
    let found = &mut fleet.facts("cp2").kubernetes;
    found.has_etcd_data = true;
    found.manifests = vec!["etcd.yaml".to_owned()];
    assert_eq!(output_of(&fleet, "cp2", Fact::Leftovers).0, Grade::Failed);
    let member = MemberFact {
        id: "1".to_owned(),
        name: "cp2".to_owned(),
        peer_urls: vec![],
        learner: false,
        health: Health::Down("refuses the connection".to_owned()),
    };
    fleet.facts("cp1").cluster = Some(ClusterView {
        etcd: Observed::Known(vec![member]),
        ..ClusterView::default()
    });

    assert_eq!(output_of(&fleet, "w1", Fact::Leftovers).0, Grade::Ok);
    assert_eq!(output_of(&fleet, "cp2", Fact::Leftovers).0, Grade::Ok);
}

#[test]
fn what_lies_on_an_etcd_host_is_the_plans_to_tell() {
    let head = "
        cluster = { name = 'demo', kubernetes = 'v1.34.2', topology = 'external' }
        endpoint = { name = 'api.demo.example', hosts_file = true }
    ";
    let mut fleet = Fleet::well();
    fleet.topology = topology(head, &["lb1 balancer", "lb2 etcd", "cp1 control-plane"]);
    let found = &mut fleet.facts("lb2").kubernetes;
    found.has_etcd_data = true;
    found.manifests = vec!["etcd.yaml".to_owned()];

    assert_eq!(output_of(&fleet, "lb2", Fact::Leftovers).0, Grade::Ok);
}

#[test]
fn what_preparing_sees_to_is_fine_before_it() {
    let mut fleet = Fleet::well();
    let head = format!("prepare = true\n{STACKED}");
    fleet.topology = topology(
        &head,
        &[
            "lb1 balancer",
            "lb2 balancer",
            "cp1 control-plane",
            "cp2 control-plane",
            "w1 worker",
        ],
    );
    let facts = fleet.facts("w1");
    facts.versions = crate::facts::Versions::default();
    facts.units.clear();
    facts.preparation = Some(crate::facts::PreparationFacts {
        is_debians: true,
        ..Default::default()
    });
    let preflight = fleet.preflight("w1");
    preflight.swap = Observed::Known(vec![("/dev/sda2".to_owned(), 2_097_148)]);
    preflight.modules = Observed::Known(std::collections::BTreeSet::default());
    preflight.runtime = Observed::Unknown("containerd.sock is not there".to_owned());
    preflight.containerd = None;

    let findings = fleet.findings(&[]);

    let amiss: Vec<_> = findings
        .iter()
        .filter(|finding| finding.host == "w1".into() && finding.grade != Grade::Ok)
        .collect();
    assert!(amiss.is_empty(), "{amiss:?}");
    let versions = findings
        .iter()
        .find(|finding| finding.host == "w1".into() && finding.fact == Fact::Versions)
        .unwrap();
    assert_eq!(
        versions.found,
        "kubeadm, kubelet not found; `prepare = true` fixes it"
    );
}

#[test]
fn a_host_of_another_distribution_is_not_told_of_apt() {
    let mut fleet = Fleet::well();
    fleet.is_of(Version::new(1, 32, 2));
    for name in ["lb1", "cp1", "w1"] {
        fleet.preflight(name).os = Observed::Known("rocky 9.4".to_owned());
    }
    fleet.preflight("lb1").programs = without(&["socat"]);
    fleet.preflight("cp1").programs = without(&["nsenter"]);
    fleet.preflight("w1").programs = without(&["iptables", "ip"]);
    fleet.preflight("w1").is_synchronised = Observed::Known(false);
    fleet.facts("w1").versions.kubelet = Some(Version::new(1, 32, 1));
    let clock = Clock {
        ahead_s: 60.0,
        doubt_s: 0.02,
    };
    fleet.asked.clocks.insert("w1".into(), clock);

    let findings = fleet.findings(&[]);

    let fixes: Vec<&String> = findings.iter().flat_map(|finding| &finding.fix).collect();
    assert_eq!(fixes.len(), 6, "{fixes:?}");
    assert!(fixes.iter().all(|fix| !fix.contains("apt")), "{fixes:?}");
    let of_programs = findings
        .iter()
        .find(|finding| finding.host == "w1".into() && finding.fact == Fact::Programs)
        .unwrap();
    assert_eq!(
        of_programs.fix,
        ["install ip, iptables from the packages of its distribution"]
    );
}

#[test]
fn an_etcd_that_kubeadm_would_refuse_is_found_before_anything_is_built() {
    let mut fleet = Fleet::well();
    fleet.topology.etcd = EtcdTopology::External;
    fleet.topology.external_etcd.manager = EtcdManager::Systemd;
    let host = fleet
        .topology
        .hosts
        .iter_mut()
        .find(|host| host.name.0 == "w1")
        .unwrap();
    host.roles = [Role::Etcd].into();
    let etcd = |version, flags: &[&str]| {
        Some(EtcdFacts {
            version: Some(version),
            flags: Observed::Known(flags.iter().map(|flag| (*flag).to_owned()).collect()),
            ..EtcdFacts::default()
        })
    };

    let reported = |fleet: &Fleet| {
        let findings = fleet.findings(&[]);
        let mut of_etcd = findings
            .into_iter()
            .filter(|one| one.host.0 == "w1" && one.fact == Fact::Versions);
        of_etcd.next().map(|one| (one.grade, one.found)).unwrap()
    };

    fleet.facts("w1").etcd = etcd(Version::new(3, 4, 23), &["data-dir"]);
    let (grade, found) = reported(&fleet);
    assert_eq!(grade, Grade::Failed);
    assert!(
        found.contains("etcd v3.4.23 is on the host, and kubeadm v1.34.2 on cp1 needs v3.5.24 or newer"),
        "{found}"
    );

    fleet.facts("w1").etcd = etcd(Version::new(3, 5, 24), &["data-dir"]);
    let findings = fleet.findings(&[]);
    assert!(
        !findings
            .iter()
            .any(|one| one.host.0 == "w1" && one.fact == Fact::Versions)
    );

    fleet.topology.external_etcd.arguments = [("no-such-flag".to_owned(), "1".to_owned())].into();
    let (grade, found) = reported(&fleet);
    assert_eq!(grade, Grade::Failed);
    assert!(found.contains("--no-such-flag"), "{found}");
}
