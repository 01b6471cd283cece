//! Each fact is broken in turn: it is found, graded and has its fix, and nothing else is found.

mod breaks;
mod cluster_facts;
mod single_facts;

use std::collections::BTreeMap;

use clap::ValueEnum;

use self::breaks::BREAKS;
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

/// What is found of hosts of which one is broken.
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

/// What is found of one fact on a host.
fn output_of(fleet: &Fleet, name: &str, fact: Fact) -> (Grade, bool) {
    let findings = fleet.findings(&[]);
    let found = findings
        .iter()
        .find(|finding| finding.host.0 == name && finding.fact == fact)
        .unwrap();
    (found.grade, found.is_ignored)
}
