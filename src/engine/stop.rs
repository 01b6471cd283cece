//! How a run is asked to stop: once to finish what runs, twice to let it go.

use std::future::Future;
use std::io;

use futures::future::{Either, select};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Not at all.
    Running,
    /// Running steps are awaited, nothing new starts.
    Finish,
    /// What still runs on the hosts is left to itself.
    Detach,
}

impl StopLevel {
    /// One Ctrl-C further.
    fn next(self) -> Self {
        match self {
            StopLevel::Running => StopLevel::Finish,
            StopLevel::Finish | StopLevel::Detach => StopLevel::Detach,
        }
    }
}

/// Watches the process's signals from now on: the first Ctrl-C asks to finish, the second to let go; SIGTERM and
/// SIGHUP (the terminal was closed) ask to finish.
///
/// Must be called in a tokio runtime. Errors: the signal handlers cannot be installed.
pub fn signals() -> io::Result<watch::Receiver<StopLevel>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, receiver) = watch::channel(StopLevel::Running);
    tokio::spawn(async move {
        while !sender.is_closed() {
            tokio::select! {
                _ = interrupt.recv() => sender.send_modify(|level| *level = level.next()),
                _ = terminate.recv() => sender.send_modify(|level| *level = (*level).max(StopLevel::Finish)),
                _ = hangup.recv() => sender.send_modify(|level| *level = (*level).max(StopLevel::Finish)),
                () = sender.closed() => {}
            }
        }
    });
    Ok(receiver)
}

/// What comes of something, unless the operator asks to stop before: then it is dropped where it is.
pub async fn until_stopped<T>(stop: &watch::Receiver<StopLevel>, work: impl Future<Output = T>) -> Option<T> {
    let stopped = Box::pin(reaches(stop, StopLevel::Finish));
    match select(Box::pin(work), stopped).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(((), _)) => None,
    }
}

/// Waits until the level is at least `level`; for ever, where nobody can ask any more.
pub(super) async fn reaches(stop: &watch::Receiver<StopLevel>, level: StopLevel) {
    if stop.clone().wait_for(|now| *now >= level).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};

    #[tokio::test]
    async fn signals_to_the_process_raise_the_level() {
        for request in [Signal::TERM, Signal::HUP] {
            let mut stop = signals().unwrap();

            kill_process(getpid(), request).unwrap();
            stop.wait_for(|level| *level == StopLevel::Finish).await.unwrap();
            kill_process(getpid(), Signal::INT).unwrap();
            stop.wait_for(|level| *level == StopLevel::Detach).await.unwrap();
        }
    }

    #[test]
    fn the_first_request_finishes_and_every_further_one_lets_go() {
        assert_eq!(StopLevel::Running.next(), StopLevel::Finish);
        assert_eq!(StopLevel::Running.next().next(), StopLevel::Detach);
        assert_eq!(StopLevel::Detach.next(), StopLevel::Detach);
    }
}
