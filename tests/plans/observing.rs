//! What a probe of the model would tell.

use std::collections::BTreeMap;

use hawser::error::Problem;
use hawser::facts::{
    ClusterView, EtcdDirectory, EtcdIdentity, Health, HostFacts, MemberFact, NodeFact, Observation, Observed,
    WorkloadFact,
};
use hawser::manifests;
use hawser::plan::Plan;
use hawser::planner::{self, Allowance};
use hawser::remote::files::{self, ApiVersion};
use hawser::topology::{HostName, Role};

use crate::world::{Machine, World};

impl World {
    pub(crate) fn plan(&self) -> Result<Plan, Vec<Problem>> {
        self.plan_with(&Allowance::default())
    }

    pub(crate) fn plan_with(&self, allowance: &Allowance) -> Result<Plan, Vec<Problem>> {
        planner::plan(&self.topology, &self.observe(), allowance)
    }

    pub(crate) fn observe(&self) -> Observation {
        let found = |(name, machine): (&HostName, &Machine)| {
            let facts = match &machine.silent {
                Some(problem) => Err(problem.clone()),
                None => Ok(self.facts(name, machine)),
            };
            (name.clone(), facts)
        };
        self.hosts.iter().map(found).collect()
    }

    fn facts(&self, name: &HostName, machine: &Machine) -> HostFacts {
        let mut facts = machine.facts.clone();
        let host = self.host(name);
        if let Some(balancer) = &mut facts.balancer {
            balancer.holds_vip = self.holder().as_ref() == Some(name);
            if !machine.facts.units["keepalived"].active {
                let held = self.holder().is_some() || self.stranger_at_endpoint;
                balancer.vip_answers = Observed::Known(held);
            }
        }
        if let Some(etcd) = &machine.facts.etcd {
            facts.etcd = Some(self.etcd_facts(name, etcd));
        }
        facts.kubernetes.etcd_data = etcd_data(machine);
        // The probe looks into the directory that the inventory names.
        facts.kubernetes.has_etcd_data |= machine.others_etcd.as_deref() == Some("/var/lib/etcd");
        let found = &machine.facts.kubernetes;
        if host.is(Role::ControlPlane) {
            if found.ca.is_none() {
                facts.endpoint_speaks_tls =
                    Observed::Known(self.stranger_at_endpoint || self.endpoint_answers());
            }
            if found.has_admin_conf || machine.has_manifest("etcd.yaml") {
                facts.cluster = Some(self.view(name, found.has_admin_conf));
            }
        }
        facts
    }

    fn holder(&self) -> Option<HostName> {
        self.topology.endpoint.vip?;
        let mut balancers = self.topology.with_role(Role::Balancer);
        let holder = balancers.find(|host| self.hosts[&host.name].facts.units["keepalived"].active)?;
        Some(holder.name.clone())
    }

    fn view(&self, name: &HostName, has_admin_conf: bool) -> ClusterView {
        let mut view = ClusterView::default();
        if !self.has_etcd_hosts() && self.runs_etcd(name) {
            view.etcd = Observed::Known(
                self.members
                    .iter()
                    .map(|member| self.member(&member.host))
                    .collect(),
            );
        }
        if view.etcd.known().is_some() {
            view.etcd_id = Observed::Known(ETCD.to_owned());
        }
        if !has_admin_conf || !self.is_well(name) {
            view.ready = Observed::Unknown("connection refused".to_owned());
            if !self.has_etcd_hosts() && self.runs_etcd(name) && self.has_quorum() {
                view.beyond_init = Observed::Known(self.beyond_init());
            }
            return view;
        }
        let api = ApiVersion::for_kubeadm(self.topology.version).unwrap();
        view.version = Observed::Known(self.hosts[name].runs.unwrap_or(self.topology.version));
        view.ready = Observed::Known(true);
        view.ready_through_endpoint = if self.endpoint_answers() {
            Observed::Known(true)
        } else {
            Observed::Unknown("no route to host".to_owned())
        };
        view.nodes = Observed::Known(self.nodes.values().map(|node| self.node_fact(node)).collect());
        let mut configuration = files::cluster_configuration(&self.topology, api).unwrap();
        if let Some(endpoints) = configuration.pointer_mut("/etcd/external/endpoints") {
            *endpoints = self.etcd_endpoints.clone().into();
        }
        view.cluster_configuration = Observed::Known(configuration.to_string());
        view.workloads = Observed::Known(self.workloads());
        view.applied = Observed::Known(self.applied());
        view.has_cluster_info = Observed::Known(self.has_cluster_info);
        view.has_other_pods = Observed::Known(self.has_pod_network);
        view
    }

    /// What etcd holds that init does not write up to its last phases.
    pub(crate) fn beyond_init(&self) -> Vec<String> {
        let cluster_info = "/registry/configmaps/kube-public/cluster-info";
        let mut keys: Vec<String> = self
            .has_cluster_info
            .then(|| cluster_info.to_owned())
            .into_iter()
            .collect();
        if self.nodes.len() > 1 {
            keys.push("/registry/minions/w1".to_owned());
        }
        keys
    }

    pub(crate) fn member(&self, name: &HostName) -> MemberFact {
        let member = self.member_of(name).unwrap();
        let address = self
            .topology
            .host(name)
            .map_or("10.0.0.99".to_owned(), |host| host.address.to_string());
        MemberFact {
            id: member.id.clone(),
            name: if member.started {
                name.0.clone()
            } else {
                String::new()
            },
            peer_urls: vec![format!("https://{address}:2380")],
            learner: member.learner,
            health: match (self.runs_etcd(name), self.has_quorum()) {
                (true, true) if !member.learner => Health::Healthy,
                (true, true) => Health::Down("says \"etcdserver: rpc not supported for learner\"".to_owned()),
                (true, false) => Health::Unknown("no answer within 5 s".to_owned()),
                (false, _) => Health::Down("refuses the connection".to_owned()),
            },
        }
    }

    fn node_fact(&self, node: &NodeFact) -> NodeFact {
        NodeFact {
            ready: node.ready || self.is_ready(&node.name),
            ..node.clone()
        }
    }

    /// Whether a kubelet with an identity and a pod network reports.
    pub(crate) fn is_ready(&self, name: &HostName) -> bool {
        let Some(machine) = self.hosts.get(name) else {
            return true;
        };
        let reports = machine.kubelet_runs() && machine.facts.kubernetes.has_kubelet_identity();
        machine.silent.is_none() && reports && self.has_pod_network
    }

    fn workloads(&self) -> Vec<WorkloadFact> {
        let wanted = self.nodes.len() as u64;
        let ready = self.nodes.keys().filter(|name| self.is_ready(name)).count() as u64;
        let proxy = WorkloadFact {
            name: "DaemonSet/kube-proxy".to_owned(),
            wanted,
            available: ready,
        };
        if self.has_proxy { vec![proxy] } else { vec![] }
    }

    fn applied(&self) -> BTreeMap<String, Option<serde_json::Value>> {
        let manifests = self
            .topology
            .manifests
            .iter()
            .flat_map(|manifest| manifests::objects(&manifest.content).unwrap());
        manifests
            .map(|object| (object.path, self.has_pod_network.then_some(object.document)))
            .collect()
    }
}

/// The id of the etcd cluster on control planes.
pub(crate) const ETCD: &str = "c1";

/// Where data of etcd lies, and whose it is.
fn etcd_data(machine: &Machine) -> Vec<EtcdDirectory> {
    let directory = |path: &str, cluster: &str, member: &str| EtcdDirectory {
        path: path.to_owned(),
        owner: Observed::Known(EtcdIdentity {
            cluster: cluster.to_owned(),
            member: member.to_owned(),
        }),
        sha256: format!("{member}5"),
    };
    let found = &machine.facts.kubernetes;
    let own = machine.etcd_member.as_ref().filter(|_| found.has_etcd_data);
    let own = own.map(|member| directory("/var/lib/etcd", ETCD, member));
    let others = machine.others_etcd.as_ref();
    own.into_iter()
        .chain(others.map(|path| directory(path, "f00", "bad")))
        .collect()
}
