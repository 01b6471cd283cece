//! What shows the cause of a failure: the last words of what ran.

use crate::error::hints::LOGGED_CAUSES;
use crate::remote::wire::RemoteCommand;
use crate::topology::EtcdManager;

/// What names a cause, whether an API server runs, the kubelet's last lines and the logs of static pods that were
/// started again.
pub(in crate::remote) fn failure_diagnostics() -> RemoteCommand {
    RemoteCommand::reads(
        "check the kubelet and the static pods",
        script!("failure_diagnostics.sh", [processes journal], (texts)),
    )
    .arg(LOGGED_CAUSES.join("\n"))
}

/// The last lines of etcd, and of what runs it.
pub(in crate::remote) fn etcd_diagnostics(manager: EtcdManager) -> RemoteCommand {
    let name = match manager {
        EtcdManager::Kubelet => "kubelet",
        EtcdManager::Systemd => "systemd",
    };
    RemoteCommand::reads(
        "check etcd",
        script!("etcd_diagnostics.sh", [journal], (manager texts)),
    )
    .arg(name)
    .arg(LOGGED_CAUSES.join("\n"))
}
