//! The steps that clear what goes before a host joins again.

use super::clearing::{Clearing, Leftovers, ListedMember};
use super::hosts;
use super::situation::Situation;
use crate::facts::EtcdDirectory;
use crate::plan::Step;
use crate::remote::probe::etcd_data as data_directory;
use crate::remote::removal;
use crate::remote::removal::Expected;
use crate::topology::{EtcdTopology, Host, Role};

/// The steps, in their order. The host is stopped before its member and its node object go: a running kubelet would
/// register the node again. Whether etcd can do without the member is asked before anything of the host is touched.
pub(super) fn clearing_steps(situation: &Situation, host: &Host, found: &Clearing) -> Vec<Step> {
    let (via, name) = (situation.cluster.reference_node(), &host.name);
    let server = situation.api_url(via);
    let socket = &situation.topology.kubeadm.cri_socket;
    let member = found.listed_member.as_ref().map(|listed| removal::Member {
        id: &listed.id,
        of: name,
        sum: &listed.quorum,
    });
    let mut steps = Vec::new();
    if found.leftovers.is_some() && found.node_object.is_some() {
        steps.push(removal::check_pods(&via.name, &server, name));
    }
    if let Some(member) = member {
        let directory = directory_of(situation, via);
        steps.push(removal::check_quorum(&via.name, member, socket));
        steps.push(removal::save_snapshot(&via.name, member, (socket, directory)));
    }
    steps.extend(
        found
            .leftovers
            .as_ref()
            .and_then(|left| reset(situation, host, found.listed_member.as_ref(), left)),
    );
    steps.extend(member.map(|member| removal::remove_member(&via.name, member, socket)));
    if let Some(node) = &found.node_object {
        steps.extend(
            node.awaits_not_ready
                .then(|| removal::await_not_ready(&via.name, &server, name)),
        );
        steps.push(removal::delete_node(
            &via.name,
            &server,
            name,
            node.uid.as_deref(),
        ));
    }
    if found.leftovers.is_some() {
        steps.extend(hosts::files_lost_in_a_reset(situation, host));
    }
    steps
}

/// Where a member that runs keeps its data: as its own data tells, else as the inventory does.
fn directory_of<'a>(situation: &Situation<'a>, host: &Host) -> &'a str {
    let found = situation
        .facts(&host.name)
        .map(|facts| &facts.kubernetes.etcd_data);
    let cluster = &situation.cluster;
    let member = cluster.members().iter().find(|member| member.is_of(host));
    let is_its = |found: &&EtcdDirectory| member.is_some_and(|member| found.is_of(cluster.etcd_id(), member));
    let own = found.and_then(|found| found.iter().find(is_its));
    own.map_or_else(|| data_directory(situation.topology), |own| own.path.as_str())
}

fn reset(
    situation: &Situation,
    host: &Host,
    member: Option<&ListedMember>,
    left: &Leftovers,
) -> Option<Step> {
    let facts = situation.facts(&host.name)?;
    let role = if host.is(Role::ControlPlane) {
        Role::ControlPlane
    } else {
        Role::Worker
    };
    let data = left.data.as_ref();
    let expected = Expected {
        cri_socket: &situation.topology.kubeadm.cri_socket,
        etcd_directory: data_directory(situation.topology),
        role,
        ca: facts.kubernetes.ca.as_deref(),
        server: &situation.api_url(host),
        learns: member.is_some_and(|listed| listed.is_learner),
        has_etcd_elsewhere: situation.topology.etcd == EtcdTopology::External,
        has_ca_key: facts.kubernetes.has_ca_key,
        data: data.map(|data| (data.path.as_str(), data.sha256.as_str())),
    };
    Some(removal::reset(&host.name, &expected, &facts.kubernetes.manifests))
}
