//! What a kubeadm command reads, and that it reads all of it.

use std::time::Duration;

use super::files;
use crate::plan::Step;
use crate::remote::files::RenderedFile;
use crate::remote::kubernetes;
use crate::topology::HostName;

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
    let question = kubernetes::reads_configuration(&configuration.path);
    steps.push(Step::on(host, "check-configuration", title).wait(question, AT_ONCE));
    steps
}
