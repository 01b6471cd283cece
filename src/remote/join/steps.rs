//! What kubeadm reads, that it reads all of it, and the joins: steps, made by `plan::step_builder`.
//!
//! Control planes join one at a time: etcd must have all its members before its list changes again (kubeadm up to 1.28
//! adds a voter, so that from one to two there is no quorum until the newcomer runs).

use std::time::Duration;

use super::commands;
use crate::plan::Step;
use crate::remote::diagnostics::commands::failure_diagnostics;
use crate::remote::files::RenderedFile;
use crate::remote::host_files as files;
use crate::remote::timeouts::{HEALTHY, KUBEADM, QUICK};
use crate::topology::{Host, HostName, Role};

/// Asked once: what kubeadm thinks of a file does not change by waiting.
const AT_ONCE: Duration = Duration::ZERO;

/// Puts kubeadm's configuration and the patches beside it in place, and has kubeadm read the configuration strictly:
/// init and join would only warn about a field that they do not know, and go on without it.
pub fn prepare(host: &HostName, configuration: &RenderedFile, patches: &[RenderedFile]) -> Vec<Step> {
    let mut steps: Vec<Step> = patches
        .iter()
        .chain([configuration])
        .map(|file| files::put_transient(host, file))
        .collect();
    let title = "check that kubeadm accepts its configuration";
    let question = commands::reads_configuration(&configuration.path);
    steps.push(Step::on(host, "check-configuration", title).wait(question, AT_ONCE));
    steps
}

/// Joins a host to the control plane.
pub fn as_control_plane(host: &Host, server: &str, flags: &[String]) -> Step {
    Step::on(&host.name, "join", "kubeadm join as a control plane")
        .change(commands::join(flags), KUBEADM)
        .until(commands::has_joined(Role::ControlPlane, server), HEALTHY)
        .diagnostics(failure_diagnostics())
}

/// Joins a host as a worker.
pub fn as_worker(host: &Host, flags: &[String]) -> Step {
    Step::on(&host.name, "join", "kubeadm join as a worker")
        .change(commands::join(flags), KUBEADM)
        .until(commands::has_joined(Role::Worker, "-"), QUICK)
        .diagnostics(failure_diagnostics())
}
