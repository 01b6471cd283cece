//! Doing a plan on the model: what each step makes of hosts and cluster, to its end or only in part.

use hawser::facts::{NodeFact, Observed, ServerFact};
use hawser::plan::{Chain, Phase, Plan, Step};
use hawser::topology::{CertificateRoute, HostName, Version};
use hawser::values::{Slot, Values};

use crate::kubeadm::WITHOUT_CRI_SOCKET;
use crate::world::{CA, Machine, World};

/// Where a run ends early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// So many steps are done.
    pub(crate) after: usize,
    /// So many parts of the next one, where it has parts.
    pub(crate) parts: usize,
    /// Which chains get on faster than others.
    pub(crate) pace: u64,
}

impl World {
    /// Does a plan to its end.
    pub(crate) fn apply(&mut self, plan: &Plan) -> Result<(), String> {
        let whole = Cut {
            after: usize::MAX,
            parts: 0,
            pace: 0,
        };
        self.apply_until(plan, whole).map(drop)
    }

    /// Does a plan up to a cut; the step in whose middle the cut is, if there is one.
    pub(crate) fn apply_until<'a>(&mut self, plan: &'a Plan, cut: Cut) -> Result<Option<&'a Step>, String> {
        let mut done = 0;
        self.has_read_certificates = false;
        for phase in &plan.phases {
            let mut brought_up = Vec::new();
            for step in interleaved(phase, cut.pace) {
                if done == cut.after {
                    self.half_do(step, cut.parts);
                    return Ok(Some(step));
                }
                self.watch_over(phase, step);
                self.act(step).map_err(|why| format!("{}: {why}", step.id))?;
                self.settle();
                brought_up.extend(step.id.0.ends_with("/bring-up").then_some(&step.host));
                done += 1;
            }
            for host in brought_up {
                self.expect_well(host)?;
            }
        }
        for step in &plan.closing {
            self.act(step).map_err(|why| format!("{}: {why}", step.id))?;
        }
        Ok(None)
    }

    fn expect_well(&self, host: &HostName) -> Result<(), String> {
        if self.is_well(host) {
            Ok(())
        } else {
            Err(format!("{host}: its API server does not come up"))
        }
    }

    /// What must not happen whatever the plan is for.
    fn watch_over(&mut self, phase: &Phase, step: &Step) {
        let chains: usize = phase.lanes.iter().map(|lane| lane.chains.len()).sum();
        let (_, what) = step.id.0.split_once('/').unwrap();
        let is_join = what == "join";
        let violation = match what {
            "init" if self.has_another_member() || self.has_others(&step.host) => "init where a cluster is",
            "join" if self.loses_quorum(step) && chains > 1 => {
                "something runs beside the join from one etcd member to two"
            }
            _ if is_join && !self.has_quorum() => "a join without a quorum",
            _ if what.starts_with("remove-member-") && !self.holds_without(what) => {
                "a member removed that the others cannot do without"
            }
            _ => return,
        };
        self.violations.push(format!("{}: {violation}", step.id));
    }

    /// A join from one voter to two; a newer kubeadm adds a member without a vote.
    fn loses_quorum(&self, step: &Step) -> bool {
        let adds_voter = self.topology.version < Version::new(1, 29, 0);
        !self.has_etcd_hosts()
            && self.voters_running() == 1
            && adds_voter
            && self.is_control_plane(&step.host)
    }

    fn has_another_member(&self) -> bool {
        !self.has_etcd_hosts() && self.members.len() > 1
    }

    fn has_others(&self, host: &HostName) -> bool {
        let holds = |(name, machine): (&HostName, &Machine)| {
            let found = &machine.facts.kubernetes;
            let holds = found.ca.is_some() || found.has_kubelet_conf || found.has_etcd_data;
            name != host && machine.facts.etcd.is_none() && holds
        };
        self.hosts.iter().any(holds)
    }

    fn holds_without(&self, what: &str) -> bool {
        let gone = HostName(what.trim_start_matches("remove-member-").to_owned());
        let voters = self.members.iter().filter(|member| !member.learner);
        let running = self.voters_running() - usize::from(self.runs_etcd(&gone) && !self.is_learner(&gone));
        running >= hawser::facts::quorum(voters.count())
    }

    fn is_learner(&self, host: &HostName) -> bool {
        self.member_of(host).is_some_and(|member| member.learner)
    }

    fn act(&mut self, step: &Step) -> Result<(), String> {
        let (_, what) = step.id.0.split_once('/').unwrap();
        if self.act_on_preparation(step, what) || self.act_on_etcd(step, what)? {
            return Ok(());
        }
        if what == "write-control-plane-certificates" {
            return self.hand_over(step);
        }
        if what == "write-bootstrap-identity" {
            self.machine(&step.host.0)
                .facts
                .kubernetes
                .has_bootstrap_kubelet_conf = true;
            return Ok(());
        }
        if what.starts_with("write") || what.starts_with("keep-file-in-step-with-") {
            self.write(step);
            return Ok(());
        }
        if let Some(parts) = self.parts(step)? {
            return (0..parts).try_for_each(|part| self.part(step, part));
        }
        match what {
            "activate-haproxy" | "settle-haproxy" => self.activate_haproxy(&step.host),
            "activate-keepalived" => self.machine(&step.host.0).unit("keepalived", true),
            "pull-images" => {
                let images = &mut self.machine(&step.host.0).facts.kubernetes;
                images.images = images.needed_images.clone();
            }
            what if what.starts_with("import-") => self.import(step),
            "bring-up" => return self.bring_up(&step.host),
            "await-certificate" => return self.get_certificate(&step.host),
            "apply-pod-network" => self.has_pod_network = true,
            "create-token" => self.has_token = true,
            "upload-certificates" => self.upload_certificates(step),
            "read-control-plane-certificates" if !self.hosts[&step.host].facts.kubernetes.has_ca_key => {
                return Err("ca.key is not there".to_owned());
            }
            "read-control-plane-certificates" => self.has_read_certificates = true,
            "delete-secrets" => (self.has_token, self.has_certificates) = (false, false),
            "clear-run-files" | "clear-leftovers" => {
                self.machine(&step.host.0).facts.kubernetes.has_leftovers = false;
            }
            "remove-bootstrap-identity" => {
                let found = &mut self.machine(&step.host.0).facts.kubernetes;
                found.has_bootstrap_kubelet_conf &= !found.has_kubelet_identity();
            }
            "finish-join" => return self.finish_join(&step.host),
            _ => return self.act_on_another(step, what),
        }
        Ok(())
    }

    fn act_on_another(&mut self, step: &Step, what: &str) -> Result<(), String> {
        let is = |prefix: &str| what.strip_prefix(prefix).map(HostName::from);
        if let Some(host) = is("watch-") {
            self.server(step, &host, "DRAIN")?;
        } else if let Some(host) = is("take-out-") {
            self.server(step, &host, "DRAIN")?;
            if !self.endpoint_answers() {
                self.violations
                    .push(format!("{}: the endpoint leads nowhere", step.id));
            }
        } else if let Some(host) = is("let-in-").or_else(|| is("let-back-in-")) {
            self.server(step, &host, "UP")?;
        } else if let Some(host) = is("remove-member-") {
            if !self.is_well(&step.host) {
                return Err("no API server to ask".to_owned());
            }
            self.members.retain(|member| member.host != host);
        } else if let Some(host) = is("delete-node-") {
            self.expect_well(&step.host)?;
            self.nodes.remove(&host);
        } else if let Some(host) = is("refresh-certificates-for-") {
            self.has_certificates = self.has_certificates || self.is_well(&host);
        } else if let Some(host) = is("finish-") {
            if self.topology.version >= WITHOUT_CRI_SOCKET {
                self.violations.push(format!("{}: kubeadm writes none", step.id));
            }
            self.nodes.get_mut(&host).ok_or("no such node")?.joined = true;
        } else if let Some(host) = is("label-") {
            self.label(step, &host)?;
        } else if let Some(host) = is("taint-") {
            self.taint(step, &host)?;
        } else if what == "await-daemon-sets" {
            return self.expect_well(&step.host);
        } else if let Some(host) = is("await-ready-") {
            return if self.is_ready(&host) {
                Ok(())
            } else {
                Err("not ready".to_owned())
            };
        } else if ![
            "await-vip",
            "await-well",
            "check-configuration",
            "prove-path",
            "resolve-endpoint",
            "read-ca",
        ]
        .contains(&what)
        {
            let server = is("await-again-")
                .or_else(|| is("await-"))
                .ok_or_else(|| format!("the model knows no step {what}"))?;
            return self.expect_well(&server);
        }
        Ok(())
    }

    /// A kubelet with neither a certificate nor what to ask for one with ends at once.
    fn bring_up(&mut self, host: &HostName) -> Result<(), String> {
        let found = &self.hosts[host].facts.kubernetes;
        if !found.has_kubelet_identity() && !found.has_bootstrap_kubelet_conf {
            return Err("unable to load bootstrap kubeconfig".to_owned());
        }
        self.machine(&host.0).unit("kubelet", true);
        Ok(())
    }

    fn finish_join(&mut self, host: &HostName) -> Result<(), String> {
        if !self.has_token {
            return Err("no token".to_owned());
        }
        self.expect_well(host)?;
        if !self.hosts[host].facts.kubernetes.has_kubelet_identity() {
            return Err("timed out waiting for the condition: the node does not appear".to_owned());
        }
        self.register(host);
        let node = self.node(&host.0);
        node.control_plane = true;
        Ok(())
    }

    /// A kubelet with an identity makes itself a node.
    pub(crate) fn register(&mut self, host: &HostName) {
        let node = NodeFact {
            name: host.clone(),
            version: self.topology.version.to_string(),
            ..NodeFact::default()
        };
        self.nodes.entry(host.clone()).or_insert(node);
    }

    pub(crate) fn write(&mut self, step: &Step) {
        let sent = step.change.as_ref().unwrap().stdin();
        let mut values = Values::default();
        if let Some(image) = self.sandbox_image.get(&step.host) {
            values.set(Slot::SandboxImage, image.clone());
        }
        let content = match sent.fill(&values) {
            Ok(known) => String::from_utf8(known.to_vec()).unwrap(),
            Err(_) => sent.masked(),
        };
        let machine = self.machine(&step.host.0);
        for file in &step.files {
            if content.contains("initial-cluster") {
                machine.begins.clone_from(&content);
            }
            if file.path.starts_with("/run/hawser/") {
                machine.facts.kubernetes.has_leftovers = true;
            } else {
                machine.put(&file.path, &content, file.mode);
            }
        }
    }

    /// The files of the bundle, out of the run's memory.
    fn hand_over(&mut self, step: &Step) -> Result<(), String> {
        if !self.has_read_certificates {
            return Err("nobody has read them".to_owned());
        }
        let machine = self.machine(&step.host.0);
        for file in &step.files {
            machine.put(&file.path, "handed over", file.mode);
        }
        machine.facts.kubernetes.ca = Some(CA.to_owned());
        machine.facts.kubernetes.has_ca_key = true;
        Ok(())
    }

    pub(crate) fn upload_certificates(&mut self, step: &Step) {
        if self.topology.certificates == CertificateRoute::Ssh {
            self.violations
                .push(format!("{}: certificates are uploaded", step.id));
        }
        self.has_certificates = true;
    }

    /// HAProxy reads its file.
    fn activate_haproxy(&mut self, host: &HostName) {
        let machine = self.machine(&host.0);
        let Some(Observed::Known(file)) = machine.facts.files.get("/etc/haproxy/haproxy.cfg") else {
            return;
        };
        let lines: Vec<Vec<&str>> = file
            .content
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let server = |words: &Vec<&str>| {
            let status = match (words.contains(&"disabled"), words.contains(&"check")) {
                (true, _) => "MAINT",
                (false, true) => "UP",
                (false, false) => "no check",
            };
            (words.first() == Some(&"server")).then(|| ServerFact {
                name: words[1].to_owned(),
                status: status.to_owned(),
                check: String::new(),
            })
        };
        let servers = lines.iter().filter_map(server).collect();
        let description = lines
            .iter()
            .find(|words| words.first() == Some(&"description"))
            .map(|words| words[1..].join(" "));
        let balancer = machine.facts.balancer.as_mut().unwrap();
        balancer.running = Observed::Known(description);
        balancer.servers = Observed::Known(servers);
        machine.unit("haproxy", true);
    }

    fn server(&mut self, step: &Step, server: &HostName, status: &str) -> Result<(), String> {
        let balancer = self.machine(&step.host.0).facts.balancer.as_mut().unwrap();
        let Observed::Known(servers) = &mut balancer.servers else {
            return Err("HAProxy does not answer".to_owned());
        };
        let found = servers.iter_mut().find(|found| found.name == server.0);
        status.clone_into(&mut found.ok_or("No such server.")?.status);
        Ok(())
    }

    fn label(&mut self, step: &Step, node: &HostName) -> Result<(), String> {
        let (_, list) = step.describe.split_once(": ").unwrap();
        let node = self.nodes.get_mut(node).ok_or("no such node")?;
        for (key, value) in list.split(", ").map(|pair| pair.split_once('=').unwrap()) {
            node.labels.insert(key.to_owned(), value.to_owned());
        }
        Ok(())
    }

    fn taint(&mut self, step: &Step, node: &HostName) -> Result<(), String> {
        let (_, list) = step.describe.split_once(": ").unwrap();
        let node = self.nodes.get_mut(node).ok_or("no such node")?;
        for taint in list.split(", ") {
            let (key, rest) = taint.split_once('=').unwrap();
            let (value, effect) = rest.split_once(':').unwrap();
            node.taints
                .push((key.to_owned(), value.to_owned(), effect.to_owned()));
        }
        Ok(())
    }
}

/// The steps of a phase as they may happen: lanes beside each other, each no wider than it is.
fn interleaved(phase: &Phase, mut pace: u64) -> Vec<&Step> {
    let mut waiting: Vec<(usize, &Chain, usize)> = Vec::new();
    for (lane, chains) in phase.lanes.iter().enumerate() {
        waiting.extend(chains.chains.iter().map(|chain| (lane, chain, 0)));
    }
    let mut steps = Vec::new();
    while !waiting.is_empty() {
        let may_go: Vec<usize> = (0..waiting.len())
            .filter(|index| {
                let (lane, ..) = waiting[*index];
                let before = waiting[..*index]
                    .iter()
                    .filter(|(other, ..)| *other == lane)
                    .count();
                before < phase.lanes[lane].width
            })
            .collect();
        pace = pace
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(pace >> 33);
        let index = may_go[usize::try_from(pace >> 40).unwrap() % may_go.len()];
        let (_, chain, next) = &mut waiting[index];
        if let Some(step) = chain.steps.get(*next) {
            steps.push(step);
            *next += 1;
        }
        if *next >= chain.steps.len() {
            waiting.remove(index);
        }
    }
    steps
}
