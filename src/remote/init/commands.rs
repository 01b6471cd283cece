//! `kubeadm init`, what finishes one, and what it made.

use std::net::SocketAddr;

use crate::remote::credentials::commands::token_id;
use crate::remote::probe::etcd_data;
use crate::remote::wire::RemoteCommand;
use crate::topology::{CertificateRoute, EtcdTopology, Host, Topology};

/// `kubeadm init` from `/run/hawser/kubeadm-init.yaml`, on a host that holds nothing of a cluster.
pub(in crate::remote) fn init(topology: &Topology, host: &Host, flags: &[String]) -> RemoteCommand {
    init_where(
        RemoteCommand::changes("kubeadm init", INIT),
        "nothing",
        (topology, host, flags),
    )
}

/// The same on a host on which one died before its API server answered. Manifests and kubeconfigs are written again.
pub(in crate::remote) fn init_again(topology: &Topology, host: &Host, flags: &[String]) -> RemoteCommand {
    init_where(
        RemoteCommand::destroys("kubeadm init", INIT),
        "unfinished",
        (topology, host, flags),
    )
}

/// It asks once more, right before, what the plan was made by.
pub(super) const INIT: &str = script!(
    "kubeadm_init.sh",
    [processes run_folder apart kubectl etcdctl etcd_beyond_init etcd_data etcd_disk kubeadm_at_work outlive],
    (found etcd_data server cri_socket certificates; flags)
);

fn init_where(
    command: RemoteCommand,
    found: &str,
    (topology, host, flags): (&Topology, &Host, &[String]),
) -> RemoteCommand {
    let etcd_data = match topology.etcd {
        EtcdTopology::Stacked => etcd_data(topology),
        EtcdTopology::External => "-",
    };
    let server = SocketAddr::new(host.address, topology.api_port);
    command
        .args([
            found,
            etcd_data,
            &format!("https://{server}"),
            &topology.kubeadm.cri_socket,
        ])
        .arg(certificates(topology.certificates))
        .args(flags)
        .input(token_id())
}

/// Does these phases of `kubeadm init` (`addon coredns`) where the API at `server` answers.
pub(in crate::remote) fn finish_init(server: &str, phases: &[String]) -> RemoteCommand {
    let command = RemoteCommand::changes("finish kubeadm init", FINISH_INIT);
    finish_init_by(command, server, phases)
}

/// The same with `upload-certs` among the phases, which takes the place of a Secret that is there.
pub(in crate::remote) fn finish_init_with_certificates(server: &str, phases: &[String]) -> RemoteCommand {
    let command = RemoteCommand::destroys("finish kubeadm init", FINISH_INIT);
    finish_init_by(command, server, phases)
}

const FINISH_INIT: &str =
    script!("finish_init.sh", [run_folder apart kubectl kubeadm_certs], (server; phases));

fn finish_init_by(command: RemoteCommand, server: &str, phases: &[String]) -> RemoteCommand {
    command.arg(server).args(phases).input(token_id())
}

/// The Secret with the certificates that a script is to see to, where there is one.
fn certificates(route: CertificateRoute) -> &'static str {
    match route {
        CertificateRoute::Upload => "kubeadm-certs",
        CertificateRoute::Ssh => "-",
    }
}

/// Whether the init of this run came to its end: the API server at `server` (`https://address:port`) is well, the run's
/// token is there, and so is `addon`, the `DaemonSet` that init makes last, if it is to make one.
pub(in crate::remote) fn is_initialised(server: &str, addon: Option<&str>) -> RemoteCommand {
    RemoteCommand::reads(
        "ask whether init is done",
        script!("initialised.sh", [apart kubectl], (server addon)),
    )
    .arg(server)
    .arg(addon.unwrap_or("-"))
    .input(token_id())
}

/// Prints the cluster's CA certificate, PEM.
pub(in crate::remote) fn read_ca() -> RemoteCommand {
    RemoteCommand::reads("read the cluster's CA", script!("read_ca.sh", [], ()))
}
