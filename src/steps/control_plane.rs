//! `kubeadm init` and the joins of control planes.
//!
//! One host at a time: etcd must have all its members before its list changes again (kubeadm up to 1.28 adds a voter,
//! so that from one to two there is no quorum until the newcomer runs).

use super::{KUBEADM, QUICK, WELL};
use crate::plan::{ChangeDraft, Step};
use crate::remote::files::etcd_servers_flag;
use crate::remote::{RemoteCommand, kubernetes};
use crate::topology::{Host, HostName, Role};
use crate::values::Slot;

/// What the phase `upload-certs` of an init that is finished takes the place of.
const UPLOADED: &str =
    "the Secret kubeadm-certs, if this init or hawser created the existing one, or its owner has expired";

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
    pub fn init(&self, command: RemoteCommand) -> ChangeDraft {
        Step::on(&self.host.name, "init", "kubeadm init").change(command, KUBEADM)
    }

    /// Does it again where one died before its API server answered; `held` says by what it is told that no cluster is lost.
    pub fn init_again(&self, command: RemoteCommand, held: &str) -> ChangeDraft {
        let what = format!(
            "kubeconfigs and manifests in /etc/kubernetes that an init has left on {} are written again, certificates and etcd's \
             data stay: no API server answers there, and {held}",
            self.host.name
        );
        Step::on(
            &self.host.name,
            "init",
            "kubeadm init again: the last one ended without an API server",
        )
        .change(command, KUBEADM)
        .destroys([what])
    }

    /// Does the last phases of one whose API server answers.
    pub fn finish(&self, phases: &[String]) -> ChangeDraft {
        let step = Step::on(
            &self.host.name,
            "finish-init",
            format!("finish kubeadm init: {}", phases.join(", ")),
        );
        if !phases.iter().any(|phase| phase == "upload-certs") {
            return step.change(kubernetes::finish_init(self.server, phases), KUBEADM);
        }
        let command = kubernetes::finish_init_with_certificates(self.server, phases);
        step.change(command, KUBEADM).destroys([UPLOADED.to_owned()])
    }

    /// The change, until it is so, and the CA that kubeadm made.
    pub fn steps(&self, change: ChangeDraft) -> [Step; 2] {
        let init = change
            .until(kubernetes::is_initialised(self.server, self.addon), WELL)
            .diagnostics(kubernetes::failure_story());
        let read = Step::on(&self.host.name, "read-ca", "read the cluster's CA certificate").read(
            kubernetes::read_ca(),
            QUICK,
            Slot::CaHash,
        );
        [init, read]
    }
}

/// Applies the pod network, as a user would.
pub fn apply_pod_network(via: &HostName, server: &str, documents: &str) -> Step {
    Step::on(via, "apply-pod-network", "kubectl apply the pod network")
        .change(kubernetes::apply_manifests(server, documents), QUICK)
        .once()
}

/// Waits until a node is Ready, asked at `server`.
pub fn await_ready(via: &HostName, server: &str, node: &HostName) -> Step {
    Step::on(
        via,
        &format!("await-ready-{node}"),
        format!("wait for node {node} to be Ready"),
    )
    .wait(kubernetes::node_is_ready(server, node), WELL)
}

/// Waits until kube-system's `DaemonSet`s (kube-proxy, the pod network) have their pods.
pub fn await_daemon_sets(via: &HostName, server: &str) -> Step {
    Step::on(
        via,
        "await-daemon-sets",
        "wait for the DaemonSets of kube-system to be available",
    )
    .wait(kubernetes::daemon_sets_are_available(server), WELL)
}

/// Waits until a control plane's own components are well, each asked by its health endpoint.
pub fn await_well(on: &HostName, server: &str) -> Step {
    Step::on(
        on,
        "await-healthy",
        "wait for API server, controller manager and scheduler to be healthy",
    )
    .wait(kubernetes::control_plane_is_well(server), WELL)
}

/// Tells kubeadm of etcd's members: what later joins are told.
pub fn follow_etcd_in_kubeadm(via: &HostName, server: &str, (old, new): (&str, &str)) -> Step {
    Step::on(
        via,
        "follow-etcd-in-kubeadm-config",
        "write etcd's endpoints into the ConfigMap kubeadm-config",
    )
    .change(kubernetes::replace_cluster_configuration(server, old, new), QUICK)
    .until(kubernetes::cluster_configuration_is(server, new), QUICK)
}

/// Waits until the API server of a control plane runs with these endpoints of etcd and is well; the kubelet starts it.
pub fn await_etcd_servers(on: &HostName, server: &str, endpoints: &[String]) -> Step {
    let flag = etcd_servers_flag(endpoints);
    Step::on(
        on,
        "await-etcd-servers",
        format!(
            "wait for its API server to be healthy, with {} etcd members",
            endpoints.len()
        ),
    )
    .wait(kubernetes::api_server_runs_with(server, &flag), WELL)
    .diagnostics(kubernetes::failure_story())
}

/// Joins a host to the control plane.
pub fn join(host: &Host, server: &str, flags: &[String]) -> Step {
    Step::on(&host.name, "join", "kubeadm join as a control plane")
        .change(kubernetes::join(flags), KUBEADM)
        .until(kubernetes::has_joined(Role::ControlPlane, server), WELL)
        .diagnostics(kubernetes::failure_story())
}
