//! etcd on hosts of its own: who lacks certificates, whose member is started, and what API servers get to ask it with.

mod authority;
mod beginning;
mod follow;
mod growth;
mod lost;
mod member;
mod notes;
mod refusals;
pub(super) mod stacked;
mod unapplied;
mod versions;
mod voters;

use std::collections::BTreeSet;

use super::limit::named;
use super::{ALL_AT_ONCE, Cluster, Scene, chain, is_within, phase};
use crate::error::Problem;
use crate::facts::{CertificateFact, EtcdFacts, HostFacts, Observed, client_left};
use crate::pki::{Leaf, Order};
use crate::plan::{Chain, Phase, Step};
use crate::remote::files::etcd::Beginning;
use crate::steps::etcd as steps;
use crate::topology::{EtcdManager, EtcdSettings, EtcdTopology, Host, HostName, Role};

use beginning::There;
use growth::Growth;
use member::member;

pub(super) use follow::{api_servers, kubeadm_config, left_alone, new_configuration};
pub(super) use growth::refused as refused_growth;
pub(super) use notes::gather as notes;
pub(super) use refusals::{holds_a_cluster, programs};
pub(super) use versions::too_old;

/// What is to be done on the etcd hosts; nothing where etcd is stacked.
#[derive(Default)]
pub(super) struct Decision<'a> {
    /// Hosts whose certificates are not all there, in use, and signed by the authority.
    lacking: Vec<&'a Host>,
    /// Hosts whose member is not well.
    down: Vec<Down<'a>>,
    /// Hosts that become members of the cluster that runs.
    growth: Option<Growth<'a>>,
    /// Hosts that are no members, and become none in this run.
    left_out: Vec<&'a Host>,
    /// Control planes whose certificate for asking etcd comes to its end.
    clients: Vec<&'a Host>,
    /// A host that has the authority with its key.
    authority: Option<&'a Host>,
}

/// A member that is started.
struct Down<'a> {
    host: &'a Host,
    /// With whom.
    beginning: Beginning,
    /// Whether it may be one without a vote, which answers less.
    may_learn: bool,
}

/// Looks at every etcd host, or refuses with every reason.
pub(super) fn decide<'a>(
    scene: &Scene<'a>,
    limit: &BTreeSet<HostName>,
) -> Result<Decision<'a>, Vec<Problem>> {
    let hosts: Vec<(&Host, &EtcdFacts)> = hosts(scene).collect();
    let there = There::new(scene, &hosts);
    let growth = Growth::new(&hosts, &there, limit);
    let mut problems = refusals::check(scene, &hosts, &there);
    problems.extend(growth.as_ref().and_then(Growth::refused));
    if !problems.is_empty() {
        return Err(problems);
    }
    let settings = &scene.topology.external_etcd;
    let is_added = |host: &Host| growth.as_ref().is_some_and(|growth| growth.adds(host));
    let (members, others): (Vec<_>, Vec<_>) = hosts
        .iter()
        .copied()
        .partition(|(host, facts)| there.has_vote(host, facts));
    let (added, left_out): (Vec<_>, Vec<_>) = others.into_iter().partition(|(host, _)| is_added(host));
    let lacking = members.iter().chain(&added);
    let lacking = lacking.filter(|(host, facts)| lacks_certificates(settings, host, facts));
    let down = members.iter().filter(|(host, facts)| !facts.is_well(host));
    let having_key = |(_, facts): &&(&Host, &EtcdFacts)| facts.authority.is_some() && facts.has_authority_key;
    Ok(Decision {
        lacking: lacking.map(|(host, _)| *host).collect(),
        down: down
            .map(|(host, facts)| Down {
                host,
                beginning: there.beginning(scene, host, facts),
                may_learn: there.running.is_none() && there.began_without(host),
            })
            .collect(),
        left_out: left_out.into_iter().map(|(host, _)| host).collect(),
        clients: ending_clients(scene, &hosts),
        authority: hosts.iter().find(having_key).map(|(host, _)| *host),
        growth,
    })
}

/// The etcd hosts, as far as they answered. Stacked members are looked at with their control planes.
fn hosts<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a Host, &'a EtcdFacts)> {
    scene
        .answered(Role::Etcd)
        .filter_map(|(host, facts)| Some((host, facts.etcd.as_ref()?)))
}

/// Whether kubeadm has made a control plane of a host, or begun to: etcd was whole before.
fn is_initialised(facts: &HostFacts) -> bool {
    let found = &facts.kubernetes;
    found.has_admin_conf || found.manifests.iter().any(|name| name == "kube-apiserver.yaml")
}

fn lacks_certificates(settings: &EtcdSettings, host: &Host, facts: &EtcdFacts) -> bool {
    let is_whole = |leaf: &Leaf| {
        let name = leaf.stem.rsplit('/').next().unwrap_or_default();
        let found = facts.certificates.get(name);
        found
            .filter(|found| lasts(found, facts))
            .is_some_and(|found| found.is_whole(&leaf.names))
    };
    let lacks_key = settings.authority.is_none() && !facts.has_authority_key;
    facts.authority.is_none() || lacks_key || !Leaf::all_of_member(host).iter().all(is_whole)
}

/// Whether a certificate need not be made anew yet. None lasts longer than its authority.
fn lasts(found: &CertificateFact, facts: &EtcdFacts) -> bool {
    let authority = facts.authority_left.as_ref().and_then(Observed::known);
    let Some(left) = found.left_s.known() else {
        return false;
    };
    let would_last_longer = authority.is_none_or(|authority| authority - left > MADE_ANEW);
    *left > 0 && (*left > MADE_ANEW || !would_last_longer)
}

/// kubeadm does not renew what it has not signed. API servers read it without a restart.
fn ending_clients<'a>(scene: &Scene<'a>, hosts: &[(&Host, &EtcdFacts)]) -> Vec<&'a Host> {
    let Some((_, etcd)) = hosts.first() else {
        return Vec::new();
    };
    let would_end_anyway = |left: i64| {
        let authority = etcd.authority_left.as_ref().and_then(Observed::known);
        authority.is_some_and(|authority| authority - left <= MADE_ANEW) && left > 0
    };
    let ends = |facts: &HostFacts| {
        client_left(facts, etcd.now_s).is_some_and(|left| left <= MADE_ANEW && !would_end_anyway(left))
    };
    let planes = scene
        .answered(Role::ControlPlane)
        .filter(|(_, facts)| ends(facts));
    planes.map(|(host, _)| host).collect()
}

/// A month before its end a certificate is made anew, in seconds; etcd reads it without a restart.
const MADE_ANEW: i64 = 30 * 24 * 60 * 60;

impl Decision<'_> {
    /// Whether a host becomes a member of the cluster that runs.
    fn adds(&self, host: &Host) -> bool {
        self.growth.as_ref().is_some_and(|growth| growth.adds(host))
    }

    /// The etcd hosts that are members when the plan is done.
    fn members<'s>(&self, scene: &Scene<'s>) -> impl Iterator<Item = &'s Host> {
        let all = scene.topology.with_role(Role::Etcd);
        all.filter(|host| self.left_out.iter().all(|out| out.name != host.name))
    }

    /// Whether a kubelet is to run etcd on a host where none does.
    pub(super) fn starts_pod(&self, scene: &Scene, host: &Host) -> bool {
        let is_pod = scene.topology.external_etcd.manager == EtcdManager::Kubelet;
        is_pod && (self.adds(host) || self.down.iter().any(|down| down.host.name == host.name))
    }

    /// Members start together, or none does. Certificates of one that runs are its own matter.
    pub(super) fn is_within(&self, limit: &BTreeSet<HostName>) -> Result<(), Vec<Problem>> {
        let down = self.down.iter().map(|down| &down.host.name);
        let (within, without): (Vec<&HostName>, Vec<&HostName>) =
            down.partition(|host| is_within(limit, host));
        if within.is_empty() || without.is_empty() {
            return Ok(());
        }
        Err(vec![Problem::Usage {
            message: format!(
                "--limit leaves out {}, and etcd's members are started together",
                named(&without, "")
            ),
            hint: format!("add `{}`", named(&without, "--limit ")),
        }])
    }

    /// Where there is an authority, none is made.
    fn order(&self, mut order: Order) -> Order {
        order.may_make_authority &= self.authority.is_none();
        order
    }
}

/// The phases of etcd itself, and of what the first control plane gets before `kubeadm init`.
pub(super) fn phases(
    scene: &Scene,
    cluster: &Cluster,
    decision: &Decision,
    limit: &BTreeSet<HostName>,
) -> Result<Vec<Phase>, Vec<Problem>> {
    if scene.topology.etcd == EtcdTopology::Stacked {
        return Ok(Vec::new());
    }
    let down: Result<Vec<Chain>, Problem> = decision
        .down
        .iter()
        .map(|down| {
            let steps = member(scene, down.host, &down.beginning, down.may_learn)?;
            Ok(chain(&down.host.name, steps))
        })
        .collect();
    let mut phases = vec![
        read_authority(scene, cluster, decision, limit),
        phase("etcd's certificates", ALL_AT_ONCE, certificates(scene, decision)),
        phase("etcd", ALL_AT_ONCE, down?),
    ];
    if let Some(Down { host: first, .. }) = decision.down.first() {
        let members = decision.members(scene).filter(|host| !decision.adds(host));
        let members = members.count() - decision.down.iter().filter(|down| down.may_learn).count();
        let seen = steps::await_leader(&first.name, &scene.topology.kubeadm.cri_socket, members);
        phases.push(phase(
            "etcd has a leader",
            1,
            vec![chain(&first.name, vec![seen])],
        ));
    }
    if let Some(growth) = &decision.growth {
        let member = |host: &Host, beginning: &Beginning, learns| member(scene, host, beginning, learns);
        phases.push(phase("etcd grows", 1, growth.chains(scene, member)?));
    }
    let init = cluster.is_to_be_initialised().then(|| &cluster.via().name);
    let clients = decision.clients.iter().filter(|host| Some(&host.name) != init);
    let clients = clients.map(|host| chain(&host.name, vec![client_certificate(scene, decision, host)]));
    phases.push(phase(
        "etcd's client certificates",
        ALL_AT_ONCE,
        clients.collect(),
    ));
    if cluster.is_to_be_initialised() {
        let steps = before_init(scene, cluster, decision);
        phases.push(phase(
            "etcd's client certificate",
            1,
            vec![chain(&cluster.via().name, steps)],
        ));
    }
    Ok(phases)
}

/// The key goes from an etcd host into memory where something has to be signed: not where it is made, or the user's.
/// It is read for a host that may be changed, as the limit leaves out what is for another.
fn read_authority(
    scene: &Scene,
    cluster: &Cluster,
    decision: &Decision,
    limit: &BTreeSet<HostName>,
) -> Phase {
    let is_own = scene.topology.external_etcd.authority.is_some();
    let init = cluster.is_to_be_initialised().then(|| cluster.via());
    let lacking = decision.lacking.iter().chain(&decision.clients).copied();
    let in_need: Vec<&Host> = lacking.chain(init).collect();
    let within = in_need.iter().find(|host| is_within(limit, &host.name));
    let needed_by = within.or(in_need.first()).copied();
    let chains = match (decision.authority, needed_by) {
        (Some(from), Some(host)) if !is_own => {
            vec![chain(&host.name, vec![steps::read_authority(&from.name)])]
        }
        _ => Vec::new(),
    };
    phase("etcd's authority", 1, chains)
}

fn certificates(scene: &Scene, decision: &Decision) -> Vec<Chain> {
    let settings = &scene.topology.external_etcd;
    let is_lacking = |host: &Host| decision.lacking.iter().any(|lacking| lacking.name == host.name);
    Order::for_members(scene.topology)
        .filter(|(host, _)| is_lacking(host))
        .map(|(host, order)| {
            let step = steps::write_certificates(&host.name, decision.order(order), settings.manager);
            chain(&host.name, vec![step])
        })
        .collect()
}

/// The first control plane asks with a certificate of its own; and nobody else's objects may be there.
fn before_init(scene: &Scene, cluster: &Cluster, decision: &Decision) -> Vec<Step> {
    let first = scene.topology.with_role(Role::Etcd).next();
    let see_empty = first
        .filter(|_| matches!(cluster, Cluster::Absent(_)))
        .map(|etcd| steps::see_empty(&etcd.name, &scene.topology.kubeadm.cri_socket));
    see_empty
        .into_iter()
        .chain([client_certificate(scene, decision, cluster.via())])
        .collect()
}

fn client_certificate(scene: &Scene, decision: &Decision, host: &Host) -> Step {
    let settings = &scene.topology.external_etcd;
    let order = decision.order(Order::for_clients(settings));
    steps::write_client_certificate(&host.name, order, settings.manager)
}
