//! Measures how much of a run's time is hawser's own: the time in which no host was changed and none got ready.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts what is in flight, and sums the time in which nothing is.
pub(super) struct Meter(Mutex<State>);

struct State {
    in_flight: usize,
    idle_since: Instant,
    idle: Duration,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            in_flight: 0,
            idle_since: Instant::now(),
            idle: Duration::ZERO,
        }))
    }

    /// Something is in flight until the guard is dropped: a changing command, or a condition that is not so yet (a host
    /// gets ready meanwhile).
    pub(super) fn in_flight(&self) -> InFlight<'_> {
        self.with(|state| {
            if state.in_flight == 0 {
                state.idle += state.idle_since.elapsed();
            }
            state.in_flight += 1;
        });
        InFlight(self)
    }

    /// hawser's own time so far.
    pub(super) fn own(&self) -> Duration {
        self.with(|state| match state.in_flight {
            0 => state.idle + state.idle_since.elapsed(),
            _ => state.idle,
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Something in flight, as long as it lives.
pub(super) struct InFlight<'a>(&'a Meter);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.in_flight -= 1;
            if state.in_flight == 0 {
                state.idle_since = Instant::now();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn only_time_without_anything_in_flight_is_its_own() {
        let meter = Meter::new();
        advance(Duration::from_secs(1)).await;
        let long = meter.in_flight();
        advance(Duration::from_secs(10)).await;
        let short = meter.in_flight();
        advance(Duration::from_secs(10)).await;
        drop(short);
        advance(Duration::from_secs(10)).await;
        drop(long);
        advance(Duration::from_secs(2)).await;

        assert_eq!(meter.own(), Duration::from_secs(3));
    }
}
