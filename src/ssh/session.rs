//! A logged-in connection to one host, on which commands run side by side.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use russh::client::{Handle, Msg};
use russh::{Channel, ChannelOpenFailure, Disconnect, Error};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{RwLock, oneshot};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::conversation::{Place, Request, converse};
use super::host_key::{Ended, Guard, reason};
use super::openings::Words;
use super::session_permits::{Refusal, SessionPermit, SessionPermits};
use super::sudo::{SudoPasswords, exec_line, new_marker};
use super::unreachable::{Peer, address};
use crate::error::Problem;
use crate::remote::wire::Wire;
use crate::remote::wire::connection::{Connection, Output, Progress};

const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// By then a busy sshd has looked at what was closed.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// A logged-in connection to one host.
pub struct Session {
    address: String,
    pub(super) handle: Arc<Handle<Guard>>,
    pub(super) words: RwLock<Words>,
    place: Place,
    permits: SessionPermits,
    /// What carries it lives as long as it does.
    carrier: Option<Carrier>,
}

/// A connection to a jump host, and a host's place on it.
pub(super) struct Carrier {
    pub(super) session: Arc<Session>,
    /// Held, and so counted, for as long as the host is carried.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(super) place: Arc<()>,
}

/// Why no session was opened.
enum Failure {
    /// The server may open one a little later.
    NotNow(Problem),
    Final(Problem),
}

impl Session {
    pub(super) fn new(
        peer: Peer<'_>,
        handle: Handle<Guard>,
        (ended, words): (Ended, Words),
        passwords: SudoPasswords,
        carrier: Option<Carrier>,
    ) -> Self {
        Self {
            address: address(peer.ssh),
            handle: Arc::new(handle),
            words: RwLock::new(words),
            place: Place {
                host: peer.name.clone(),
                user: peer.ssh.user.clone(),
                sudo: peer.ssh.sudo,
                marker: new_marker(),
                passwords,
                ended,
            },
            permits: SessionPermits::new(),
            carrier,
        }
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub async fn close(&self) {
        if self
            .handle
            .disconnect(Disconnect::ByApplication, "done", "")
            .await
            .is_ok()
        {
            let mut ended = self.place.ended.clone();
            // Ends when the session's task is gone, and with it what it still had to send.
            let gone = async { while ended.changed().await.is_ok() {} };
            let _ = timeout(CLOSE_LIMIT, gone).await;
        }
    }

    pub(super) async fn run_line(&self, line: &str, request: Request) -> Result<Output, Problem> {
        let (channel, permit) = self.open().await?;
        let (reader, writer) = channel.split();
        writer
            .exec(true, exec_line(self.place.sudo, &self.place.marker, line))
            .await
            .map_err(|_| self.connection_gone())?;
        let purpose = request.purpose.clone();
        let (answer, answered) = oneshot::channel();
        tokio::spawn(converse(
            self.place.clone(),
            request,
            (reader, writer),
            answer,
            permit,
        ));
        answered.await.unwrap_or_else(|_| {
            Err(Problem::ConnectionLost {
                host: self.place.host.clone(),
                purpose,
                cause: reason(&self.place.ended),
            })
        })
    }

    /// Opens a channel. A server that allows fewer of them than usual is taken at its word, and asked again.
    async fn open(&self) -> Result<(Channel<Msg>, SessionPermit), Problem> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times()
            .with_total_delay(Some(OPEN_LIMIT));
        let attempt = || self.open_now();
        attempt
            .retry(pauses)
            .when(|failure| matches!(failure, Failure::NotNow(_)))
            .await
            .map_err(|failure| match failure {
                Failure::NotNow(problem) | Failure::Final(problem) => problem,
            })
    }

    async fn open_now(&self) -> Result<(Channel<Msg>, SessionPermit), Failure> {
        let mut permit = self
            .permits
            .take()
            .await
            .ok_or_else(|| Failure::Final(self.connection_gone()))?;
        match timeout(OPEN_LIMIT, open_in_background(&self.handle)).await {
            Ok(Ok(channel)) => {
                permit.opens();
                Ok((channel, permit))
            }
            Ok(Err(Error::ChannelOpenFailure(reason))) => {
                let problem = self.unreachable(format!("sshd refuses a session ({reason:?})"));
                let may_be_full = reason == ChannelOpenFailure::ConnectFailed;
                if may_be_full && permit.refused() == Refusal::NotNow {
                    Err(Failure::NotNow(problem))
                } else {
                    Err(Failure::Final(problem))
                }
            }
            Ok(Err(_)) => Err(Failure::Final(self.connection_gone())),
            Err(_) => {
                let seconds = OPEN_LIMIT.as_secs();
                let cause = format!("sshd opened no session within {seconds} s");
                Err(Failure::Final(self.unreachable(cause)))
            }
        }
    }

    fn connection_gone(&self) -> Problem {
        let jump_host = self.carrier.as_ref().map(|carrier| &carrier.session);
        if let Some(gone) = jump_host.filter(|session| session.is_closed()) {
            return self.unreachable(format!(
                "the connection to the jump host {} is gone",
                gone.address
            ));
        }
        self.unreachable(format!("the connection is gone: {}", reason(&self.place.ended)))
    }

    fn unreachable(&self, cause: String) -> Problem {
        Problem::Unreachable {
            host: self.place.host.clone(),
            address: self.address.clone(),
            cause,
        }
    }
}

impl Connection for Session {
    async fn run(
        &self,
        command: &Wire,
        deadline: Duration,
        progress: Option<UnboundedSender<Progress>>,
    ) -> Result<Output, Problem> {
        let request = Request {
            purpose: command.purpose().to_owned(),
            input: Zeroizing::new(command.input().to_vec()),
            image: command.image().cloned(),
            deadline,
            progress,
            prints_secrets: command.prints_secrets(),
        };
        self.run_line(command.line(), request).await
    }
}

/// Opens a channel in a task: the server completes an opening that is given up, and somebody has to close it.
async fn open_in_background(handle: &Arc<Handle<Guard>>) -> Result<Channel<Msg>, Error> {
    let (opened, open) = oneshot::channel();
    let handle = Arc::clone(handle);
    tokio::spawn(async move {
        let channel = handle.channel_open_session().await;
        if let Err(Ok(mut late)) = opened.send(channel) {
            let _ = late.close().await;
            while late.wait().await.is_some() {}
        }
    });
    open.await.unwrap_or(Err(Error::Disconnect))
}
