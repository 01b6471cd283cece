//! The run's own token and certificate key: uploaded just before they are needed, gone at the end.

use std::time::Duration;

use super::commands::{self as kubernetes, Made};
use crate::plan::{Cleanup, NeededBy, Step};
use crate::remote::files::RenderedFile;
use crate::remote::host_files as files;
use crate::remote::timeouts::{KUBEADM, QUICK};
use crate::topology::{CertificateRoute, HostName};

/// kubeadm's uploaded certificates live two hours (its `DefaultCertTokenDuration`); a join must not begin near the end.
const FRESH: Duration = Duration::from_secs(90 * 60);

/// How long the run's token has to last where a join begins: one takes twenty minutes at most, and is looked at before
/// each of as many as join at once.
const LASTS: Duration = Duration::from_secs(60 * 60);

/// Makes the run's token in a running cluster, from `file` (`/run/hawser/kubeadm-upload.yaml`).
pub fn create_token(via: &HostName, file: &RenderedFile, made: Made) -> Vec<Step> {
    vec![
        files::put_transient(via, file),
        Step::on(via, "create-token", "create the run's bootstrap token")
            .change(kubernetes::create_token(made), QUICK)
            .run_once(),
    ]
}

/// Makes it last longer where less than an hour is left; needs the file of [`create_token`].
pub fn renew_token(via: &HostName, before: &HostName) -> Step {
    let title = format!("keep the run's token valid until {before} has joined");
    Step::on(via, &format!("renew-token-for-{before}"), title)
        .change(kubernetes::renew_token(), QUICK)
        .until(kubernetes::token_lasts(LASTS), QUICK)
}

/// Uploads the control planes' certificates, sealed with the run's key.
pub fn upload_certificates(via: &HostName, made: Made) -> Step {
    Step::on(
        via,
        "upload-certificates",
        "upload the control planes' certificates, encrypted with the run's certificate key",
    )
    .change(kubernetes::upload_certificates(made), KUBEADM)
    .destroys([REPLACED.to_owned()])
    .run_once()
}

/// What an upload takes the place of.
const REPLACED: &str = "the existing Secret kubeadm-certs, if hawser created it or its owner has expired. Only lines of \
    `hawser join-command` may still hold its key";

/// Uploads them again where they are over 90 minutes old; needs the file of [`create_token`].
pub fn refresh_certificates(via: &HostName, before: &HostName) -> Step {
    let title =
        format!("upload the certificates again if they are over 90 minutes old, before {before} joins");
    Step::on(via, &format!("refresh-certificates-for-{before}"), title)
        .change(kubernetes::upload_certificates(Made::ForRun), KUBEADM)
        .destroys(["the Secret kubeadm-certs of this run, if it is over 90 minutes old".to_owned()])
        .until(kubernetes::certificates_are_fresh(FRESH), QUICK)
}

/// Deletes what this run and earlier ones have made in the cluster: tokens, and the certificates where they were
/// uploaded.
pub fn delete(via: &HostName, route: CertificateRoute) -> Cleanup {
    delete_made(via, route, Made::ForRun)
}

/// Takes back what was made for a host outside the inventory.
pub fn withdraw(via: &HostName, route: CertificateRoute) -> Cleanup {
    delete_made(via, route, Made::ToStay)
}

fn delete_made(via: &HostName, route: CertificateRoute, made: Made) -> Cleanup {
    let title = match route {
        CertificateRoute::Upload => "delete the run's token and the uploaded certificates",
        CertificateRoute::Ssh => "delete the run's token",
    };
    let step = Step::on(via, "delete-secrets", title).change(kubernetes::delete_run_secrets(made), QUICK);
    Cleanup {
        step: step.run_once(),
        needed_by: NeededBy::AllHosts,
    }
}

pub fn clear_run_files(on: &HostName) -> Cleanup {
    let step =
        Step::on(on, "clear-run-files", "remove /run/hawser").change(kubernetes::clear_run_files(), QUICK);
    Cleanup {
        step: step.run_once(),
        needed_by: NeededBy::ItsHost,
    }
}

/// Removes what an earlier run could not.
pub fn clear_leftovers(on: &HostName) -> Step {
    Step::on(on, "clear-leftovers", "remove /run/hawser of an earlier run")
        .change(kubernetes::clear_run_files(), QUICK)
        .run_once()
}
