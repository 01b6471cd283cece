//! Images, ahead of init and the joins: the longest step, out of etcd's join window.

use std::time::Duration;

use crate::plan::Step;
use crate::remote::host::pull_images;
use crate::topology::HostName;

/// For a slow registry: about 700 MB on a control plane.
const PULL: Duration = Duration::from_secs(30 * 60);

/// Pulls what a host lacks, by the container runtime at `cri_socket`.
pub fn pull(host: &HostName, cri_socket: &str, missing: &[String]) -> Step {
    let describe = format!("pull {} images: {}", missing.len(), missing.join(", "));
    Step::on(host, "pull-images", describe).change(pull_images(cri_socket, missing), PULL)
}
