//! The only place that lets time pass: conditions with deadlines.

use std::time::{Duration, Instant};

/// A cluster on a slow machine; nothing is waited for longer.
pub const LONG: Duration = Duration::from_secs(300);

/// Often enough to measure to a tenth of a second.
const TICK: Duration = Duration::from_millis(100);

/// Lets a tick pass.
pub fn tick() {
    pass(TICK);
}

/// Paces what asks again and again.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that paces questions; every caller has a condition and a deadline"
)]
pub fn pass(time: Duration) {
    std::thread::sleep(time);
}

/// Asks until the answer is there. Panics with the last reason why not after `limit`.
pub fn until<T>(what: &str, limit: Duration, ask: impl FnMut() -> Result<T, String>) -> T {
    let since = Instant::now();
    in_time(limit, ask).unwrap_or_else(|why| {
        panic!(
            "{what}: not so after {:.0} s: {why}",
            since.elapsed().as_secs_f64()
        )
    })
}

/// Asks until the answer is there, at least once; the last reason why not after `limit`.
pub fn in_time<T>(limit: Duration, mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let since = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(why) if since.elapsed() > limit => return Err(why),
            Err(_) => tick(),
        }
    }
}

/// Sees that something stays so for a time.
pub fn stays(what: &str, time: Duration, mut ask: impl FnMut() -> Result<(), String>) {
    let since = Instant::now();
    while since.elapsed() < time {
        if let Err(why) = ask() {
            panic!(
                "{what}: no longer so after {:.1} s: {why}",
                since.elapsed().as_secs_f64()
            );
        }
        tick();
    }
}
