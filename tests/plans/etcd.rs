//! etcd on hosts of its own, on the model.

use std::collections::BTreeSet;

use hawser::facts::{CertificateFact, EtcdData, EtcdFacts, Observed, cluster_id};
use hawser::pki::Leaf;
use hawser::plan::Step;
use hawser::remote::files::etcd::{MANIFEST, UNIT, cluster_token, peer_url, standing_flags};
use hawser::remote::files::etcd_endpoints;
use hawser::topology::{EtcdManager, EtcdTopology, Host, HostName, Role, Topology, Version};

use crate::world::{Member, OTHER_CA, World};

/// A day, in seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// What Debian's package leaves: the programs and a user.
pub(crate) fn fresh() -> EtcdFacts {
    EtcdFacts {
        program: Some("/usr/bin/etcd".to_owned()),
        version: Some(Version::new(3, 4, 23)),
        has_etcdctl: true,
        has_user: true,
        unit_file: Some("/lib/systemd/system/etcd.service".to_owned()),
        ..EtcdFacts::default()
    }
}

/// The identity of the cluster that the inventory's members make.
pub(crate) fn identity(topology: &Topology) -> String {
    let urls: Vec<String> = topology.with_role(Role::Etcd).map(peer_url).collect();
    cluster_id(urls.iter().map(String::as_str), cluster_token(topology))
}

impl World {
    pub(crate) fn has_etcd_hosts(&self) -> bool {
        self.topology.etcd == EtcdTopology::External
    }

    pub(crate) fn etcd(&mut self, name: &str) -> &mut EtcdFacts {
        self.machine(name).facts.etcd.as_mut().unwrap()
    }

    /// Whether a process of an etcd host runs.
    pub(crate) fn member_process_runs(&self, host: &HostName) -> bool {
        let machine = &self.hosts[host];
        let has_certificates = machine
            .facts
            .etcd
            .as_ref()
            .is_some_and(|etcd| etcd.authority.is_some());
        let is_started = match self.topology.external_etcd.manager {
            EtcdManager::Kubelet => machine.kubelet_runs() && machine.has_manifest("etcd.yaml"),
            EtcdManager::Systemd => machine.facts.units.get("etcd").is_some_and(|unit| unit.active),
        };
        machine.silent.is_none() && is_started && has_certificates && machine.facts.kubernetes.has_etcd_data
    }

    /// Does a step about etcd; false where it is none.
    pub(crate) fn act_on_etcd(&mut self, step: &Step, what: &str) -> Result<bool, String> {
        let host = self.host(&step.host).clone();
        match what {
            "read-etcd-authority" => {
                if !self.etcd(&host.name.0).has_authority_key {
                    return Err("ca.key is not there".to_owned());
                }
                self.knows_authority = true;
            }
            "write-etcd-certificates" => self.write_member_certificates(step, &host)?,
            "write-etcd-client-certificate" => {
                self.knows_authority_or_may_make_it(step)?;
                self.write(step);
            }
            "write-etcd-manifest" => self.write_pod(&host),
            "start-etcd" => self.start_member(&host)?,
            "await-etcd-leader"
                if self
                    .members
                    .iter()
                    .any(|member| !member.learner && !self.runs_etcd(&member.host)) =>
            {
                return Err("not all members are healthy".to_owned());
            }
            "check-etcd-empty" if !self.nodes.is_empty() => return Err("there are objects".to_owned()),
            "await-etcd-servers" if !self.is_well(&host.name) => return Err("it is not well".to_owned()),
            "await-etcd-leader" | "check-etcd-empty" | "await-etcd-servers" => {}
            "follow-etcd-in-kubeadm-config" => {
                let change = step.change().unwrap().command.stdin().masked();
                let patch: serde_json::Value = serde_json::from_str(&change).unwrap();
                let new = serde_norway::from_str(patch[1]["value"].as_str().unwrap()).unwrap();
                self.etcd_endpoints = etcd_endpoints(&new).unwrap();
            }
            _ => return self.grow_etcd(step, what),
        }
        Ok(true)
    }

    fn grow_etcd(&mut self, step: &Step, what: &str) -> Result<bool, String> {
        let is = |prefix: &str| what.strip_prefix(prefix).map(HostName::from);
        let all_run = |world: &Self| world.members.iter().all(|member| world.runs_etcd(&member.host));
        let learns = |world: &Self| world.members.iter().any(|member| member.learner);
        if is("check-etcd-complete-before-").is_some() && (!all_run(self) || learns(self)) {
            return Err("not all members run, or one learns".to_owned());
        } else if is("save-etcd-snapshot-before-").is_some() {
            self.has_snapshot = true;
        } else if let Some(host) = is("add-etcd-member-") {
            if self.member_of(&host).is_none() {
                self.add_learner(step, &host);
            }
        } else if let Some(host) = is("await-etcd-member-") {
            if !all_run(self) || self.member_of(&host).is_none() {
                return Err("not in step".to_owned());
            }
        } else if let Some(host) = is("promote-etcd-member-") {
            if !all_run(self) {
                self.violations.push(format!("{}: not all members run", step.id));
            }
            let mut members = self.members.iter_mut();
            members
                .find(|member| member.host == host)
                .ok_or("not listed")?
                .learner = false;
        } else if is("check-etcd-complete-before-").is_none() {
            return Ok(false);
        }
        Ok(true)
    }

    fn add_learner(&mut self, step: &Step, host: &HostName) {
        let is_whole = self
            .members
            .iter()
            .all(|member| self.runs_etcd(&member.host) && !member.learner);
        if !(is_whole && std::mem::take(&mut self.has_snapshot)) {
            let what = format!(
                "{}: a member is down or learns, or no snapshot was saved",
                step.id
            );
            self.violations.push(what);
        }
        self.list(host);
        self.members.last_mut().unwrap().learner = true;
    }

    /// etcd without data wants exactly the members that are listed.
    fn begins_rightly(&self, host: &Host) -> Result<(), String> {
        let begins = &self.hosts[&host.name].begins;
        let listed = |member: &Member| {
            begins.contains(&format!("{}={}", member.host, peer_url(self.host(&member.host))))
        };
        let names = begins.split("initial-cluster").nth(1).unwrap_or_default();
        let count = names.matches("https://").count();
        let state = if begins.contains("existing") {
            "existing"
        } else {
            "new"
        };
        if self.etcd_id.is_none() || self.hosts[&host.name].facts.kubernetes.has_etcd_data {
            return Ok(());
        }
        let is_founder = self
            .members
            .iter()
            .any(|member| member.host == host.name && !member.learner);
        if is_founder == (state == "new") && count == self.members.len() && self.members.iter().all(listed) {
            return Ok(());
        }
        Err(format!("member count is unequal: {names}"))
    }

    fn knows_authority_or_may_make_it(&mut self, step: &Step) -> Result<(), String> {
        let is_own = self.topology.external_etcd.authority.is_some();
        let may_make = step.creates().is_some_and(|order| order.may_make_authority);
        if !(self.knows_authority || is_own || may_make) {
            return Err("the authority is not known".to_owned());
        }
        let is_there = self.hosts.values().any(|machine| {
            let etcd = machine.facts.etcd.as_ref();
            etcd.is_some_and(|etcd| etcd.authority.is_some())
        });
        if may_make && is_there && !self.knows_authority {
            self.violations.push(format!("{}: a second authority", step.id));
        }
        self.knows_authority = true;
        Ok(())
    }

    fn write_member_certificates(&mut self, step: &Step, host: &Host) -> Result<(), String> {
        self.knows_authority_or_may_make_it(step)?;
        let holds_key = step.creates().is_some_and(|order| order.holds_authority_key);
        let own = self.topology.external_etcd.authority.clone();
        let facts = self.etcd(&host.name.0);
        facts.authority = Some(own.map_or_else(|| OTHER_CA.to_owned(), |own| own.certificate));
        facts.authority_left = Some(Observed::Known(3649 * DAY));
        facts.has_authority_key |= holds_key;
        for leaf in [Leaf::server(host), Leaf::peer(host), Leaf::healthcheck_client()] {
            let name = leaf.stem.rsplit('/').next().unwrap().to_owned();
            let certificate = CertificateFact {
                left_s: Observed::Known(364 * DAY),
                names: Observed::Known(leaf.names),
                is_signed: true,
                has_key: true,
                sum: "0123".repeat(16),
            };
            facts.certificates.insert(name, certificate);
        }
        Ok(())
    }

    /// As kubeadm has it: flags of its own, and those of its file.
    fn write_pod(&mut self, host: &Host) {
        let flags = standing_flags(&self.topology, host);
        let command = [
            vec!["etcd".to_owned(), "--snapshot-count=10000".to_owned()],
            flags,
        ]
        .concat();
        let pod = serde_json::json!({ "spec": { "containers": [{ "command": command }] } });
        let machine = self.machine(&host.name.0);
        machine.add_manifests(&["etcd.yaml"]);
        machine.put(MANIFEST, &pod.to_string(), 0o600);
    }

    fn start_member(&mut self, host: &Host) -> Result<(), String> {
        self.begins_rightly(host)?;
        let founded = identity(&self.topology);
        let id = self.etcd_id.get_or_insert(founded).clone();
        let manager = self.topology.external_etcd.manager;
        let machine = self.machine(&host.name.0);
        match manager {
            EtcdManager::Kubelet => machine.unit("kubelet", true),
            EtcdManager::Systemd => {
                machine.unit("etcd", true);
                machine.facts.etcd.as_mut().unwrap().unit_file = Some(UNIT.to_owned());
            }
        }
        machine.facts.kubernetes.has_etcd_data = true;
        machine.facts.etcd.as_mut().unwrap().data.get_or_insert(EtcdData {
            cluster_id: Observed::Known(id),
            members: vec![],
            have_run: Observed::Known(BTreeSet::new()),
        });
        if self.members.is_empty() {
            let hosts: Vec<HostName> = self
                .topology
                .with_role(Role::Etcd)
                .map(|host| host.name.clone())
                .collect();
            for host in &hosts {
                self.list(host);
            }
        }
        Ok(())
    }

    /// What an etcd host's member says beside what lies on the host.
    pub(crate) fn etcd_facts(&self, name: &HostName, found: &EtcdFacts) -> EtcdFacts {
        let mut facts = found.clone();
        facts.listens = self.member_process_runs(name);
        let of_ours = |data: &&mut EtcdData| data.cluster_id.known() == self.etcd_id.as_ref();
        if let Some(data) = facts.data.as_mut().filter(of_ours) {
            let ran = self.members.iter().filter(|member| member.started);
            let urls = ran.flat_map(|member| self.member(&member.host).peer_urls);
            data.have_run = Observed::Known(urls.collect());
        }
        let leader = self.members.iter().find(|member| !member.learner);
        facts.leader = Observed::Known(leader.map(|member| member.id.clone()));
        if self.member_of(name).is_some_and(|member| member.learner) && self.runs_etcd(name) {
            facts.members = Observed::Unknown("rpc not supported for learner".to_owned());
            return facts;
        }
        if !self.runs_etcd(name) || !self.has_quorum() {
            facts.members = Observed::Unknown("context deadline exceeded".to_owned());
            facts.leader = Observed::Unknown("context deadline exceeded".to_owned());
            return facts;
        }
        let members = self.members.iter().map(|member| self.member(&member.host));
        facts.members = Observed::Known(members.collect());
        let unpublished = self.members.iter().filter(|member| !member.started);
        facts.unpublished = unpublished.map(|member| member.id.clone()).collect();
        let data = facts.data.as_ref();
        facts.cluster_id = data.map_or_else(Observed::default, |data| data.cluster_id.clone());
        facts.has_registry = Observed::Known(!self.nodes.is_empty());
        facts.beyond_init = Observed::Known(self.beyond_init());
        facts
    }
}
