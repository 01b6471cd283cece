//! The run's own token and certificate key: uploaded just before they are needed, gone at the end.

use std::time::Duration;

use super::{KUBEADM, QUICK, files};
use crate::plan::Step;
use crate::remote::files::RenderedFile;
use crate::remote::{host, kubernetes};
use crate::topology::{CertificateRoute, HostName};

/// kubeadm's uploaded certificates live two hours (its `DefaultCertTokenDuration`); a join must not begin near the end.
const FRESH: Duration = Duration::from_secs(90 * 60);

/// Makes the run's token in a running cluster, from `file` (`/run/hawser/kubeadm-upload.yaml`).
pub fn create_token(via: &HostName, file: &RenderedFile) -> Vec<Step> {
    vec![
        files::put_transient(via, file),
        Step::on(via, "create-token", "create the run's bootstrap token")
            .change(kubernetes::create_token(), QUICK),
    ]
}

/// Uploads the control planes' certificates, sealed with the run's key.
pub fn upload_certificates(via: &HostName) -> Step {
    Step::on(
        via,
        "upload-certificates",
        "upload the control planes' certificates, sealed with the run's key",
    )
    .change(kubernetes::upload_certificates(), KUBEADM)
}

/// Uploads them again where they are over 90 minutes old; needs the file of [`create_token`].
pub fn refresh_certificates(via: &HostName, before: &HostName) -> Step {
    let describe = format!("see that the uploaded certificates outlive the join of {before}");
    Step::on(via, &format!("refresh-certificates-for-{before}"), describe)
        .change(kubernetes::upload_certificates(), KUBEADM)
        .done_when(kubernetes::certificates_are_fresh(FRESH), QUICK)
}

/// Deletes the token, and the certificates where they were uploaded.
pub fn delete(via: &HostName, route: CertificateRoute) -> Step {
    let describe = match route {
        CertificateRoute::Upload => "delete the run's token and the uploaded certificates",
        CertificateRoute::Ssh => "delete the run's token",
    };
    Step::on(via, "delete-secrets", describe)
        .change(kubernetes::delete_run_secrets(route), QUICK)
        .ends_for_all()
}

/// Removes `/run/hawser`.
pub fn clear_run_files(on: &HostName) -> Step {
    Step::on(on, "clear-run-files", "remove /run/hawser").change(host::clear_run_files(), QUICK)
}

/// Removes what an earlier run could not.
pub fn clear_leftovers(on: &HostName) -> Step {
    Step::on(
        on,
        "clear-leftovers",
        "remove /run/hawser, which an earlier run has left",
    )
    .change(host::clear_run_files(), QUICK)
}
