//! Every file that a host receives while a cluster is built, without asking a host for anything.

use std::net::IpAddr;

use super::{
    NOT_SHOWN, RenderedFile, block, etcd, haproxy, init, join_control_plane, join_worker, keepalived,
    patches, preparation, shared_certificates, upload_certs,
};
use crate::error::Problem;
use crate::pki::Order;
use crate::remote::certificate_transfer::HandedFile;
use crate::topology::{
    CertificateRoute, EtcdManager, EtcdTopology, Host, HostFile, HostName, Role, Topology, Version,
};
use crate::values::{Bundle, Content, Slot};
use crate::versions;

/// Every file that a build, or a join in a later run, writes on a host, as a kubeadm of this version reads it.
///
/// What only the hosts know stands as it is at the end, or by name: haproxy's file has all control planes as members,
/// of /etc/hosts there is the marked block alone, an interface that the inventory does not name is described, and
/// etcd's unit is for the oldest etcd, where distributions have it; the pause image is named by what it is. Errors: a
/// template that cannot be rendered, a patch or a version that hawser has no answer for.
pub fn every_file(topology: &Topology, host: &Host, kubeadm: Version) -> Result<Vec<RenderedFile>, Problem> {
    let mut files = preparation::preparation(topology, host)?;
    files.extend(user_files(topology, host));
    if let Some(block) = block(topology)? {
        files.push(RenderedFile::of_root("/etc/hosts", 0o644, &block.text));
    }
    if host.is(Role::Balancer) {
        files.extend(of_balancer(topology, host)?);
    }
    if host.is(Role::Etcd) {
        files.extend(of_etcd_host(topology, host, kubeadm)?);
    }
    if host.is_node() {
        files.extend(patches(topology, host, kubeadm)?);
        files.extend(of_node(topology, host, kubeadm)?);
    }
    Ok(files)
}

/// The files that the inventory lists for a host.
pub fn user_files(topology: &Topology, host: &Host) -> Vec<RenderedFile> {
    let for_host = |file: &&HostFile| file.roles.iter().any(|role| host.is(*role));
    let rendered = |file: &HostFile| RenderedFile {
        path: file.path.clone(),
        owner: file.owner.clone(),
        mode: file.mode,
        content: if file.secret {
            Content::hidden(file.content.clone(), NOT_SHOWN)
        } else {
            file.content.clone().into()
        },
        secret: file.secret,
    };
    topology.files.iter().filter(for_host).map(rendered).collect()
}

fn of_balancer(topology: &Topology, host: &Host) -> Result<Vec<RenderedFile>, Problem> {
    let members: Vec<HostName> = topology
        .with_role(Role::ControlPlane)
        .map(|host| host.name.clone())
        .collect();
    let mut files = vec![haproxy(topology, host, &members)?];
    if topology.endpoint.vip.is_some() {
        let interface = topology.endpoint.interface.clone();
        let interface = interface.unwrap_or_else(|| interface_of(host.address));
        files.push(keepalived(topology, host, &interface)?);
    }
    Ok(files)
}

fn interface_of(address: IpAddr) -> String {
    format!("<the interface that carries {address}>")
}

/// What another control plane hands over before the join, where nothing is uploaded.
fn handed_files(topology: &Topology) -> Vec<RenderedFile> {
    match topology.certificates {
        CertificateRoute::Upload => Vec::new(),
        CertificateRoute::Ssh => handed(Bundle::ControlPlane, shared_certificates(topology.etcd)),
    }
}

/// The certificate and key with which API servers ask etcd, where it has hosts of its own.
fn etcd_client_files(topology: &Topology) -> Vec<RenderedFile> {
    let settings = &topology.external_etcd;
    let order = Order::for_clients(settings);
    match topology.etcd {
        EtcdTopology::Stacked => Vec::new(),
        EtcdTopology::External => handed(order.bundle, etcd::certificates(&order, settings.manager)),
    }
}

fn handed(bundle: Bundle, files: Vec<HandedFile>) -> Vec<RenderedFile> {
    let rendered = |file: HandedFile| RenderedFile {
        path: file.path,
        owner: file.owner,
        mode: file.mode,
        content: Slot::Files(bundle).into(),
        secret: true,
    };
    files.into_iter().map(rendered).collect()
}

/// A member's certificates, and what runs it.
fn of_etcd_host(topology: &Topology, host: &Host, kubeadm: Version) -> Result<Vec<RenderedFile>, Problem> {
    let manager = topology.external_etcd.manager;
    let order = Order::for_members(topology).find(|(member, _)| member.name == host.name);
    let certificates = order.map(|(_, order)| handed(order.bundle, etcd::certificates(&order, manager)));
    let mut files = certificates.unwrap_or_default();
    let beginning = etcd::Beginning::together(topology.with_role(Role::Etcd));
    match manager {
        EtcdManager::Kubelet => {
            files.extend([
                etcd::kubelet_configuration(topology, kubeadm)?,
                etcd::kubelet_drop_in(topology, host, kubeadm)?,
            ]);
            files.extend(patches(topology, host, kubeadm)?);
            files.push(etcd::kubeadm_file(topology, host, kubeadm, &beginning)?);
        }
        EtcdManager::Systemd => {
            let program = etcd::Program {
                path: etcd::PROGRAM,
                version: versions::etcd::OLDEST,
                flags: None,
            };
            files.push(etcd::unit(topology, host, program, &beginning)?);
        }
    }
    Ok(files)
}

/// The first control plane initialises, and uploads what the others need; everybody else joins.
fn of_node(topology: &Topology, host: &Host, kubeadm: Version) -> Result<Vec<RenderedFile>, Problem> {
    if !host.is(Role::ControlPlane) {
        return Ok(vec![join_worker(topology, host, kubeadm)?]);
    }
    let first = topology.with_role(Role::ControlPlane).next();
    if first.is_some_and(|first| first.name != host.name) {
        let mut files = handed_files(topology);
        files.push(join_control_plane(topology, host, kubeadm)?);
        return Ok(files);
    }
    let mut files = etcd_client_files(topology);
    files.push(init(topology, host, kubeadm)?);
    files.push(upload_certs(topology, host, kubeadm)?);
    Ok(files)
}
