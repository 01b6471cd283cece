//! What makes a member run on its host.

use super::versions::required_version;
use super::vote::Vote;
use crate::error::Problem;
use crate::plan::Step;
use crate::planner::inputs::Inputs;
use crate::planner::kubeadm_files;
use crate::remote::etcd as steps;
use crate::remote::files::RenderedFile;
use crate::remote::files::etcd::{self as files, Beginning};
use crate::topology::{EtcdManager, Host};
use crate::versions;

/// The steps that make it run.
pub(super) fn start_member(
    inputs: &Inputs,
    host: &Host,
    beginning: &Beginning,
    vote: Vote,
) -> Result<Vec<Step>, Problem> {
    let topology = inputs.topology;
    let settings = &topology.external_etcd;
    let mut all = Vec::new();
    if let Some(oldest) = required_version(inputs, host) {
        all.push(steps::see_new_enough(&host.name, &oldest));
    }
    for file in runner_files(inputs, host, beginning)? {
        all.extend(steps::write(
            &host.name,
            &file,
            inputs.file(&host.name, &file.path),
        ));
    }
    if settings.manager == EtcdManager::Kubelet {
        all.extend(kubeadm_files::for_etcd(inputs, host, beginning)?);
        all.push(steps::write_manifest(
            &host.name,
            &kubeadm_files::patch_flags(inputs, host)?,
            &settings.data_directory,
            &beginning.initial_cluster(),
        ));
    }
    all.push(steps::start(
        &host.name,
        (settings.manager, &settings.data_directory),
        &topology.kubeadm.cri_socket,
        vote == Vote::Learner,
    ));
    Ok(all)
}

/// The files of what runs etcd on a host: the kubelet's, or the unit.
pub(super) fn runner_files(
    inputs: &Inputs,
    host: &Host,
    beginning: &Beginning,
) -> Result<Vec<RenderedFile>, Problem> {
    let topology = inputs.topology;
    let facts = inputs.facts(&host.name);
    match topology.external_etcd.manager {
        EtcdManager::Kubelet => {
            let kubelet = facts.and_then(|facts| facts.versions.kubelet);
            let kubelet = kubelet.unwrap_or(topology.version);
            Ok(vec![
                files::kubelet_configuration(topology, kubelet)?,
                files::kubelet_drop_in(topology, host, kubelet)?,
            ])
        }
        EtcdManager::Systemd => {
            // `refusals` has seen to it that both are known.
            let etcd = facts.and_then(|facts| facts.etcd.as_ref());
            let program = etcd.and_then(|etcd| etcd.program.as_deref());
            let version = etcd.and_then(|etcd| etcd.version);
            let program = files::Program {
                path: program.unwrap_or(files::PROGRAM),
                version: version.unwrap_or(versions::etcd::OLDEST),
                flags: etcd.and_then(|etcd| etcd.flags.known()),
            };
            Ok(vec![files::unit(topology, host, program, beginning)?])
        }
    }
}
