//! Connections that sshd makes from its host for hawser: to the hosts behind a jump host, and later to API servers and
//! etcd.

use std::sync::Arc;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelOpenFailure, ChannelStream, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::session::Session;

/// What is refused is refused at once; a name that nobody answers for, or a host that is off, takes longer.
const SOON: Duration = Duration::from_secs(1);

/// Why sshd made no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotForwarded {
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
    pub async fn forwarding(
        &self,
        address: &str,
        port: u16,
        limit: Duration,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, NotForwarded> {
        self.forward_alone(address, port, limit).await
    }

    /// The same for many at once, as for hosts behind a jump host. What fails soon is tried once more alone, for sshd's
    /// words: of what fails late it would keep the others waiting.
    pub(super) async fn carry(
        &self,
        address: &str,
        port: u16,
        limit: Duration,
    ) -> Result<ChannelStream<Msg>, NotForwarded> {
        let (opened, took) = {
            let _beside_others = self.words.read().await;
            let since = Instant::now();
            let opened = self.open_forwarded(address, port, limit).await;
            (opened, since.elapsed())
        };
        match opened {
            Ok(channel) => Ok(channel.into_stream()),
            Err(NotForwarded::Failed(_)) if took < SOON => self.forward_alone(address, port, limit).await,
            Err(NotForwarded::Failed(_)) => Err(NotForwarded::Failed(
                "no connection, as it says after some seconds".to_owned(),
            )),
            Err(other) => Err(other),
        }
    }

    async fn forward_alone(
        &self,
        address: &str,
        port: u16,
        limit: Duration,
    ) -> Result<ChannelStream<Msg>, NotForwarded> {
        let mut words = self.words.write().await;
        words.forget();
        match self.open_forwarded(address, port, limit).await {
            Ok(channel) => Ok(channel.into_stream()),
            Err(NotForwarded::Failed(reason)) => {
                let reply = words.of_the_last().await;
                Err(NotForwarded::Failed(reply.unwrap_or(reason)))
            }
            Err(NotForwarded::Silent) => {
                words.are_doubtful = true;
                Err(NotForwarded::Silent)
            }
            Err(other) => Err(other),
        }
    }

    async fn open_forwarded(
        &self,
        address: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Channel<Msg>, NotForwarded> {
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
            Ok(Ok(Ok(channel))) => Ok(channel),
            Ok(Ok(Err(Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited)))) => {
                Err(NotForwarded::Forbidden)
            }
            Ok(Ok(Err(Error::ChannelOpenFailure(reason)))) => {
                Err(NotForwarded::Failed(format!("{reason:?}")))
            }
            Ok(_) => Err(NotForwarded::Gone),
            Err(_) => Err(NotForwarded::Silent),
        }
    }
}
