//! How often a cluster is probed again while it settles.

use std::time::Duration;

/// A probe costs a control plane half a second of processor time, which it needs for settling.
const AGAIN: Duration = Duration::from_secs(1);

/// Lets a moment pass before the hosts are probed again.
pub(super) async fn pace() {
    tokio::time::sleep(AGAIN).await;
}
