//! The settings of a run, with which its hosts are connected to.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures::future::BoxFuture;
use russh::client::{Config, Handle, Msg, connect_stream};
use russh::{ChannelStream, Error, Limits, Preferred, cipher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::authenticate::Credentials;
use super::forwarding::NotForwarded;
use super::host_key::{Guard, why};
use super::jump::{JumpHosts, not_carried, not_reached};
use super::known_hosts::{Known, KnownHosts};
use super::prompt::{Operator, Prompter};
use super::session::{Carrier, Session};
use super::stream::{QuickAck, in_words};
use super::sudo::SudoPasswords;
use super::unreachable::{Peer, address};
use crate::error::Problem;
use crate::topology::{Host, HostName, SshSettings, SshTarget, Sudo};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);
const LOGIN_LIMIT: Duration = Duration::from_secs(20);

/// How often a connection is tried that breaks before the host has shown its key: sshd drops some at random when
/// many come at once (`MaxStartups 10:30:100`).
const RETRIES: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The settings of one run: keys, known hosts, answers that were asked for once.
pub struct Client {
    known_hosts: KnownHosts,
    credentials: Credentials,
    sudo: SudoPasswords,
    handshakes: Semaphore,
    jump_hosts: JumpHosts,
}

/// Why an attempt to connect failed.
enum Failure {
    /// The connection broke before the host showed its key: another attempt may do.
    Dropped(Problem),
    /// Another attempt would end the same way, or do harm.
    Final(Problem),
}

impl Client {
    /// Reads the known hosts. Key files are read, and passphrases asked for, when the first host needs them.
    pub fn new(settings: &SshSettings, prompter: impl Prompter) -> Result<Self, Problem> {
        let operator = Operator::new(prompter);
        let agent = std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
        Ok(Self {
            known_hosts: KnownHosts::load(settings)?,
            credentials: Credentials::new(operator.clone(), agent),
            sudo: SudoPasswords::new(operator),
            handshakes: Semaphore::new(settings.handshakes.max(1)),
            jump_hosts: JumpHosts::default(),
        })
    }

    /// The same with another agent than the one at `SSH_AUTH_SOCK`.
    #[must_use]
    pub fn with_agent(mut self, socket: Option<PathBuf>) -> Self {
        self.credentials.set_agent(socket);
        self
    }

    /// Connects and logs in, through its jump hosts where it has any.
    ///
    /// Whatever has to be asked is asked first, so that no server waits for the operator.
    pub async fn connect(&self, host: &Host) -> Result<Session, Problem> {
        self.credentials.offers(&host.ssh).await?;
        if host.ssh.sudo == Sudo::Password {
            self.sudo.ask(host).await?;
        }
        self.connect_to(host.into()).await
    }

    async fn connect_to(&self, peer: Peer<'_>) -> Result<Session, Problem> {
        let attempt = || async {
            let Some((last, before)) = peer.ssh.jumps.split_last() else {
                let _turn = self.handshakes.acquire().await;
                let stream = self.dial(peer).await?;
                return self.connect_over(stream, peer, None).await;
            };
            // Before the handshake's turn is taken: the jump host needs one, too.
            let carrier = self.jump_host(last, before).await;
            let carrier = carrier.map_err(|problem| Failure::Final(not_reached(peer, last, problem)))?;
            let _turn = self.handshakes.acquire().await;
            let stream = carried(&carrier, peer, last).await?;
            self.connect_over(stream, peer, Some(carrier)).await
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(RETRIES)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(|failure| matches!(failure, Failure::Dropped(_)))
            .await
            .map_err(|failure| match failure {
                Failure::Dropped(problem) | Failure::Final(problem) => problem,
            })
    }

    /// A place on a connection to a jump host, behind those before it. Boxed, as these may be jump hosts themselves.
    fn jump_host<'a>(
        &'a self,
        last: &'a SshTarget,
        before: &'a [SshTarget],
    ) -> BoxFuture<'a, Result<Carrier, Problem>> {
        Box::pin(async move {
            let target = SshTarget {
                jumps: before.to_vec(),
                ..last.clone()
            };
            let name = HostName(last.address.clone());
            let peer = Peer {
                name: &name,
                ssh: &target,
            };
            let connect = || -> BoxFuture<'_, Result<Arc<Session>, Problem>> {
                Box::pin(async move {
                    self.credentials.offers(peer.ssh).await?;
                    self.connect_to(peer).await.map(Arc::new)
                })
            };
            let hops: Vec<SshTarget> = before.iter().chain([last]).cloned().collect();
            self.jump_hosts.carrier(&hops, connect).await
        })
    }

    async fn dial(&self, peer: Peer<'_>) -> Result<QuickAck, Failure> {
        QuickAck::connect(&peer.ssh.address, peer.ssh.port, CONNECT_LIMIT)
            .await
            .map_err(|error| {
                let problem = peer.unreachable(in_words(&error));
                if is_dropped(&error) {
                    Failure::Dropped(problem)
                } else {
                    Failure::Final(problem)
                }
            })
    }

    /// Handshake and login over an open stream: a TCP connection, or a channel of a jump host.
    async fn connect_over<S>(
        &self,
        stream: S,
        peer: Peer<'_>,
        carrier: Option<Carrier>,
    ) -> Result<Session, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let known = self.known_hosts.of(&peer.ssh.address, peer.ssh.port);
        let config = Arc::new(config(&known));
        let (guard, refusal, ended, words) = Guard::new(peer.name, &address(peer.ssh), known);
        let mut handle: Handle<Guard> = timeout(HANDSHAKE_LIMIT, connect_stream(config, stream, guard))
            .await
            .map_err(|_| {
                let seconds = HANDSHAKE_LIMIT.as_secs();
                Failure::Final(peer.unreachable(format!("no handshake within {seconds} s")))
            })?
            .map_err(|error| match refusal.take() {
                Some(problem) => Failure::Final(problem),
                None => handshake_failure(peer, &error),
            })?;
        let offers = self.credentials.offers(peer.ssh).await.map_err(Failure::Final)?;
        timeout(
            LOGIN_LIMIT,
            self.credentials.log_in(&mut handle, peer, offers, &ended),
        )
        .await
        .unwrap_or_else(|_| {
            let seconds = LOGIN_LIMIT.as_secs();
            Err(peer.unreachable(format!("no answer to the login within {seconds} s")))
        })
        .map_err(Failure::Final)?;
        Ok(Session::new(
            peer,
            handle,
            (ended, words),
            self.sudo.clone(),
            carrier,
        ))
    }
}

/// A connection that the jump host makes to the peer.
async fn carried(carrier: &Carrier, peer: Peer<'_>, hop: &SshTarget) -> Result<ChannelStream<Msg>, Failure> {
    let session = &carrier.session;
    let carrying = session.carry(&peer.ssh.address, peer.ssh.port, CONNECT_LIMIT);
    carrying.await.map_err(|why| {
        let problem = not_carried(peer, hop, &why, CONNECT_LIMIT);
        match why {
            NotForwarded::Gone => Failure::Dropped(problem),
            _ => Failure::Final(problem),
        }
    })
}

fn handshake_failure(peer: Peer<'_>, error: &Error) -> Failure {
    let problem = peer.unreachable(format!("{}, before the host showed its key", why(error)));
    match error {
        Error::IO(error) if !is_dropped(error) => Failure::Final(problem),
        Error::IO(_) | Error::Disconnect | Error::HUP => Failure::Dropped(problem),
        _ => Failure::Final(problem),
    }
}

fn is_dropped(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof
    )
}

fn config(known: &Known) -> Config {
    Config {
        // Found after 60 s that a host has gone silent.
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 3,
        // Ends also the task of a handshake that was given up; longer than the keepalives take.
        inactivity_timeout: Some(Duration::from_secs(75)),
        // OpenSSH's own scale: a rekey begun by russh can end a connection on which several channels are busy.
        limits: Limits {
            rekey_write_limit: 32 << 30,
            rekey_read_limit: 32 << 30,
            rekey_time_limit: Duration::from_secs(6 * 3600),
        },
        preferred: Preferred {
            key: Cow::Owned(known.preferred_algorithms()),
            host_key_certificates: Cow::Owned(known.certificate_algorithms()),
            cipher: Cow::Borrowed(ciphers()),
            ..Preferred::DEFAULT
        },
        ..Config::default()
    }
}

/// AES first where the processor has it, as it is then the cheaper.
fn ciphers() -> &'static [cipher::Name] {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let has_aes = std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    let has_aes = std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    let has_aes = false;
    if has_aes {
        &[
            cipher::AES_128_GCM,
            cipher::AES_256_GCM,
            cipher::CHACHA20_POLY1305,
            cipher::AES_256_CTR,
            cipher::AES_128_CTR,
        ]
    } else {
        &[
            cipher::CHACHA20_POLY1305,
            cipher::AES_128_GCM,
            cipher::AES_256_GCM,
            cipher::AES_256_CTR,
            cipher::AES_128_CTR,
        ]
    }
}
