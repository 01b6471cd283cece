//! How long hosts are waited for.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// A question looks at everything at once; what is slow in it has deadlines of its own.
const QUESTION: Duration = Duration::from_secs(60);

/// Until what has come to its limit has said so.
const LATER: Duration = Duration::from_secs(1);

/// How long hosts are waited for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// For each question anew.
    EachQuestion,
    /// For all that is asked together, until then.
    Until(Instant),
}

impl Patience {
    /// From now on.
    pub(super) fn lasting(limit: Duration) -> Self {
        Self::Until(Instant::now() + limit)
    }

    /// What is left of it for a question.
    pub(super) fn left(self) -> Duration {
        match self {
            Self::EachQuestion => QUESTION,
            Self::Until(end) => end.saturating_duration_since(Instant::now()),
        }
    }

    /// What comes of something before it is over. Where a question ends by its own limit, its
    /// answer says so: a little later.
    pub(super) async fn within<T>(self, answer: impl Future<Output = T>) -> Option<T> {
        match self {
            Self::EachQuestion => Some(answer.await),
            Self::Until(_) => timeout(self.left() + LATER, answer).await.ok(),
        }
    }

    /// A part for what comes first: half of it at most, so that who does not answer leaves time for the rest.
    pub(super) fn part(self, limit: Duration) -> Self {
        Self::lasting(limit.min(self.left() / 2))
    }
}
