//! What a host's kubeadm is given to read, and what it is told besides.

use super::inputs::Inputs;
use crate::error::Problem;
use crate::plan::Step;
use crate::remote::files::{self, RenderedFile};
use crate::remote::join;
use crate::topology::Host;

/// Puts in place what init reads.
pub(super) fn for_init(inputs: &Inputs, host: &Host) -> Result<Vec<Step>, Problem> {
    let file = files::init(inputs.topology, host, inputs.kubeadm_version(&host.name))?;
    prepare_files(inputs, host, &file)
}

/// Puts in place what the static pod of an etcd host is made from.
pub(super) fn for_etcd(
    inputs: &Inputs,
    host: &Host,
    beginning: &files::etcd::Beginning,
) -> Result<Vec<Step>, Problem> {
    let version = inputs.kubeadm_version(&host.name);
    let file = files::etcd::kubeadm_file(inputs.topology, host, version, beginning)?;
    prepare_files(inputs, host, &file)
}

/// What kubeadm is told by flags, as its configuration has no field for it.
pub(super) fn patch_flags(inputs: &Inputs, host: &Host) -> Result<Vec<String>, Problem> {
    files::patch_flags(inputs.topology, host, inputs.kubeadm_version(&host.name))
}

/// Puts a configuration in place, and the patches beside it.
pub(super) fn prepare_files(inputs: &Inputs, host: &Host, file: &RenderedFile) -> Result<Vec<Step>, Problem> {
    let patches = files::patches(inputs.topology, host, inputs.kubeadm_version(&host.name))?;
    Ok(join::prepare(&host.name, file, &patches))
}
