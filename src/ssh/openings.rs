//! What sshd says of channels that it did not open.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use russh::ChannelId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

/// sshd's words about openings that failed come right behind the failure itself.
const WORDS_LIMIT: Duration = Duration::from_secs(1);

/// What sshd says of openings that failed.
pub(super) struct Words {
    heard: UnboundedReceiver<Response>,
    /// An opening that was given up may still be spoken of.
    pub(super) are_doubtful: bool,
}

/// The channel that was not opened, and why. Channels are numbered in the order in which they are asked for.
pub(super) type Response = (ChannelId, String);

impl Words {
    pub(super) fn new(heard: UnboundedReceiver<Response>) -> Self {
        Self {
            heard,
            are_doubtful: false,
        }
    }

    pub(super) fn forget(&mut self) {
        // Not `try_recv`: see clippy.toml.
        let mut now = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(_)) = self.heard.poll_recv(&mut now) {}
    }

    /// About the opening that was asked for last. Where an earlier one was given up, all that is said is waited for.
    pub(super) async fn of_the_last(&mut self) -> Option<String> {
        let until = Instant::now() + WORDS_LIMIT;
        let mut last: Option<Response> = None;
        while let Ok(Some(reply)) = timeout_at(until, self.heard.recv()).await {
            if last.as_ref().is_none_or(|(channel, _)| *channel < reply.0) {
                last = Some(reply);
            }
            if !self.are_doubtful {
                break;
            }
        }
        last.map(|(_, words)| words)
    }
}
