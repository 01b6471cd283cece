//! The user's patches of what kubeadm writes: where they lie, and how kubeadm is told.
//!
//! They lie below /run/hawser while kubeadm runs, so that no patch that the inventory has dropped can be left on a
//! host. Whatever runs kubeadm later (an upgrade renders manifests anew) brings them again.

use super::{ApiVersion, api_version};
use crate::error::Problem;
use crate::remote::files::RenderedFile;
use crate::remote::files::template::{self, Needed};
use crate::topology::{Host, Patch, RUN_FOLDER, Topology, Version};
use crate::versions::kubernetes;

/// Where kubeadm finds them.
fn patches_folder() -> String {
    format!("{RUN_FOLDER}/patches")
}

/// The patches that a host's kubeadm applies: all of them on a node, and etcd's where etcd alone is its matter. Errors:
/// one that it would leave out, as it does not know what to patch.
pub fn patches(topology: &Topology, host: &Host, kubeadm: Version) -> Result<Vec<RenderedFile>, Problem> {
    if let Some(patch) = of_host(topology, host).find(|patch| !kubernetes::patches(kubeadm, &patch.target)) {
        return Err(Problem::Usage {
            message: format!(
                "{}: kubeadm {kubeadm} would leave out the patch {}: it does not know {}",
                host.name, patch.name, patch.target
            ),
            hint:
                "take it out of the folder that `patches` under [kubeadm] names, or install a newer kubeadm"
                    .to_owned(),
        });
    }
    let folder = patches_folder();
    let file =
        |patch: &Patch| RenderedFile::of_root(&format!("{folder}/{}", patch.name), 0o600, &patch.content);
    Ok(of_host(topology, host).map(file).collect())
}

fn of_host<'a>(topology: &'a Topology, host: &Host) -> impl Iterator<Item = &'a Patch> {
    let is_node = host.is_node();
    let patches = topology.kubeadm.patches.iter();
    patches.filter(move |patch| is_node || patch.target == "etcd")
}

/// How kubeadm is told of patches where v1beta2 has no field for them; the flag may stand beside
/// `--config` (kubeadm 1.20's `isAllowedFlag`).
pub fn patch_flags(topology: &Topology, host: &Host, kubeadm: Version) -> Result<Vec<String>, Problem> {
    let is_flag = !api_version(host, kubeadm)?.has_patches();
    let has_any = of_host(topology, host).next().is_some();
    Ok((is_flag && has_any)
        .then(|| format!("--experimental-patches={}", patches_folder()))
        .into_iter()
        .collect())
}

/// What a document says of them, where its version has a field.
pub(in crate::remote::files) fn folder(topology: &Topology, host: &Host, api: ApiVersion) -> Option<String> {
    (api.has_patches() && of_host(topology, host).next().is_some()).then(patches_folder)
}

/// That a template still names the folder.
pub(in crate::remote::files) fn check(
    topology: &Topology,
    name: &str,
    text: &str,
    folder: Option<&str>,
) -> Result<(), Problem> {
    let needed = Needed {
        what: "the folder of the patches",
        is_there: folder.is_none_or(|folder| text.contains(folder)),
        hint: "write `patches:` with `directory: {{ patches | quoted }}` below it",
    };
    template::check(&topology.templates, name, &[needed])
}
