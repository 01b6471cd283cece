//! What can be done to a host: each file makes the steps of one subject. A step carries its commands and its
//! check, all decided here; nothing in this folder talks to a host.

pub mod balancer;
pub mod clear;
pub mod control_plane;
pub mod etcd;
pub mod files;
pub mod growth;
pub mod handover;
pub mod images;
pub mod kubeadm;
pub mod mend;
pub mod node;
pub mod path;
pub mod preparation;
pub mod secrets;

use std::time::Duration;

/// A question that is answered at once or not at all.
pub(crate) const QUICK: Duration = Duration::from_secs(60);

/// `kubeadm init` and `join`: images are pulled before, so this is for a slow disk and a slow link.
pub(crate) const KUBEADM: Duration = Duration::from_secs(15 * 60);

/// Until an API server, a member or a node is well after its command returned.
pub(crate) const WELL: Duration = Duration::from_secs(5 * 60);
