//! Connections that sshd makes from its host for hawser. No command uses them yet: they are there to ask API servers
//! and etcd.

use std::sync::Arc;
use std::time::Duration;

use russh::{ChannelOpenFailure, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::session::Session;

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
                Err(NotForwarded::Forbidden)
            }
            Ok(Ok(Err(Error::ChannelOpenFailure(reason)))) => {
                let reply = words.of_the_last().await;
                Err(NotForwarded::Failed(
                    reply.unwrap_or_else(|| format!("{reason:?}")),
                ))
            }
            Ok(_) => Err(NotForwarded::Gone),
            Err(_) => {
                words.are_doubtful = true;
                Err(NotForwarded::Silent)
            }
        }
    }
}
