//! A small model of hosts and their cluster: what is on them, and what runs.

use std::collections::{BTreeMap, BTreeSet};

use hawser::error::Problem;
use hawser::facts::{FileFact, HostFacts, NodeFact, Observed, Unit, quorum};
use hawser::topology::{Host, HostName, Role, Topology, Version};
use support::dice::Dice;

use crate::foreign::Thing;

pub(crate) const CA: &str = include_str!("../data/ca.crt");
pub(crate) const OTHER_CA: &str = include_str!("../data/other-ca.crt");

/// What the host's kubeadm would pull.
pub(crate) const IMAGES: [&str; 3] = [
    "k8s.gcr.io/kube-apiserver:v1.20.2",
    "k8s.gcr.io/kube-proxy:v1.20.2",
    "k8s.gcr.io/pause:3.2",
];

/// The static pods of a control plane; etcd's comes later in a join.
pub(crate) const COMPONENTS: [&str; 3] = [
    "kube-apiserver.yaml",
    "kube-controller-manager.yaml",
    "kube-scheduler.yaml",
];

/// A member of etcd.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) host: HostName,
    pub(crate) started: bool,
    pub(crate) learner: bool,
}

/// A host: what a probe would find, but for what it asks others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    pub(crate) facts: HostFacts,
    /// Why it cannot be looked at.
    pub(crate) silent: Option<Problem>,
    /// What its API server is, where it is not what the inventory says.
    pub(crate) runs: Option<Version>,
    /// What etcd is told when it begins: the whole file.
    pub(crate) begins: String,
    /// The member whose data lies in etcd's data directory, where it is this cluster's.
    pub(crate) etcd_member: Option<String>,
    /// A directory with data of another program's etcd.
    pub(crate) others_etcd: Option<String>,
}

impl Machine {
    pub(crate) fn kubelet_runs(&self) -> bool {
        self.facts.units.get("kubelet").is_some_and(|unit| unit.active)
    }

    pub(crate) fn has_manifest(&self, name: &str) -> bool {
        self.facts
            .kubernetes
            .manifests
            .iter()
            .any(|manifest| manifest == name)
    }

    pub(crate) fn add_manifests(&mut self, names: &[&str]) {
        for name in names {
            if !self.has_manifest(name) {
                self.facts.kubernetes.manifests.push((*name).to_owned());
            }
        }
    }

    pub(crate) fn unit(&mut self, name: &str, active: bool) {
        let unit = Unit {
            active,
            enabled: true,
            active_for_s: u64::from(active) * 60,
        };
        self.facts.units.insert(name.to_owned(), unit);
    }

    pub(crate) fn put(&mut self, path: &str, content: &str, mode: u32) {
        let file = FileFact::new(mode, "root:root", content);
        self.facts.files.insert(path.to_owned(), Observed::Known(file));
    }
}

impl Machine {
    /// The block goes into what is in /etc/hosts by then.
    pub(crate) fn put_hosts_block(&mut self, text: &str, mode: u32) {
        let lines: Vec<&str> = text.lines().collect();
        let block = hawser::remote::files::Block {
            begin: lines[0].to_owned(),
            end: lines[lines.len() - 1].to_owned(),
            text: text.to_owned(),
        };
        let found = self.facts.files.get("/etc/hosts").and_then(Observed::known);
        let before = found.and_then(FileFact::bytes).unwrap_or_default();
        let after = hawser::remote::files::hosts_block(before, &block);
        let file = FileFact::new(mode, "root:root", after);
        self.facts
            .files
            .insert("/etc/hosts".to_owned(), Observed::Known(file));
    }
}

/// Hosts and cluster.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that is or is not in the world"
)]
pub(crate) struct World {
    pub(crate) topology: Topology,
    pub(crate) hosts: BTreeMap<HostName, Machine>,
    pub(crate) nodes: BTreeMap<HostName, NodeFact>,
    pub(crate) members: Vec<Member>,
    pub(crate) has_cluster_info: bool,
    pub(crate) has_proxy: bool,
    pub(crate) has_pod_network: bool,
    pub(crate) has_token: bool,
    pub(crate) has_certificates: bool,
    /// In the memory of the run.
    pub(crate) has_read_certificates: bool,
    /// The identity of the etcd cluster on hosts of its own, once it has begun.
    pub(crate) etcd_id: Option<String>,
    /// etcd has just chosen a leader: its members answer, and no API server is well yet.
    pub(crate) has_new_leader: bool,
    /// A snapshot of etcd is as new as its list of members.
    pub(crate) has_snapshot: bool,
    /// etcd's endpoints in kubeadm-config.
    pub(crate) etcd_endpoints: Vec<String>,
    /// etcd's authority with its key, in the memory of the run.
    pub(crate) knows_authority: bool,
    /// The pause image that a host's kubeadm has named to the run.
    pub(crate) sandbox_image: BTreeMap<HostName, String>,
    /// Another cluster's API server, or another machine with the VIP.
    pub(crate) stranger_at_endpoint: bool,
    /// What on the hosts is not this cluster's.
    pub(crate) foreign_hosts: BTreeMap<HostName, BTreeSet<Thing>>,
    /// Of a run whose facts were not whole: of some hosts nothing may have been known.
    pub(crate) is_hostile: bool,
    /// What moves between two steps, where it does.
    pub(crate) dice: Option<Dice>,
    /// What must never happen, and did.
    pub(crate) violations: Vec<String>,
    pub(crate) members_ever: usize,
}

impl World {
    /// Hosts on which nothing has happened yet.
    pub(crate) fn fresh(topology: Topology) -> Self {
        let hosts = topology
            .hosts
            .iter()
            .map(|host| (host.name.clone(), fresh(host, topology.version)));
        Self {
            hosts: hosts.collect(),
            topology,
            nodes: BTreeMap::new(),
            members: vec![],
            has_cluster_info: false,
            has_proxy: false,
            has_pod_network: false,
            has_token: false,
            has_certificates: false,
            has_read_certificates: false,
            etcd_id: None,
            has_new_leader: false,
            has_snapshot: false,
            etcd_endpoints: vec![],
            knows_authority: false,
            sandbox_image: BTreeMap::new(),
            stranger_at_endpoint: false,
            foreign_hosts: BTreeMap::new(),
            dice: None,
            is_hostile: false,
            violations: vec![],
            members_ever: 0,
        }
    }

    /// Everything as the inventory says, by doing what is planned.
    pub(crate) fn built(topology: Topology) -> Self {
        let mut world = Self::fresh(topology);
        let plan = world.plan().unwrap();
        world.apply(&plan).unwrap();
        assert_eq!(world.violations, Vec::<String>::new());
        world
    }

    /// A host is added to the inventory.
    pub(crate) fn add(&mut self, host: Host) {
        self.hosts
            .insert(host.name.clone(), fresh(&host, self.topology.version));
        self.topology.hosts.push(host);
    }

    pub(crate) fn host(&self, name: &HostName) -> &Host {
        self.topology.host(name).unwrap()
    }

    pub(crate) fn machine(&mut self, name: &str) -> &mut Machine {
        self.hosts.get_mut(&name.into()).unwrap()
    }

    pub(crate) fn node(&mut self, name: &str) -> &mut NodeFact {
        self.nodes.get_mut(&name.into()).unwrap()
    }

    pub(crate) fn member_of(&self, host: &HostName) -> Option<&Member> {
        self.members.iter().find(|member| member.host == *host)
    }

    /// Whether a host's own etcd process runs.
    pub(crate) fn runs_etcd(&self, host: &HostName) -> bool {
        if self.has_etcd_hosts() {
            return self.hosts.contains_key(host) && self.member_process_runs(host);
        }
        let (Some(machine), Some(member)) = (self.hosts.get(host), self.member_of(host)) else {
            return false;
        };
        let data = machine.facts.kubernetes.has_etcd_data || !member.started;
        machine.silent.is_none() && machine.kubelet_runs() && machine.has_manifest("etcd.yaml") && data
    }

    pub(crate) fn voters_running(&self) -> usize {
        let voters = self.members.iter().filter(|member| !member.learner);
        voters.filter(|member| self.runs_etcd(&member.host)).count()
    }

    pub(crate) fn has_quorum(&self) -> bool {
        let voters = self.members.iter().filter(|member| !member.learner).count();
        voters > 0 && self.voters_running() >= quorum(voters)
    }

    /// Whether a host's own API server is well.
    pub(crate) fn is_well(&self, host: &HostName) -> bool {
        let Some(machine) = self.hosts.get(host).filter(|_| !self.has_new_leader) else {
            return false;
        };
        if self.has_etcd_hosts() {
            let runs = machine.kubelet_runs() && machine.has_manifest("kube-apiserver.yaml");
            return machine.silent.is_none() && runs && self.has_quorum();
        }
        let learner = self.member_of(host).is_some_and(|member| member.learner);
        self.runs_etcd(host) && !learner && self.has_quorum() && machine.has_manifest("kube-apiserver.yaml")
    }

    pub(crate) fn any_well(&self) -> bool {
        self.hosts.keys().any(|host| self.is_well(host))
    }

    /// Whether the endpoint leads to an API server that is well.
    pub(crate) fn endpoint_answers(&self) -> bool {
        let mut balancers = self.topology.with_role(Role::Balancer).peekable();
        if balancers.peek().is_none() {
            return self.any_well();
        }
        balancers.any(|balancer| {
            let servers = self.hosts[&balancer.name].facts.balancer.as_ref();
            let servers = servers.and_then(|balancer| balancer.servers.known());
            servers.is_some_and(|servers| {
                let is_in = |status: &str| status == "UP" || status == "no check";
                servers
                    .iter()
                    .any(|server| is_in(&server.status) && self.is_well(&HostName(server.name.clone())))
            })
        })
    }

    /// A member that runs has started: it has its name and its data. A sole newcomer waits for the others.
    pub(crate) fn settle(&mut self) {
        if !self.has_quorum() {
            return;
        }
        let running: Vec<HostName> = self
            .members
            .iter()
            .map(|member| member.host.clone())
            .filter(|host| self.runs_etcd(host))
            .collect();
        for member in &mut self.members {
            member.started |= running.contains(&member.host);
        }
        for host in running {
            let member = self.member_of(&host).map(|member| member.id.clone());
            let machine = self.machine(&host.0);
            if !machine.facts.kubernetes.has_etcd_data {
                machine.etcd_member = member;
            }
            machine.facts.kubernetes.has_etcd_data = true;
        }
    }

    /// The disk is lost, and a new one is in its place.
    pub(crate) fn empty(&mut self, name: &str) {
        let host = self.host(&name.into()).clone();
        *self.machine(name) = fresh(&host, self.topology.version);
        self.foreign_hosts.remove(&host.name);
    }

    /// Power is lost: kubelets come back later, if at all.
    pub(crate) fn stop_kubelet(&mut self, name: &str) {
        self.machine(name).unit("kubelet", false);
    }
}

fn fresh(host: &Host, version: Version) -> Machine {
    let mut facts = HostFacts::default();
    facts.system.interfaces = vec![("eth0".to_owned(), host.address)];
    facts.system.addresses = vec![host.address];
    facts.versions.kubeadm = Some(version);
    facts.versions.kubelet = Some(version);
    facts.versions.kubectl = Some(version);
    facts.versions.haproxy = Some("2.6.12".to_owned());
    facts.versions.keepalived = Some("2.2.7".to_owned());
    let images = IMAGES.map(str::to_owned).to_vec();
    facts.kubernetes.images = Observed::Known(images.clone());
    facts.kubernetes.needed_images = Observed::Known(images);
    if host.is(Role::Balancer) {
        facts.balancer = Some(hawser::facts::BalancerFacts {
            running: Observed::Known(None),
            servers: Observed::Known(vec![]),
            ..Default::default()
        });
    }
    if host.is(Role::Etcd) {
        facts.etcd = Some(crate::etcd::fresh());
    }
    let mut machine = Machine {
        facts,
        silent: None,
        runs: None,
        begins: String::new(),
        etcd_member: None,
        others_etcd: None,
    };
    for unit in ["haproxy", "keepalived", "kubelet"] {
        machine.unit(unit, false);
    }
    machine
}
