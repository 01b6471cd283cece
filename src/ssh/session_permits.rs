//! How many sessions a connection carries at once: as many as its server allows.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// sshd allows ten sessions on a connection (`MaxSessions 10`); two are left to spare.
const MOST: usize = 8;

/// The places for sessions on one connection.
pub(super) struct SessionPermits {
    free: Arc<Semaphore>,
    counts: Arc<Mutex<Counts>>,
}

struct Counts {
    limit: usize,
    /// Sessions that the server surely counts: opened, and not yet closed from here.
    open: usize,
    /// The most that it has allowed at once.
    allowed: usize,
}

/// A place for one session, until it is dropped.
pub(super) struct SessionPermit {
    permit: Option<OwnedSemaphorePermit>,
    counts: Arc<Mutex<Counts>>,
    is_open: bool,
}

/// What it means that the server has refused a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may open one a little later: it allows fewer than was thought, or still counts one that has just ended.
    NotNow,
    /// It has never opened one.
    Never,
}

impl SessionPermits {
    pub(super) fn new() -> Self {
        Self {
            free: Arc::new(Semaphore::new(MOST)),
            counts: Arc::new(Mutex::new(Counts {
                limit: MOST,
                open: 0,
                allowed: 0,
            })),
        }
    }

    /// Waits for a place; `None` would mean that places are no longer given, which nobody says.
    pub(super) async fn take(&self) -> Option<SessionPermit> {
        let permit = Arc::clone(&self.free).acquire_owned().await.ok()?;
        Some(SessionPermit {
            permit: Some(permit),
            counts: Arc::clone(&self.counts),
            is_open: false,
        })
    }
}

impl SessionPermit {
    /// The server has opened the session.
    pub(super) fn opens(&mut self) {
        self.is_open = true;
        with(&self.counts, |counts| {
            counts.open += 1;
            counts.allowed = counts.allowed.max(counts.open);
        });
    }

    /// The session is about to be closed from here. The place is kept until the server has closed it too.
    pub(super) fn closes(&mut self) {
        if std::mem::take(&mut self.is_open) {
            with(&self.counts, |counts| counts.open -= 1);
        }
    }

    /// The server has refused the session. The place goes where there are more of them than it has ever allowed at
    /// once: else it only lags, as it looks at what was closed after it has answered what came with it.
    pub(super) fn refused(mut self) -> Refusal {
        let permit = self.permit.take();
        with(&self.counts, |counts| {
            if counts.limit > counts.allowed.max(1) {
                counts.limit -= 1;
                permit.into_iter().for_each(OwnedSemaphorePermit::forget);
                Refusal::NotNow
            } else if counts.allowed > 0 {
                Refusal::NotNow
            } else {
                Refusal::Never
            }
        })
    }
}

impl Drop for SessionPermit {
    fn drop(&mut self) {
        self.closes();
    }
}

fn with<T>(counts: &Mutex<Counts>, act: impl FnOnce(&mut Counts) -> T) -> T {
    act(&mut counts.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many places, taken.
    async fn taken(permits: &SessionPermits, count: usize) -> Vec<SessionPermit> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(permits.take().await.unwrap());
        }
        taken
    }

    #[tokio::test]
    async fn a_server_that_allows_three_leaves_three_places() {
        let permits = SessionPermits::new();
        let mut taken = taken(&permits, MOST).await;

        let refused = taken.split_off(3);
        taken.iter_mut().for_each(SessionPermit::opens);
        let answers: Vec<_> = refused.into_iter().map(SessionPermit::refused).collect();

        assert_eq!(answers, [const { Refusal::NotNow }; 5]);
        assert_eq!(permits.free.available_permits(), 0);
        drop(taken);
        assert_eq!(permits.free.available_permits(), 3);
    }

    #[tokio::test]
    async fn sessions_that_a_busy_server_still_counts_cost_no_place() {
        let permits = SessionPermits::new();
        let mut open = taken(&permits, MOST).await;
        open.iter_mut().for_each(SessionPermit::opens);
        open.iter_mut().for_each(SessionPermit::closes);
        drop(open);

        let next = taken(&permits, MOST).await;
        let answers: Vec<_> = next.into_iter().map(SessionPermit::refused).collect();

        assert_eq!(answers, [const { Refusal::NotNow }; MOST]);
        assert_eq!(permits.free.available_permits(), MOST);
    }

    #[tokio::test]
    async fn a_server_that_opens_none_is_not_asked_for_ever() {
        let permits = SessionPermits::new();

        let mut answers = Vec::new();
        for _ in 0..MOST {
            answers.push(permits.take().await.unwrap().refused());
        }

        assert_eq!(answers.pop(), Some(Refusal::Never));
    }
}
