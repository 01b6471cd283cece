//! etcd on hosts of its own: certificates, the member and what runs it.
//!
//! All members of a new cluster are started before any is waited for: none is ready before there is a quorum.

use std::time::Duration;

use super::commands as etcd;
use crate::facts::{FileFact, OldestEtcd};
use crate::pki::{AUTHORITY_CERTIFICATE, AUTHORITY_KEY, Order};
use crate::plan::Step;
use crate::remote::certificate_transfer::commands::files_are;
use crate::remote::certificate_transfer::{self, HandedFile, Replaced};
use crate::remote::diagnostics::commands::etcd_diagnostics;
use crate::remote::files::RenderedFile;
use crate::remote::files::etcd::certificates;
use crate::remote::host_files::{self as files, Validator};
use crate::remote::timeouts::{HEALTHY, KUBEADM, QUICK};
use crate::topology::{EtcdManager, HostName};
use crate::values::Bundle;

/// Reads the authority and its key on an etcd host, to sign with.
pub fn read_authority(from: &HostName) -> Step {
    let files = [AUTHORITY_CERTIFICATE, AUTHORITY_KEY].map(HandedFile::of_root);
    certificate_transfer::read(from, Bundle::EtcdAuthority, &files)
}

/// Makes a member's certificates and keys, and writes them on its host, in the place of what the plan saw there.
pub fn write_certificates(on: &HostName, order: Order, manager: EtcdManager, replaced: &Replaced) -> Step {
    let files = certificates(&order, manager);
    let title = if order.may_make_authority {
        "create the etcd CA and the member's certificates, and write them"
    } else {
        "create the member's certificates, and write them"
    };
    let question = files_are(order.bundle, &files);
    certificate_transfer::put(on, title.to_owned(), order.bundle, &files, replaced)
        .issue(order, question, QUICK)
}

/// Makes the API servers' client certificate and key for etcd, and writes them on a control plane.
pub fn write_client_certificate(
    on: &HostName,
    order: Order,
    manager: EtcdManager,
    replaced: &Replaced,
) -> Step {
    let files = certificates(&order, manager);
    let title = "create the API servers' client certificate for etcd, and write it".to_owned();
    let question = files_are(order.bundle, &files);
    certificate_transfer::put(on, title, order.bundle, &files, replaced).issue(order, question, QUICK)
}

/// Writes a file of what runs etcd, where it differs.
pub fn write(on: &HostName, file: &RenderedFile, found: Option<&FileFact>) -> Option<Step> {
    files::put(on, file, found, Validator::None)
}

/// Writes etcd's static pod from what kubeadm reads.
pub fn write_manifest(on: &HostName, flags: &[String], data_directory: &str, initial_cluster: &str) -> Step {
    Step::on(on, "write-etcd-manifest", "write etcd's static pod")
        .change(etcd::write_manifest(flags), KUBEADM)
        .until(etcd::manifest_is(&on.0, data_directory, initial_cluster), QUICK)
}

/// Sees that the etcd that was installed in this run is one that kubeadm takes.
pub fn see_new_enough(on: &HostName, oldest: &OldestEtcd) -> Step {
    let title = format!(
        "check that etcd is {} or newer, as kubeadm {} requires",
        oldest.version, oldest.kubeadm
    );
    Step::on(on, "check-etcd-new-enough", title)
        .wait(etcd::is_new_enough(oldest.version, oldest.kubeadm), SEEN)
}

/// Starts a member, and waits until it answers: one that votes with a quorum behind it, a learner by itself.
pub fn start(
    on: &HostName,
    (manager, data_directory): (EtcdManager, &str),
    cri_socket: &str,
    learns: bool,
) -> Step {
    let answers = if learns {
        etcd::runs(cri_socket)
    } else {
        etcd::is_well(cri_socket)
    };
    let title = match manager {
        EtcdManager::Kubelet => "start etcd: the kubelet runs its static pod",
        EtcdManager::Systemd => "start etcd",
    };
    Step::on(on, "start-etcd", title)
        .change(etcd::start(manager, data_directory), QUICK)
        .until(answers, HEALTHY)
        .diagnostics(etcd_diagnostics(manager))
}

/// Waits until all members are healthy and follow one leader.
pub fn await_leader(on: &HostName, cri_socket: &str, members: usize) -> Step {
    Step::on(
        on,
        "await-etcd-leader",
        format!("wait for {members} etcd members to be healthy, with one leader"),
    )
    .wait(etcd::has_one_leader(cri_socket, members), HEALTHY)
}

/// Sees that no Kubernetes cluster keeps its objects there, right before one is initialised.
pub fn see_empty(on: &HostName, cri_socket: &str) -> Step {
    Step::on(
        on,
        "check-etcd-empty",
        "check that etcd holds no objects of a cluster",
    )
    .wait(etcd::is_empty(cri_socket), SEEN)
}

/// Where an init is done again that came to no API server: no more than it writes itself may be there.
pub fn see_no_cluster(on: &HostName, cri_socket: &str) -> Step {
    Step::on(
        on,
        "check-etcd-without-cluster",
        "check that etcd holds only what an init writes",
    )
    .wait(etcd::holds_no_cluster(cri_socket), SEEN)
}

/// A member that answers does so within seconds.
const SEEN: Duration = Duration::from_secs(10);
