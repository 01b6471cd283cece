//! What kubeadm does on the model, part by part, as it may be cut short in between: in the order of 1.20, and of 1.33
//! in which a control plane's kubelet asks its own API server for its certificate, so that etcd comes first.

use hawser::plan::Step;
use hawser::remote::files::etcd::client_url;
use hawser::remote::files::{API_SERVER, etcd_servers_flag, shared_certificates};
use hawser::topology::{CertificateRoute, Host, HostName, Role, Version};

use crate::foreign::Thing;
use crate::world::{CA, COMPONENTS, Member, World};

const INIT: usize = 9;

/// The first part of init that asks the API server.
const WITH_API: usize = 5;
const JOIN_CONTROL_PLANE: usize = 9;
const JOIN_WORKER: usize = 4;
const RESET: usize = 2;

/// The first kubeadm that adds a member without a vote, and promotes it.
const WITH_LEARNERS: Version = Version::new(1, 29, 0);

/// The first kubeadm whose control planes' kubelets ask their own API server, if nobody says otherwise.
const WITH_LOCAL_MODE: Version = Version::new(1, 33, 0);

/// The first kubeadm that keeps the CRI socket on the host and not on the node.
pub(crate) const WITHOUT_CRI_SOCKET: Version = Version::new(1, 34, 0);

/// The parts of a control plane's join, in the order of either kubeadm.
#[derive(Debug, Clone, Copy)]
enum Part {
    Prepare,
    StartKubelet,
    WriteKubeletConf,
    GetCertificate,
    RemoveBootstrapIdentity,
    AddMember,
    WriteEtcd,
    Promote,
    Mark,
}

const ETCD_LAST: [Part; JOIN_CONTROL_PLANE] = [
    Part::Prepare,
    Part::StartKubelet,
    Part::WriteKubeletConf,
    Part::GetCertificate,
    Part::RemoveBootstrapIdentity,
    Part::AddMember,
    Part::WriteEtcd,
    Part::Promote,
    Part::Mark,
];

const ETCD_FIRST: [Part; JOIN_CONTROL_PLANE] = [
    Part::Prepare,
    Part::StartKubelet,
    Part::WriteKubeletConf,
    Part::AddMember,
    Part::WriteEtcd,
    Part::Promote,
    Part::GetCertificate,
    Part::RemoveBootstrapIdentity,
    Part::Mark,
];

fn parts_of_control_plane(version: Version) -> [Part; JOIN_CONTROL_PLANE] {
    if version >= WITH_LOCAL_MODE {
        ETCD_FIRST
    } else {
        ETCD_LAST
    }
}

/// What the parts of a host's join are called, in their order.
pub(crate) fn names_of_parts(version: Version, host: &Host) -> Vec<String> {
    if host.is(Role::ControlPlane) {
        return parts_of_control_plane(version)
            .map(|part| format!("{part:?}"))
            .to_vec();
    }
    let parts: [Part; JOIN_WORKER] = [
        Part::StartKubelet,
        Part::WriteKubeletConf,
        Part::GetCertificate,
        Part::RemoveBootstrapIdentity,
    ];
    parts.map(|part| format!("{part:?}")).to_vec()
}

impl World {
    pub(crate) fn is_control_plane(&self, host: &HostName) -> bool {
        self.host(host).is(Role::ControlPlane)
    }

    /// How many parts a step has, if it is one of kubeadm's; `Err` where its preflight fails.
    pub(crate) fn parts(&self, step: &Step) -> Result<Option<usize>, String> {
        let (_, what) = step.id.0.split_once('/').unwrap();
        Ok(match what {
            "init" => {
                self.preflight_of_init(step)?;
                Some(INIT)
            }
            "finish-init" => Some(INIT - WITH_API),
            "reset" => Some(RESET),
            "join" if self.is_control_plane(&step.host) => {
                self.preflight(&step.host)?;
                self.preflight_of_control_plane(&step.host)?;
                Some(JOIN_CONTROL_PLANE)
            }
            "join" => {
                self.preflight(&step.host)?;
                Some(JOIN_WORKER)
            }
            _ => None,
        })
    }

    /// kubeadm initialises over nothing that it was not told to pass over.
    fn preflight_of_init(&self, step: &Step) -> Result<(), String> {
        let passes_over = |what: &str| {
            let change = &step.change().unwrap().command;
            change.line().contains(what)
        };
        let things = self.things_on(&step.host);
        if things.contains(&Thing::Etcd) && !passes_over("DirAvailable--var-lib-etcd") {
            return Err("/var/lib/etcd is not empty".to_owned());
        }
        if things.contains(&Thing::Kubelet) && !passes_over("FileAvailable--etc-kubernetes-kubelet.conf") {
            return Err("/etc/kubernetes/kubelet.conf already exists".to_owned());
        }
        Ok(())
    }

    /// It looks for data of etcd where a member of its own is to be.
    fn has_others_etcd(&self, host: &HostName) -> bool {
        let has_member = self.is_control_plane(host) && !self.has_etcd_hosts();
        has_member && self.hosts[host].others_etcd.is_some()
    }

    fn preflight(&self, host: &HostName) -> Result<(), String> {
        let found = &self.hosts[host].facts.kubernetes;
        let has_component = COMPONENTS.iter().any(|name| self.hosts[host].has_manifest(name));
        let node = self.nodes.get(host);
        let is_handed = self.is_control_plane(host) && self.topology.certificates == CertificateRoute::Ssh;
        let wrong = [
            (found.has_kubelet_conf, "kubelet.conf is there"),
            (
                found.has_bootstrap_kubelet_conf,
                "bootstrap-kubelet.conf is there",
            ),
            (found.ca.is_some() && !is_handed, "ca.crt is there"),
            (has_component, "a manifest is there"),
            (
                found.has_etcd_data || self.has_others_etcd(host),
                "etcd's data is there",
            ),
            (!self.has_token, "the token is not valid"),
            (!self.endpoint_answers(), "the endpoint does not answer"),
            (
                node.is_some_and(|node| node.ready || self.is_ready(&node.name)),
                "a node of that name is Ready",
            ),
        ];
        match wrong.iter().find(|(wrong, _)| *wrong) {
            Some((_, why)) => Err((*why).to_owned()),
            None => Ok(()),
        }
    }

    fn preflight_of_control_plane(&self, host: &HostName) -> Result<(), String> {
        let machine = &self.hosts[host];
        let mut files = self
            .topology
            .files
            .iter()
            .filter(|file| file.roles.contains(&Role::ControlPlane));
        if files.any(|file| !machine.facts.files.contains_key(&file.path)) {
            return Err("a file of the user's is not there".to_owned());
        }
        if self.topology.certificates == CertificateRoute::Ssh {
            let files = shared_certificates(self.topology.etcd);
            if files
                .iter()
                .any(|file| !machine.facts.files.contains_key(&file.path))
            {
                return Err("not all certificates were handed over".to_owned());
            }
        } else if !self.has_certificates {
            return Err("no certificates are uploaded".to_owned());
        }
        if self.members.iter().any(|member| !self.runs_etcd(&member.host)) {
            return Err("etcd cluster is not healthy".to_owned());
        }
        if self.member_of(host).is_some() {
            return Err("its member is listed".to_owned());
        }
        Ok(())
    }

    /// Does one part of a step of kubeadm's.
    pub(crate) fn part(&mut self, step: &Step, part: usize) -> Result<(), String> {
        let host = step.host.clone();
        match step.id.0.rsplit_once('/').unwrap().1 {
            "init" => self.init(&host, part)?,
            "finish-init" => self.init(&host, part + WITH_API)?,
            "reset" => self.reset(step, part),
            _ if self.is_control_plane(&host) => self.join_control_plane(&host, part)?,
            _ => self.join_worker(&host, part)?,
        }
        self.settle();
        Ok(())
    }

    /// Some parts of a step, and then nothing more: of one that has no parts nothing.
    pub(crate) fn half_do(&mut self, step: &Step, parts: usize) {
        let all = self.parts(step).ok().flatten().unwrap_or(0);
        for part in 0..parts.min(all) {
            if self.part(step, part).is_err() {
                return;
            }
        }
    }

    /// The API server's manifest, where etcd has hosts of its own: with the endpoints that kubeadm knows.
    fn write_api_server(&mut self, host: &HostName) {
        let text = format!(
            "    - kube-apiserver\n    - {}\n",
            etcd_servers_flag(&self.etcd_endpoints)
        );
        if self.has_etcd_hosts() {
            self.machine(&host.0).put(API_SERVER, &text, 0o600);
        }
    }

    fn init(&mut self, host: &HostName, part: usize) -> Result<(), String> {
        let is_external = self.has_etcd_hosts();
        if is_external && part == 3 {
            self.etcd_endpoints = self.topology.with_role(Role::Etcd).map(client_url).collect();
            self.write_api_server(host);
        }
        let machine = self.machine(&host.0);
        let found = &mut machine.facts.kubernetes;
        match part {
            0 => {
                found.ca.get_or_insert_with(|| CA.to_owned());
                found.has_ca_key = true;
            }
            1 => (found.has_kubelet_conf, found.has_admin_conf) = (true, true),
            2 => {
                found.has_kubelet_config = true;
                machine.unit("kubelet", true);
            }
            3 => machine.add_manifests(&COMPONENTS),
            4 if is_external => {
                let client = "/etc/kubernetes/pki/apiserver-etcd-client.key";
                if !machine.facts.files.contains_key(client) {
                    return Err("no certificate to ask etcd with".to_owned());
                }
            }
            4 => {
                machine.add_manifests(&["etcd.yaml"]);
                self.begin_etcd(host);
            }
            5 => {
                if !self.is_well(host) {
                    return Err("timed out waiting for the condition".to_owned());
                }
                self.register(host);
            }
            6 => {
                let annotates = self.topology.version < WITHOUT_CRI_SOCKET;
                let node = self.node(&host.0);
                (node.joined, node.control_plane) = (annotates, true);
                self.has_certificates = self.topology.certificates == CertificateRoute::Upload;
            }
            7 => (self.has_cluster_info, self.has_token) = (true, true),
            _ => self.has_proxy = true,
        }
        Ok(())
    }

    /// An etcd without data begins a cluster of its own. What another one kept went with its disks.
    fn begin_etcd(&mut self, host: &HostName) {
        if !self.is_kept() {
            self.members.clear();
            self.nodes.clear();
            (self.has_cluster_info, self.has_proxy, self.has_pod_network) = (false, false, false);
            self.list(host);
        }
    }

    /// etcd lists a new member.
    pub(crate) fn list(&mut self, host: &HostName) {
        self.members_ever += 1;
        self.members.push(Member {
            id: format!("{:x}", 0xa0 + self.members_ever),
            host: host.clone(),
            started: false,
            learner: false,
        });
    }

    fn join_control_plane(&mut self, host: &HostName, part: usize) -> Result<(), String> {
        let is_external = self.has_etcd_hosts();
        let part = parts_of_control_plane(self.topology.version)[part];
        if matches!(part, Part::Prepare) {
            self.write_api_server(host);
        }
        let machine = self.machine(&host.0);
        let found = &mut machine.facts.kubernetes;
        match part {
            Part::Prepare => {
                found.ca = Some(CA.to_owned());
                (found.has_ca_key, found.has_admin_conf) = (true, true);
                machine.add_manifests(&COMPONENTS);
            }
            Part::StartKubelet => self.start_kubelet(host),
            Part::WriteKubeletConf => {
                (found.has_kubelet_conf, found.lacks_client_certificate) = (true, true);
            }
            Part::GetCertificate => self.get_certificate(host)?,
            Part::RemoveBootstrapIdentity => self.end_bootstrap(host),
            Part::AddMember | Part::WriteEtcd | Part::Promote if is_external => {}
            Part::AddMember => {
                if !self.has_quorum() {
                    return Err("etcd cluster is not healthy".to_owned());
                }
                self.list(host);
                let learns = self.topology.version >= WITH_LEARNERS;
                self.members
                    .iter_mut()
                    .for_each(|member| member.learner |= learns && member.host == *host);
            }
            Part::WriteEtcd => machine.add_manifests(&["etcd.yaml"]),
            Part::Promote => self.promote(host),
            Part::Mark => self.node(&host.0).control_plane = true,
        }
        Ok(())
    }

    fn start_kubelet(&mut self, host: &HostName) {
        let local = self.topology.version >= WITHOUT_CRI_SOCKET;
        let machine = self.machine(&host.0);
        let found = &mut machine.facts.kubernetes;
        (found.has_bootstrap_kubelet_conf, found.has_kubelet_config) = (true, true);
        found.has_instance_config = local;
        machine.unit("kubelet", true);
    }

    /// The kubelet asks for its certificate, and makes its node with it.
    pub(crate) fn get_certificate(&mut self, host: &HostName) -> Result<(), String> {
        let may_ask = self.hosts[host].facts.kubernetes.has_bootstrap_kubelet_conf && self.has_token;
        if !may_ask || !self.any_well() {
            return Err("cannot create certificate signing request: Unauthorized".to_owned());
        }
        let found = &mut self.machine(&host.0).facts.kubernetes;
        (found.has_kubelet_conf, found.lacks_client_certificate) = (true, false);
        self.register(host);
        Ok(())
    }

    fn end_bootstrap(&mut self, host: &HostName) {
        self.machine(&host.0).facts.kubernetes.has_bootstrap_kubelet_conf = false;
        self.node(&host.0).joined = self.topology.version < WITHOUT_CRI_SOCKET;
    }

    fn promote(&mut self, host: &HostName) {
        let joined = self.members.iter_mut().filter(|member| member.host == *host);
        joined.for_each(|member| member.learner = false);
    }

    fn join_worker(&mut self, host: &HostName, part: usize) -> Result<(), String> {
        let found = &mut self.machine(&host.0).facts.kubernetes;
        match part {
            0 => {
                found.ca = Some(CA.to_owned());
                self.start_kubelet(host);
            }
            1 => (found.has_kubelet_conf, found.lacks_client_certificate) = (true, true),
            2 => self.get_certificate(host)?,
            _ => self.end_bootstrap(host),
        }
        Ok(())
    }

    /// kubeadm leaves etcd and its data alone: only what the step says goes.
    fn reset(&mut self, step: &Step, part: usize) {
        let host = &step.host;
        if part == 0 {
            self.watch_over_reset(host);
            self.stop_kubelet(&host.0);
            return;
        }
        let is_gone = step
            .destroys()
            .iter()
            .any(|line| line == "the data of this cluster's etcd in /var/lib/etcd/member");
        let machine = self.machine(&host.0);
        let found = &mut machine.facts.kubernetes;
        found.manifests.clear();
        found.ca = None;
        (found.has_ca_key, found.has_kubelet_conf, found.has_admin_conf) = (false, false, false);
        (found.has_bootstrap_kubelet_conf, found.has_kubelet_config) = (false, false);
        (found.lacks_client_certificate, found.has_instance_config) = (false, false);
        if is_gone {
            found.has_etcd_data = false;
            machine.etcd_member = None;
        }
        machine
            .facts
            .files
            .retain(|path, _| !path.starts_with("/etc/kubernetes/"));
    }

    /// What serves, and what is not this cluster's, is never reset.
    fn watch_over_reset(&mut self, host: &HostName) {
        let machine = &self.hosts[host];
        let found = &machine.facts.kubernetes;
        let wrong = [
            (
                !self.is_control_plane(host) && found.has_kubelet_conf,
                "a worker with a kubelet's identity",
            ),
            (self.is_well(host), "its API server is well"),
            (
                machine.others_etcd.is_some(),
                "another program's etcd has data there",
            ),
        ];
        let wrong = wrong.iter().filter(|(wrong, _)| *wrong);
        let lines: Vec<String> = wrong.map(|(_, why)| format!("{host} is reset: {why}")).collect();
        self.violations.extend(lines);
    }
}
