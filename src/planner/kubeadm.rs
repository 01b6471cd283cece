//! What a host's kubeadm is given to read, and what it is told besides.

use super::{Cluster, Scene};
use crate::error::Problem;
use crate::plan::Step;
use crate::remote::files::{self, RenderedFile};
use crate::steps::kubeadm;
use crate::topology::{Host, Role};
use crate::values::Slot;

/// Puts in place what init reads.
pub(super) fn for_init(scene: &Scene, host: &Host) -> Result<Vec<Step>, Problem> {
    let file = files::init(scene.topology, host, scene.kubeadm(&host.name))?;
    prepared(scene, host, &file)
}

/// Puts in place what a join reads, with the CA's hash in it where the cluster is already there.
pub(super) fn for_join(scene: &Scene, cluster: &Cluster, host: &Host) -> Result<Vec<Step>, Problem> {
    let version = scene.kubeadm(&host.name);
    let mut file = if host.is(Role::ControlPlane) {
        files::join_control_plane(scene.topology, host, version)?
    } else {
        files::join_worker(scene.topology, host, version)?
    };
    if let Some(there) = cluster.there() {
        file.content = file.content.with(Slot::CaHash, &there.ca_hash);
    }
    prepared(scene, host, &file)
}

/// Puts in place what the static pod of an etcd host is made from.
pub(super) fn for_etcd(
    scene: &Scene,
    host: &Host,
    beginning: &files::etcd::Beginning,
) -> Result<Vec<Step>, Problem> {
    let version = scene.kubeadm(&host.name);
    let file = files::etcd::kubeadm_file(scene.topology, host, version, beginning)?;
    prepared(scene, host, &file)
}

/// What kubeadm is told by flags, as its configuration has no field for it.
pub(super) fn flags(scene: &Scene, host: &Host) -> Result<Vec<String>, Problem> {
    files::patch_flags(scene.topology, host, scene.kubeadm(&host.name))
}

fn prepared(scene: &Scene, host: &Host, file: &RenderedFile) -> Result<Vec<Step>, Problem> {
    let patches = files::patches(scene.topology, host, scene.kubeadm(&host.name))?;
    Ok(kubeadm::prepare(&host.name, file, &patches))
}
