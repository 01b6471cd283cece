//! The TCP connection under a session, tuned for many small messages.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::sockopt::set_tcp_quickack;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// A TCP connection that acknowledges at once while a session begins.
///
/// sshd writes several small messages after the login under Nagle's algorithm, so that a delayed acknowledgement
/// costs the first command 40 ms. The kernel leaves quick-ack mode by itself: it is set again at each read.
pub(super) struct QuickAck {
    stream: TcpStream,
    reads_left: u32,
}

/// A session's beginning is well within this many reads.
const QUICK_READS: u32 = 64;

impl QuickAck {
    /// Connects, within `limit`; an `Err` says in plain words why not.
    pub(super) async fn connect(address: &str, port: u16, limit: Duration) -> Result<Self, io::Error> {
        let connect = async {
            let mut addresses = lookup_host((address, port)).await?.peekable();
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for address in addresses.by_ref() {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        let stream = timeout(limit, connect).await.map_err(|_| {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("timed out after {} s", limit.as_secs()),
            )
        })??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            reads_left: QUICK_READS,
        })
    }
}

impl AsyncRead for QuickAck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() && self.reads_left > 0 {
            self.reads_left -= 1;
            // Only speed is lost where the system refuses it.
            let _ = set_tcp_quickack(&self.stream, true);
        }
        read
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Why a connection failed, in plain words.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused: nothing listens on that port".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            "the connection was reset".to_owned()
        }
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to the host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "the network is unreachable".to_owned(),
        io::ErrorKind::TimedOut if error.raw_os_error().is_some() => "timed out".to_owned(),
        _ => error.to_string(),
    }
}
