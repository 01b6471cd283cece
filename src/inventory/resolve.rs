//! From what is written to what is meant.

use super::managed_paths::ManagedPaths;
use super::mistake::Mistakes;
use super::place::Place;
use super::workstation::Workstation;
use super::written::Inventory;
use super::{
    cluster, endpoint, etcd, files, hosts, images, manifests, networks, preparation, roles, ssh, templates,
};
use crate::topology::Topology;

/// The topology; `None` only where a mistake was found.
pub(super) fn resolve(
    inventory: &Inventory,
    workstation: &Workstation,
    mistakes: &mut Mistakes,
) -> Option<Topology> {
    let root = Place::root();
    let cluster = cluster::resolve(inventory.cluster.as_ref(), &root.key("cluster"), mistakes);
    let kubeadm = cluster::kubeadm(
        inventory.kubeadm.as_ref(),
        &root.key("kubeadm"),
        workstation,
        mistakes,
    );
    let external_etcd = etcd::resolve(inventory.etcd.as_ref(), cluster.etcd, workstation, mistakes);
    etcd::refuse_local(cluster.etcd, &kubeadm, mistakes);
    etcd::refuse_patches(cluster.etcd, &external_etcd, &kubeadm, mistakes);
    let ssh = ssh::resolve(inventory.ssh.as_ref(), &root.key("ssh"), workstation, mistakes);
    let hosts = hosts::resolve(inventory.hosts.as_ref(), &ssh, workstation, mistakes);
    let networks = networks::resolve(inventory.networks.as_ref(), &hosts, &kubeadm, mistakes);
    let endpoint = endpoint::resolve(inventory.endpoint.as_ref(), &hosts, &networks, mistakes);
    roles::check(&hosts, cluster.etcd, &endpoint.ports(cluster.api_port), mistakes);
    let manifests = manifests::resolve(inventory.pod_network.as_ref(), workstation, mistakes);
    let pod_network_ports = manifests::ports(inventory.pod_network.as_ref(), mistakes);
    let images = images::resolve(inventory.images.as_ref(), workstation, mistakes);
    let preparation = preparation::resolve(inventory, &cluster, &kubeadm, workstation, mistakes);
    let own = ManagedPaths {
        hosts_file: endpoint
            .proved
            .as_ref()
            .is_some_and(|endpoint| endpoint.hosts_file),
        etcd: cluster.etcd,
        external_etcd: &external_etcd,
        preparation: preparation.as_ref(),
    };
    let files = files::resolve(&inventory.files, &own, workstation, mistakes);
    let templates = inventory
        .templates
        .as_deref()
        .map(|folder| templates::read(&workstation.path(folder)));
    let templates = templates.and_then(|read| mistakes.check(&root.key("templates"), read));
    Some(Topology {
        cluster: cluster.name?,
        version: cluster.version?,
        etcd: cluster.etcd,
        external_etcd,
        certificates: cluster.certificates,
        image_repository: cluster.image_repository,
        images,
        endpoint: endpoint.proved?,
        networks,
        api_port: cluster.api_port,
        workers_at_once: cluster.workers_at_once,
        manifests,
        pod_network_ports,
        kubeadm,
        preparation,
        files,
        templates: templates.unwrap_or_default(),
        ssh: ssh.run,
        hosts: hosts.into_iter().map(|draft| draft.host).collect::<Option<_>>()?,
    })
}
