//! `kubeadm init`, and the CA that it makes.

use super::commands;
use crate::plan::{ChangeBuilder, Step};
use crate::remote::diagnostics::commands::failure_diagnostics;
use crate::remote::timeouts::{HEALTHY, KUBEADM, QUICK};
use crate::topology::{Host, Topology};
use crate::values::Slot;

/// What the phase `upload-certs` of an init that is finished takes the place of.
const UPLOADED: &str =
    "the existing Secret kubeadm-certs, if this init or hawser created it, or if its owner has expired";

/// Where a cluster is initialised, and by what it is seen.
pub struct Initialised<'a> {
    /// Its first control plane.
    pub host: &'a Host,
    /// `https://address:port` of the host's own API server.
    pub server: &'a str,
    /// The `DaemonSet` that init makes last, if it makes one.
    pub addon: Option<&'a str>,
}

impl Initialised<'_> {
    /// Initialises the cluster where nothing is.
    pub fn init(&self, topology: &Topology, flags: &[String]) -> ChangeBuilder {
        let command = commands::init(topology, self.host, flags);
        Step::on(&self.host.name, "init", "kubeadm init").change(command, KUBEADM)
    }

    /// Does it again where one died before its API server answered; `held` says by what it is told that no cluster is
    /// lost.
    pub fn init_again(&self, topology: &Topology, flags: &[String], held: &str) -> ChangeBuilder {
        let command = commands::init_again(topology, self.host, flags);
        let what = format!(
            "the kubeconfigs and manifests that an unfinished init left in /etc/kubernetes on {}; certificates and etcd data \
             stay (no API server answers there, and {held})",
            self.host.name
        );
        Step::on(
            &self.host.name,
            "init",
            "rerun kubeadm init: the earlier one ended without an API server",
        )
        .change(command, KUBEADM)
        .destroys([what])
    }

    /// Does the last phases of one whose API server answers.
    pub fn finish(&self, phases: &[String]) -> ChangeBuilder {
        let step = Step::on(
            &self.host.name,
            "finish-init",
            format!("finish kubeadm init: {}", phases.join(", ")),
        );
        if !phases.iter().any(|phase| phase == "upload-certs") {
            return step.change(commands::finish_init(self.server, phases), KUBEADM);
        }
        let command = commands::finish_init_with_certificates(self.server, phases);
        step.change(command, KUBEADM).destroys([UPLOADED.to_owned()])
    }

    /// The change, until it is so, and the CA that kubeadm made.
    pub fn steps(&self, change: ChangeBuilder) -> [Step; 2] {
        let init = change
            .until(commands::is_initialised(self.server, self.addon), HEALTHY)
            .diagnostics(failure_diagnostics());
        let read = Step::on(&self.host.name, "read-ca", "read the cluster's CA certificate").read(
            commands::read_ca(),
            QUICK,
            Slot::CaHash,
        );
        [init, read]
    }
}
