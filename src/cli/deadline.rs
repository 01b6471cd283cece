//! How long hosts are waited for.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// A question checks everything at once; what is slow in it has its own deadlines.
const QUESTION: Duration = Duration::from_secs(60);

/// How long after its own limit an answer may still arrive.
const LATER: Duration = Duration::from_secs(1);

/// How long hosts are waited for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deadline {
    /// For each question again.
    PerQuestion,
    /// For all that is asked together, until then.
    Until(Instant),
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self::Until(Instant::now() + limit)
    }

    /// What is left of it for a question.
    pub(super) fn left(self) -> Duration {
        match self {
            Self::PerQuestion => QUESTION,
            Self::Until(end) => end.saturating_duration_since(Instant::now()),
        }
    }

    /// What comes of something before it is over. Where a question ends by its own limit, its
    /// answer says so: a little later.
    pub(super) async fn within<T>(self, answer: impl Future<Output = T>) -> Option<T> {
        match self {
            Self::PerQuestion => Some(answer.await),
            Self::Until(_) => timeout(self.left() + LATER, answer).await.ok(),
        }
    }

    /// A part for what comes first: half of it at most, so that who does not answer leaves time for the rest.
    pub(super) fn part(self, limit: Duration) -> Self {
        Self::after(limit.min(self.left() / 2))
    }
}
