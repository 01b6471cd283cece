//! Connections that sshd makes from its host for hawser. No command uses them yet: they are there to ask API servers
//! and etcd.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use russh::{ChannelId, ChannelOpenFailure, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::session::Session;

/// sshd's words about openings that failed come right behind the failure itself.
const WORDS_LIMIT: Duration = Duration::from_secs(1);

/// What sshd says of openings that failed.
pub(super) struct Words {
    heard: UnboundedReceiver<Said>,
    /// An opening that was given up may still be spoken of.
    are_doubtful: bool,
}

/// The channel that was not opened, and why. Channels are numbered in the order in which they are asked for.
pub(super) type Said = (ChannelId, String);

impl Words {
    pub(super) fn new(heard: UnboundedReceiver<Said>) -> Self {
        Self {
            heard,
            are_doubtful: false,
        }
    }

    fn forget(&mut self) {
        // Not `try_recv`: see clippy.toml.
        let mut now = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(_)) = self.heard.poll_recv(&mut now) {}
    }

    /// About the opening that was asked for last. Where an earlier one was given up, all that is said is waited for.
    async fn of_the_last(&mut self) -> Option<String> {
        let until = Instant::now() + WORDS_LIMIT;
        let mut last: Option<Said> = None;
        while let Ok(Some(said)) = timeout_at(until, self.heard.recv()).await {
            if last.as_ref().is_none_or(|(channel, _)| *channel < said.0) {
                last = Some(said);
            }
            if !self.are_doubtful {
                break;
            }
        }
        last.map(|(_, words)| words)
    }
}

/// Why sshd made no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotOnward {
    /// It is not allowed to: `AllowTcpForwarding no`, `PermitOpen`, a key's restriction.
    Forbidden,
    /// It tried, and this is what it says.
    Failed(String),
    /// It said nothing in time.
    Silent,
    /// The SSH connection itself is gone.
    Gone,
}

impl Session {
    /// Has sshd connect to an address, as it is seen from the host.
    ///
    /// One after the other: who opens a channel is not told its number, so of sshd's words
    /// those about the newest are its own.
    pub async fn onward(
        &self,
        address: &str,
        port: u16,
        limit: Duration,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, NotOnward> {
        let mut words = self.words.lock().await;
        words.forget();
        let (opened, open) = oneshot::channel();
        let handle = Arc::clone(&self.handle);
        let address = address.to_owned();
        // The server completes an opening that is given up, and somebody has to close it.
        tokio::spawn(async move {
            let channel = handle
                .channel_open_direct_tcpip(address, port.into(), "127.0.0.1", 0)
                .await;
            if let Err(Ok(mut late)) = opened.send(channel) {
                let _ = late.close().await;
                while late.wait().await.is_some() {}
            }
        });
        match timeout(limit, open).await {
            Ok(Ok(Ok(channel))) => Ok(channel.into_stream()),
            Ok(Ok(Err(Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited)))) => {
                Err(NotOnward::Forbidden)
            }
            Ok(Ok(Err(Error::ChannelOpenFailure(reason)))) => {
                let said = words.of_the_last().await;
                Err(NotOnward::Failed(said.unwrap_or_else(|| format!("{reason:?}"))))
            }
            Ok(_) => Err(NotOnward::Gone),
            Err(_) => {
                words.are_doubtful = true;
                Err(NotOnward::Silent)
            }
        }
    }
}
