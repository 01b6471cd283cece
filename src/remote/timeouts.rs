//! How long steps of more than one subject may take.

use std::time::Duration;

/// A question that is answered at once or not at all.
pub(crate) const QUICK: Duration = Duration::from_secs(60);

/// `kubeadm init` and `join`: images are pulled before, so this is for a slow disk and a slow link.
pub(crate) const KUBEADM: Duration = Duration::from_secs(15 * 60);

/// Until an API server, a member or a node is well after its command returned.
pub(crate) const HEALTHY: Duration = Duration::from_secs(5 * 60);
