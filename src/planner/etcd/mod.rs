//! etcd on hosts of its own: who lacks certificates, whose member is started, and what API servers get to ask it with.

mod notes;
mod refusals;
mod unapplied;

use std::collections::BTreeSet;

use super::limit::named;
use super::{ALL_AT_ONCE, Cluster, Scene, chain, is_within, kubeadm, phase};
use crate::error::Problem;
use crate::facts::{CertificateFact, EtcdFacts, HostFacts, Observed, client_left};
use crate::pki::{Leaf, Order};
use crate::plan::{Chain, Phase, Step};
use crate::remote::files::RenderedFile;
use crate::remote::files::etcd as files;
use crate::steps::etcd as steps;
use crate::topology::{EtcdManager, EtcdSettings, EtcdTopology, Host, HostName, Role};

pub(super) use notes::gather as notes;
pub(super) use refusals::{holds_a_cluster, programs};

/// What is to be done on the etcd hosts; nothing where etcd is stacked.
#[derive(Default)]
pub(super) struct Decision<'a> {
    /// Hosts whose certificates are not all there, in use, and signed by the authority.
    lacking: Vec<&'a Host>,
    /// Hosts whose member is not well.
    down: Vec<&'a Host>,
    /// Control planes whose certificate for asking etcd comes to its end.
    clients: Vec<&'a Host>,
    /// A host that has the authority with its key.
    authority: Option<&'a Host>,
}

/// Looks at every etcd host, or refuses with every reason.
pub(super) fn decide<'a>(
    scene: &Scene<'a>,
    limit: &BTreeSet<HostName>,
) -> Result<Decision<'a>, Vec<Problem>> {
    let hosts: Vec<(&Host, &EtcdFacts)> = hosts(scene).collect();
    refusals::check(scene, &hosts)?;
    let having_key = |(_, facts): &&(&Host, &EtcdFacts)| facts.authority.is_some() && facts.has_authority_key;
    let of = |is_so: &dyn Fn(&Host, &EtcdFacts) -> bool| {
        let hosts = hosts.iter().filter(|(host, facts)| is_so(host, facts));
        hosts.map(|(host, _)| *host).collect::<Vec<_>>()
    };
    let settings = &scene.topology.external_etcd;
    let decision = Decision {
        lacking: of(&|host, facts| lacks_certificates(settings, host, facts)),
        down: of(&|host, facts| !facts.is_well(host)),
        clients: ending_clients(scene, &hosts),
        authority: hosts.iter().find(having_key).map(|(host, _)| *host),
    };
    decision.is_within(limit)?;
    Ok(decision)
}

/// The etcd hosts, as far as they answered. Stacked members are looked at with their control planes.
fn hosts<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a Host, &'a EtcdFacts)> {
    scene
        .answered(Role::Etcd)
        .filter_map(|(host, facts)| Some((host, facts.etcd.as_ref()?)))
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
    /// Whether a member is started, or its certificates are made.
    fn touched(&self) -> BTreeSet<&HostName> {
        let hosts = self.lacking.iter().chain(&self.down);
        hosts.map(|host| &host.name).collect()
    }

    /// Whether a kubelet is to run etcd on a host where none does.
    pub(super) fn starts_pod(&self, scene: &Scene, host: &Host) -> bool {
        let is_pod = scene.topology.external_etcd.manager == EtcdManager::Kubelet;
        is_pod && self.down.iter().any(|down| down.name == host.name)
    }

    /// Members start together, or none does.
    fn is_within(&self, limit: &BTreeSet<HostName>) -> Result<(), Vec<Problem>> {
        let touched = self.touched();
        let (within, without): (Vec<&HostName>, Vec<&HostName>) =
            touched.into_iter().partition(|host| is_within(limit, host));
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
) -> Result<Vec<Phase>, Vec<Problem>> {
    if scene.topology.etcd == EtcdTopology::Stacked {
        return Ok(Vec::new());
    }
    let down: Result<Vec<Chain>, Problem> = decision
        .down
        .iter()
        .map(|host| Ok(chain(&host.name, member(scene, host)?)))
        .collect();
    let mut phases = vec![
        read_authority(scene, cluster, decision),
        phase("etcd's certificates", ALL_AT_ONCE, certificates(scene, decision)),
        phase("etcd", ALL_AT_ONCE, down?),
    ];
    let members = scene.topology.with_role(Role::Etcd).count();
    if let Some(first) = decision.down.first() {
        let seen = steps::await_leader(&first.name, &scene.topology.kubeadm.cri_socket, members);
        phases.push(phase(
            "etcd has a leader",
            1,
            vec![chain(&first.name, vec![seen])],
        ));
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
fn read_authority(scene: &Scene, cluster: &Cluster, decision: &Decision) -> Phase {
    let is_own = scene.topology.external_etcd.authority.is_some();
    let init = cluster.is_to_be_initialised().then(|| cluster.via());
    let lacking = decision.lacking.iter().chain(&decision.clients).next().copied();
    let needed_by = lacking.or(init);
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

/// What makes a member run on its host.
fn member(scene: &Scene, host: &Host) -> Result<Vec<Step>, Problem> {
    let topology = scene.topology;
    let settings = &topology.external_etcd;
    let mut all = Vec::new();
    for file in runner(scene, host)? {
        all.extend(steps::write(
            &host.name,
            &file,
            scene.file(&host.name, &file.path),
        ));
    }
    if settings.manager == EtcdManager::Kubelet {
        all.extend(kubeadm::for_etcd(scene, host)?);
        all.push(steps::write_manifest(
            &host.name,
            &kubeadm::flags(scene, host)?,
            &settings.data_directory,
            &files::initial_cluster(topology),
        ));
    }
    all.push(steps::start(
        &host.name,
        settings.manager,
        &settings.data_directory,
        &topology.kubeadm.cri_socket,
    ));
    Ok(all)
}

/// The files of what runs etcd on a host: the kubelet's, or the unit.
fn runner(scene: &Scene, host: &Host) -> Result<Vec<RenderedFile>, Problem> {
    let topology = scene.topology;
    let facts = scene.facts(&host.name);
    match topology.external_etcd.manager {
        EtcdManager::Kubelet => {
            let kubelet = facts.and_then(|facts| facts.versions.kubelet);
            let kubelet = kubelet.unwrap_or(topology.version);
            Ok(vec![
                files::kubelet_configuration(topology, kubelet)?,
                files::kubelet_drop_in(topology, host, kubelet)?,
            ])
        }
        EtcdManager::Systemd => {
            // `refusals` has seen to it that both are known.
            let etcd = facts.and_then(|facts| facts.etcd.as_ref());
            let program = etcd.and_then(|etcd| etcd.program.as_deref());
            let version = etcd.and_then(|etcd| etcd.version);
            let (program, version) = (
                program.unwrap_or(files::PROGRAM),
                version.unwrap_or(files::OLDEST),
            );
            Ok(vec![files::unit(topology, host, program, version)?])
        }
    }
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
