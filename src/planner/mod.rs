//! From the inventory as meant and the hosts as found to a plan, or to every reason why there is none.
//!
//! Pure: what it decides can be tested without a host. `inputs` → `survey` (the cluster, etcd) → `assessment`, which
//! computes the `situation` (what is done with each host) → `phases`, which reads as the table of contents of a run.

#![expect(clippy::unnecessary_wraps, reason = "what makes a phase has one signature")]

mod actions;
mod assessment;
mod balancers;
mod behind_balancers;
mod candidate;
mod certificates;
mod chains;
mod clearing;
mod clearing_steps;
mod control_planes;
mod endpoint_owner;
mod etcd;
mod etcd_contents;
mod etcd_data;
mod foreign_files;
mod hidden_clusters;
mod host_names;
mod hosts;
mod image_sources;
mod images;
mod in_service;
mod init;
mod inputs;
mod join_command;
mod joins;
mod kubeadm_files;
mod kubelet_start;
mod labels;
mod locks;
mod network_interface;
mod new_hosts;
mod node_actions;
mod notes;
mod phases;
mod preparation;
mod quorum;
mod recognition;
mod refusals;
mod resets;
mod situation;
mod startable;
mod survey;
mod versions;

pub use images::push as push_images;
pub use inputs::Allowance;
pub use join_command::{Invitation, invite, may_invite};
pub use locks::locked_hosts;
pub use new_hosts::new_hosts;
pub use phases::{phase_names, plan};
pub use preparation::{may_only_prepare, only_prepare};
