//! How long a question may take.

use std::time::Duration;

/// A question is answered within a second; a host that swaps, or whose API server starts, takes longer.
pub(super) const QUESTION_LIMIT: Duration = Duration::from_secs(30);
