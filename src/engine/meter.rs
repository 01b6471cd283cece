//! Measures how much of a run's time is hawser's own: the time in which no host was changed and none got ready.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When something was in flight, from one moment to another.
pub(super) struct Meter {
    began: Instant,
    flights: Mutex<Vec<(Instant, Instant)>>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            flights: Mutex::default(),
        }
    }

    /// Something is in flight until the guard is dropped: a changing command, or what is waited for after it.
    pub(super) fn in_flight(&self) -> InFlight<'_> {
        self.in_flight_since(Instant::now())
    }

    /// The same, since a moment that has passed: a question that was then asked has shown that a host gets ready.
    pub(super) fn in_flight_since(&self, since: Instant) -> InFlight<'_> {
        InFlight { meter: self, since }
    }

    /// hawser's own time so far, as far as what was in flight has ended.
    pub(super) fn own(&self) -> Duration {
        let mut flights = self.with(|flights| flights.clone());
        flights.sort_unstable();
        let mut own = Duration::ZERO;
        let mut idle_since = self.began;
        for (since, until) in flights {
            own += since.saturating_duration_since(idle_since);
            idle_since = idle_since.max(until);
        }
        own + idle_since.elapsed()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<(Instant, Instant)>) -> T) -> T {
        act(&mut self.flights.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Something in flight, as long as it lives.
pub(super) struct InFlight<'a> {
    meter: &'a Meter,
    since: Instant,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let flight = (self.since, Instant::now());
        self.meter.with(|flights| flights.push(flight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    async fn seconds(count: u64) {
        advance(Duration::from_secs(count)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn only_time_without_anything_in_flight_is_its_own() {
        let meter = Meter::new();
        seconds(1).await;
        let long = meter.in_flight();
        seconds(10).await;
        let short = meter.in_flight();
        seconds(10).await;
        drop(short);
        seconds(10).await;
        drop(long);
        seconds(2).await;

        assert_eq!(meter.own(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_in_flight_may_be_known_later() {
        let meter = Meter::new();
        seconds(1).await;
        let asked = Instant::now();
        seconds(2).await;
        drop(meter.in_flight());
        seconds(3).await;
        let waits = meter.in_flight_since(asked);
        seconds(4).await;
        drop(waits);
        seconds(5).await;

        assert_eq!(meter.own(), Duration::from_secs(6));
    }
}
