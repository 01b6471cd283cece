//! etcd: on hosts of its own who lacks certificates, whose member is started, and what API servers get to ask it with;
//! beside control planes whether the quorum supports one member more.

mod actions;
mod alarms;
mod authority;
mod certificates;
mod chains;
mod differences;
mod endpoints;
mod hosts;
mod lost_data;
mod member;
mod notes;
mod refusals;
mod replaced_files;
mod scale_up;
mod scale_up_chains;
mod stacked_scale_up;
mod state;
mod unhealthy;
mod unresponsive;
mod versions;
mod vote;
mod voters;

pub(super) use actions::EtcdActions;
pub(super) use chains::{
    await_leader, issue_certificates, issue_first_client_certificate, read_authority,
    renew_client_certificates, start_members,
};
pub(super) use endpoints::{new_configuration, not_updated, update_api_servers, update_kubeadm_config};
pub(super) use hosts::external_contents;
pub(super) use notes::gather as notes;
pub(super) use refusals::{USER, missing_programs, refuse_other_clusters_objects};
pub(super) use scale_up::refuse_scale_up;
pub(super) use scale_up_chains::add_members;
pub(super) use stacked_scale_up::{StackedScaleUp, refuse_stacked_scale_up};
pub(super) use state::EtcdState;
pub(super) use unhealthy::notes as unhealthy;
pub(super) use versions::refuse_too_old;
