//! What is made in the cluster for joins: the token, and the sealed certificates. By a label with the token's id hawser
//! knows what it has made itself, and for what.

use std::time::Duration;

use crate::remote::files::TOKEN_LIFE;
use crate::remote::wire::RemoteCommand;
use crate::values::{Content, Slot};

/// For how long what is made in the cluster is to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// For the joins of a run: deleted at its end, or by the next run.
    ForRun,
    /// For a host outside the inventory: until it expires by itself.
    ToStay,
}

impl Made {
    fn label(self) -> &'static str {
        match self {
            Made::ForRun => "hawser/run",
            Made::ToStay => "hawser/invited",
        }
    }
}

/// Uploads the control planes' certificates, sealed with the run's key, from `/run/hawser/kubeadm-upload.yaml`.
pub(in crate::remote) fn upload_certificates(made: Made) -> RemoteCommand {
    RemoteCommand::destroys(
        "upload the certificates",
        script!("upload_certificates.sh", [run_folder apart kubectl kubeadm_certs], (label)),
    )
    .arg(made.label())
    .input(token_id())
}

/// Whether the uploaded certificates are younger than `age`.
pub(in crate::remote) fn certificates_are_fresh(age: Duration) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the uploaded certificates",
        script!("certificates_are_fresh.sh", [apart kubectl], (seconds)),
    )
    .arg(age.as_secs().to_string())
}

/// Creates the run's bootstrap token from `/run/hawser/kubeadm-upload.yaml`.
pub(in crate::remote) fn create_token(made: Made) -> RemoteCommand {
    RemoteCommand::changes(
        "create the bootstrap token",
        script!("create_token.sh", [run_folder apart kubectl], (label)),
    )
    .arg(made.label())
    .input(token_id())
}

/// Makes the run's token last as long as a new one, or creates it again from the same file.
pub(in crate::remote) fn renew_token() -> RemoteCommand {
    RemoteCommand::changes(
        "renew the bootstrap token",
        script!("renew_token.sh", [run_folder apart kubectl], (seconds)),
    )
    .arg(TOKEN_LIFE.as_secs().to_string())
    .input(token_id())
}

/// Whether the run's token lasts so long from now on.
pub(in crate::remote) fn token_lasts(time: Duration) -> RemoteCommand {
    RemoteCommand::reads(
        "ask for the bootstrap token",
        script!("token_lasts.sh", [apart kubectl], (seconds)),
    )
    .arg(time.as_secs().to_string())
    .input(token_id())
}

/// Deletes what the run has made, and what earlier runs could not; or what was made to stay in this run alone.
pub(in crate::remote) fn delete_run_secrets(made: Made) -> RemoteCommand {
    RemoteCommand::changes(
        "delete the run's secrets",
        script!("delete_run_secrets.sh", [apart kubectl], (label)),
    )
    .arg(made.label())
    .input(token_id())
}

/// The id of the run's token, by which what the run made is known as its own.
pub(in crate::remote) fn token_id() -> Content {
    Content::parse(&format!("{}\n", Slot::BootstrapTokenId.placeholder()))
}

/// Removes `/run/hawser`, where a run's secrets lie while it works.
pub(in crate::remote) fn clear_run_files() -> RemoteCommand {
    let script = script!("clear_run_files.sh", [processes run_folder kubeadm_at_work], ());
    RemoteCommand::changes("clear /run/hawser", script)
}
