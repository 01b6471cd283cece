//! How the certificates that control planes share reach one that joins: sealed in the cluster, or from host to host.

use super::node_actions::NodeActions;
use super::situation::Situation;
use super::survey::Survey;
use crate::error::Problem;
use crate::plan::{Chain, Step, StepId};
use crate::remote::{certificate_transfer, credentials, files, host_files};
use crate::topology::{CertificateRoute, EtcdTopology, Host};
use crate::values::Bundle;

/// What is done once, before any control plane joins; after init kubeadm has uploaded them itself.
pub(super) fn share(situation: &Situation) -> Option<Chain> {
    situation.nodes.joining_control_planes().next()?;
    match situation.topology.certificates {
        CertificateRoute::Upload => {
            let existing = situation.cluster.existing()?;
            let upload =
                credentials::upload_certificates(&existing.reference_node.name, credentials::Made::ForRun);
            Some(Chain::required(&existing.reference_node.name, vec![upload]))
        }
        CertificateRoute::Ssh => {
            let source = source(situation);
            let files = files::shared_certificates(situation.topology.etcd);
            let read = certificate_transfer::read(&source.name, Bundle::ControlPlane, &files);
            Some(Chain::required(&source.name, vec![read]))
        }
    }
}

/// What is copied to a host before it joins, and after whatever clears it: a reset takes it away.
pub(super) fn copy_to(survey: &Survey, joining: &Host) -> Option<Step> {
    let is_copied = survey.topology.certificates == CertificateRoute::Ssh;
    is_copied.then(|| {
        let source = source(survey);
        let files = files::shared_certificates(survey.topology.etcd);
        certificate_transfer::write(&joining.name, &source.name, Bundle::ControlPlane, &files)
    })
}

/// Files under the names of those that control planes share, and of another content: those of this cluster would take
/// their place, on either way. What a reset takes away first is not asked for, and etcd's own hosts have their own
/// refusals.
pub(super) fn refuse_others(survey: &Survey, nodes: &NodeActions) -> Result<(), Vec<Problem>> {
    let has_it = source(survey);
    let ours = survey.facts(&has_it.name).map(|facts| &facts.kubernetes.shared);
    let names: Vec<String> = files::shared_certificates(survey.topology.etcd)
        .into_iter()
        .map(|file| file.path)
        .filter(|path| survey.topology.etcd == EtcdTopology::Stacked || !path.contains("/etcd/"))
        .collect();
    let joining = nodes.joining_control_planes();
    let problems: Vec<Problem> = joining
        .filter(|planned| !planned.is_reset())
        .filter_map(|planned| {
            let host = planned.host;
            let theirs = &survey.facts(&host.name)?.kubernetes.shared;
            let is_other = |path: &&String| {
                let found = theirs.get(*path);
                found.is_some() && found != ours.and_then(|ours| ours.get(*path))
            };
            let others: Vec<&str> = names.iter().filter(is_other).map(String::as_str).collect();
            (!others.is_empty()).then(|| other_certificates(host, has_it, &others))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn other_certificates(host: &Host, ours: &Host, paths: &[&str]) -> Problem {
    let name = &host.name;
    Problem::Unsafe {
        what: format!(
            "{name} has certificates or keys that are not this cluster's, and its join would replace them"
        ),
        because: vec![format!(
            "{} {} there, and not as on {}",
            paths.join(", "),
            if paths.len() == 1 { "is" } else { "are" },
            ours.name
        )],
        recovery: vec![
            "correct the inventory if it names the wrong host".to_owned(),
            format!("move them away: `mv /etc/kubernetes/pki /root/` on {name}, then rerun this command"),
        ],
    }
}

/// A control plane that has them: the one through which the cluster is asked, if it does.
fn source<'a>(survey: &Survey<'a>) -> &'a Host {
    let cluster = &survey.cluster;
    let via = cluster.reference_node();
    let has_them = |host: &&Host| {
        let facts = survey.facts(&host.name);
        facts.is_some_and(|facts| facts.kubernetes.has_ca_key)
    };
    let mut holders = [via].into_iter().chain(survey.control_planes()).filter(has_them);
    // Before init nobody has them, and afterwards the first.
    holders
        .next()
        .filter(|_| cluster.existing().is_some())
        .unwrap_or(via)
}

/// Before a later join the uploaded certificates are checked, and uploaded again when they are old.
pub(super) fn refresh(situation: &Situation, before: &Host) -> Result<Vec<Step>, Problem> {
    if situation.topology.certificates == CertificateRoute::Ssh {
        return Ok(Vec::new());
    }
    let via = situation.cluster.reference_node();
    Ok(vec![
        write_upload_file(situation, &format!("write-upload-file-for-{}", before.name))?,
        credentials::refresh_certificates(&via.name, &before.name),
    ])
}

/// Before a join that may begin late in the run the token is checked, and made to last longer when it is old.
pub(super) fn renew_token(situation: &Situation, before: &Host) -> Result<Vec<Step>, Problem> {
    let via = situation.cluster.reference_node();
    Ok(vec![
        write_upload_file(situation, &format!("write-token-file-for-{}", before.name))?,
        credentials::renew_token(&via.name, &before.name),
    ])
}

/// What kubeadm makes either of them from.
fn write_upload_file(situation: &Situation, what: &str) -> Result<Step, Problem> {
    let via = situation.cluster.reference_node();
    let file = files::upload_certs(situation.topology, via, situation.kubeadm_version(&via.name))?;
    let mut write = host_files::put_transient(&via.name, &file);
    write.id = StepId(format!("{}/{what}", via.name));
    Ok(write)
}
