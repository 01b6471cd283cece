//! Doing a plan on the model: what each step makes of hosts and cluster, to its end or only in part.

use hawser::facts::{NodeFact, Observed, ServerFact};
use hawser::plan::{Chain, Cleanup, Lane, Phase, Plan, Step};
use hawser::remote::files::HAPROXY;
use hawser::topology::{CertificateRoute, HostName, Version};
use hawser::values::{Slot, Values};

use crate::foreign::Thing;
use crate::hostile::meanwhile;
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
        let complete = Cut {
            after: usize::MAX,
            parts: 0,
            pace: 0,
        };
        self.apply_until(plan, complete).map(drop)
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
                    self.watch_strangers(&step.id.0);
                    return Ok(Some(step));
                }
                meanwhile(self);
                self.asked_again(step)
                    .map_err(|why| format!("{}: {why}", step.id))?;
                self.watch_over(phase, step);
                let done_so = self.act(step).map_err(|why| format!("{}: {why}", step.id));
                self.watch_strangers(&step.id.0);
                done_so?;
                self.settle();
                brought_up.extend(
                    step.id
                        .0
                        .ends_with("/restart-control-plane")
                        .then_some(&step.host),
                );
                done += 1;
            }
            for host in brought_up {
                self.expect_well(host)?;
            }
        }
        for Cleanup { step, .. } in &plan.cleanup {
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
        let at_once = |lane: &Lane| lane.chains.len().min(lane.width);
        let at_once: usize = phase.lanes.iter().map(at_once).sum();
        let (_, what) = step.id.0.split_once('/').unwrap();
        let is_join = what == "join";
        let violation = match what {
            "init" | "finish-init" if self.has_another_member() || self.has_others(&step.host) => {
                "init where a cluster is"
            }
            "init" if self.any_well() || (self.has_cluster_info && self.is_kept()) => {
                "init where an init has been"
            }
            "reset" if self.serves(&step.host) => "a host that serves is reset",
            "join" if self.dice.is_none() && self.loses_quorum(step) && at_once > 1 => {
                "something runs beside the join from one etcd member to two"
            }
            // Where the world moves, kubeadm finds that out itself, and does nothing.
            _ if is_join && self.dice.is_none() && !self.has_quorum() => "a join without a quorum",
            _ if what
                .strip_prefix("remove-member-")
                .is_some_and(|gone| !self.holds_without(&gone.into())) =>
            {
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
            // A node alone keeps nothing of a cluster.
            let is_node = (found.ca.is_some() || found.has_kubelet_conf) && !self.is_hostile;
            let holds = is_node || found.has_ca_key || found.has_etcd_data;
            let is_stranger = self.foreign_hosts.contains_key(name);
            name != host && machine.facts.etcd.is_none() && holds && !is_stranger
        };
        self.hosts.iter().any(holds)
    }

    /// Whether the data of some member is still there.
    pub(crate) fn is_kept(&self) -> bool {
        let has_data = |host: &HostName| {
            self.hosts
                .get(host)
                .is_some_and(|found| found.facts.kubernetes.has_etcd_data)
        };
        self.members.iter().any(|member| has_data(&member.host))
    }

    /// Whether a host does something for the cluster, or for its users.
    pub(crate) fn serves(&self, host: &HostName) -> bool {
        let works = !self.is_control_plane(host) && self.nodes.contains_key(host) && self.is_ready(host);
        let votes = self.runs_etcd(host)
            && self.has_quorum()
            && self
                .member_of(host)
                .is_some_and(|member| member.started && !member.learner);
        works || votes || self.is_well(host)
    }

    /// What the step's own script asks right before it changes something, where it asks.
    fn asked_again(&self, step: &Step) -> Result<(), String> {
        let Some(change) = step.change() else {
            return Ok(());
        };
        let line = change.command.line();
        let machine = &self.hosts[&step.host];
        let found = &machine.facts.kubernetes;
        let (_, what) = step.id.0.split_once('/').unwrap();
        let things = self.things_on(&step.host);
        let holds = match what {
            _ if !line.contains("moved \"") => true,
            "reset" => {
                let is_worker = !self.is_control_plane(&step.host);
                let is_identified = is_worker && found.has_kubelet_conf;
                !self.serves(&step.host) && machine.others_etcd.is_none() && !is_identified
            }
            // The first argument but one says what the plan saw.
            "init" if line.contains(" hawser nothing ") => {
                things.is_empty()
                    && !found.has_kubelet_conf
                    && !found.has_etcd_data
                    && found.manifests.is_empty()
            }
            "init" => {
                let is_joined =
                    found.has_bootstrap_kubelet_conf || (found.has_kubelet_conf && !found.has_admin_conf);
                let asks = |question: &str| !line.contains(question);
                !self.any_well()
                    && machine.others_etcd.is_none()
                    && (!is_joined || asks("has joined a cluster"))
            }
            "write-control-plane-certificates" => {
                found.ca.as_deref().is_none_or(|ca| ca == CA) && found.shared.is_empty()
            }
            _ if what.starts_with("remove-member-") => {
                self.holds_without(&what.trim_start_matches("remove-member-").into())
            }
            _ if step.files().iter().any(|file| file.path == HAPROXY) => {
                !things.contains(&Thing::Balancer) || line.contains(" haproxy any ")
            }
            _ => true,
        };
        if holds {
            Ok(())
        } else {
            Err("changed since the plan".to_owned())
        }
    }

    fn holds_without(&self, gone: &HostName) -> bool {
        let voters = self.members.iter().filter(|member| !member.learner);
        let running = self.voters_running() - usize::from(self.runs_etcd(gone) && !self.is_learner(gone));
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
        if what.starts_with("write") || what.starts_with("keep-file-in-sync-with-") {
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
            "start-kubelet" => return self.start_worker(&step.host),
            "restart-control-plane" => return self.bring_up(&step.host),
            "await-certificate" => return self.get_certificate(&step.host),
            "apply-pod-network" => self.has_pod_network = true,
            "create-token" => self.has_token = true,
            what if what.starts_with("renew-token-for-") => self.has_token = true,
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
        } else if let Some(host) = is("drain-") {
            self.server(step, &host, "DRAIN")?;
            if !self.endpoint_answers() {
                self.violations
                    .push(format!("{}: the endpoint leads nowhere", step.id));
            }
        } else if let Some(host) = is("reenable-").or_else(|| is("enable-")) {
            self.server(step, &host, "UP")?;
        } else if let Some(host) = is("remove-member-") {
            if !self.is_well(&step.host) {
                return Err("no API server to ask".to_owned());
            }
            if !std::mem::take(&mut self.has_snapshot) {
                self.violations.push(format!("{}: no snapshot", step.id));
            }
            self.members.retain(|member| member.host != host);
        } else if let Some(host) = is("check-etcd-without-") {
            if !self.holds_without(&host) {
                return Err("no quorum without it".to_owned());
            }
        } else if is("check-no-pods-on-").is_some() {
            self.expect_well(&step.host)?;
        } else if let Some(host) = is("await-registered-") {
            self.nodes.get(&host).ok_or("the node is not registered")?;
        } else if let Some(host) = is("await-not-ready-") {
            self.expect_well(&step.host)?;
            // The cluster notices, in time, that nobody reports.
            self.nodes
                .entry(host.clone())
                .and_modify(|node| node.ready = false);
            if self.nodes.contains_key(&host) && self.is_ready(&host) {
                return Err("its kubelet reports".to_owned());
            }
        } else if let Some(host) = is("delete-node-") {
            self.expect_well(&step.host)?;
            if self.nodes.get(&host).is_some_and(|node| node.ready) || self.is_ready(&host) {
                return Err(format!("changed since the plan: node {host} is Ready"));
            }
            let is_unseen = step
                .change()
                .is_some_and(|change| change.command.line().ends_with(" -"));
            if is_unseen && self.nodes.contains_key(&host) {
                return Err(format!("changed since the plan: node {host} is there"));
            }
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
            "await-healthy",
            "check-configuration",
            "check-path",
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

    /// A kubelet with an identity registers its node.
    fn start_worker(&mut self, host: &HostName) -> Result<(), String> {
        self.machine(&host.0).unit("kubelet", true);
        if !self.hosts[host].facts.kubernetes.has_kubelet_identity() {
            return Err("no identity".to_owned());
        }
        self.register(host);
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
            uid: format!("uid-{host}"),
            version: self.topology.version.to_string(),
            ..NodeFact::default()
        };
        self.nodes.entry(host.clone()).or_insert(node);
    }

    pub(crate) fn write(&mut self, step: &Step) {
        let sent = step.change().unwrap().command.stdin();
        let mut values = Values::default();
        if let Some(image) = self.sandbox_image.get(&step.host) {
            values.set(Slot::SandboxImage, image.clone());
        }
        let content = match sent.fill(&values) {
            Ok(known) => String::from_utf8(known.to_vec()).unwrap(),
            Err(_) => sent.masked(),
        };
        let machine = self.machine(&step.host.0);
        for file in step.files() {
            if content.contains("initial-cluster") {
                machine.begins.clone_from(&content);
            }
            if file.path == "/etc/hosts" {
                machine.put_hosts_block(&content, file.mode);
            } else if file.path.starts_with("/run/hawser/") {
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
        for file in step.files() {
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
            .text()
            .unwrap()
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
        let (_, list) = step.title.split_once(": ").unwrap();
        let node = self.nodes.get_mut(node).ok_or("no such node")?;
        for (key, value) in list.split(", ").map(|pair| pair.split_once('=').unwrap()) {
            node.labels.insert(key.to_owned(), value.to_owned());
        }
        Ok(())
    }

    fn taint(&mut self, step: &Step, node: &HostName) -> Result<(), String> {
        let (_, list) = step.title.split_once(": ").unwrap();
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
