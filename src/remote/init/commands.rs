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
pub(super) const INIT: &str = concat!(
    include_str!("../shell/apart.sh"),
    include_str!("../shell/kubectl.sh"),
    include_str!("../shell/etcdctl.sh"),
    include_str!("../shell/etcd_beyond_init.sh"),
    include_str!("../shell/etcd_data.sh"),
    include_str!("../shell/etcd_disk.sh"),
    include_str!("../shell/kubeadm_at_work.sh"),
    outliving_script!("kubeadm_init.sh")
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

const FINISH_INIT: &str = certificates_script!("finish_init.sh");

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
    RemoteCommand::reads("ask whether init is done", cluster_script!("initialised.sh"))
        .arg(server)
        .arg(addon.unwrap_or("-"))
        .input(token_id())
}

/// Prints the cluster's CA certificate, PEM.
pub(in crate::remote) fn read_ca() -> RemoteCommand {
    RemoteCommand::reads("read the cluster's CA", include_str!("read_ca.sh"))
}
