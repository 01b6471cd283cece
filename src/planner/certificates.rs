//! How the certificates that control planes share reach one that joins: sealed in the cluster, or from host to host.

use super::decision::Joins;
use super::{Cluster, Scene, chain};
use crate::error::Problem;
use crate::plan::{Chain, Step, StepId};
use crate::remote::files;
use crate::steps::{self, handover, secrets};
use crate::topology::{CertificateRoute, Host, Role};
use crate::values::Bundle;

/// What is done once, before any control plane joins; after init kubeadm has uploaded them itself.
pub(super) fn ahead(scene: &Scene, cluster: &Cluster, joins: &Joins) -> Option<Chain> {
    if !joins.control_planes.iter().any(|(_, way)| way.is_join()) {
        return None;
    }
    match scene.topology.certificates {
        CertificateRoute::Upload => {
            let there = cluster.there()?;
            let upload = secrets::upload_certificates(&there.via.name);
            Some(chain(&there.via.name, vec![upload]))
        }
        CertificateRoute::Ssh => {
            let source = source(scene, cluster);
            let files = files::shared_certificates(scene.topology.etcd);
            let read = handover::read(&source.name, Bundle::ControlPlane, &files);
            Some(chain(&source.name, vec![read]))
        }
    }
}

/// What is handed to a host before it joins, and after whatever clears it: a reset takes it away.
pub(super) fn handed(scene: &Scene, cluster: &Cluster, joiner: &Host) -> Option<Step> {
    let is_handed = scene.topology.certificates == CertificateRoute::Ssh;
    is_handed.then(|| {
        let source = source(scene, cluster);
        let files = files::shared_certificates(scene.topology.etcd);
        handover::write(&joiner.name, &source.name, Bundle::ControlPlane, &files)
    })
}

/// A control plane that has them: the one that speaks for the cluster, if it does.
fn source<'a>(scene: &Scene<'a>, cluster: &Cluster<'a>) -> &'a Host {
    let via = cluster.via();
    let has_them = |host: &&Host| {
        let facts = scene.facts(&host.name);
        facts.is_some_and(|facts| facts.kubernetes.has_ca_key)
    };
    let planes = scene.answered(Role::ControlPlane).map(|(host, _)| host);
    let mut holders = [via].into_iter().chain(planes).filter(has_them);
    // Before init nobody has them, and afterwards the first.
    holders
        .next()
        .filter(|_| cluster.there().is_some())
        .unwrap_or(via)
}

/// Before a later join the uploaded certificates are looked at, and uploaded again when they are old.
pub(super) fn refreshed(scene: &Scene, cluster: &Cluster, before: &Host) -> Result<Vec<Step>, Vec<Problem>> {
    if scene.topology.certificates == CertificateRoute::Ssh {
        return Ok(Vec::new());
    }
    let via = cluster.via();
    let file = files::upload_certs(scene.topology, via, scene.kubeadm(&via.name))
        .map_err(|problem| vec![problem])?;
    let mut write = steps::files::put_transient(&via.name, &file);
    write.id = StepId(format!("{}/write-upload-file-for-{}", via.name, before.name));
    Ok(vec![
        write,
        secrets::refresh_certificates(&via.name, &before.name),
    ])
}
