//! The settings of a run, with which its hosts are connected to.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use russh::client::{Config, Handle, connect_stream};
use russh::{Error, Limits, Preferred, cipher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::authenticate::Credentials;
use super::host_key::{Guard, why};
use super::known_hosts::{Known, KnownHosts};
use super::prompt::{Operator, Prompter};
use super::session::Session;
use super::stream::{QuickAck, in_words};
use super::sudo::SudoPasswords;
use super::unreachable::{address, unreachable};
use crate::error::Problem;
use crate::topology::{Host, SshSettings, Sudo};

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
        })
    }

    /// The same with another agent than the one at `SSH_AUTH_SOCK`.
    #[must_use]
    pub fn with_agent(mut self, socket: Option<PathBuf>) -> Self {
        self.credentials.set_agent(socket);
        self
    }

    /// Connects and logs in. Whatever has to be asked is asked first, so that no server waits for the operator.
    pub async fn connect(&self, host: &Host) -> Result<Session, Problem> {
        self.credentials.offers(&host.ssh).await?;
        if host.ssh.sudo == Sudo::Password {
            self.sudo.ask(host).await?;
        }
        let attempt = || async {
            let _slot = self.handshakes.acquire().await;
            let stream = self.dial(host).await?;
            self.connect_over(stream, host).await
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

    async fn dial(&self, host: &Host) -> Result<QuickAck, Failure> {
        QuickAck::connect(&host.ssh.address, host.ssh.port, CONNECT_LIMIT)
            .await
            .map_err(|error| {
                let problem = unreachable(host, in_words(&error));
                if is_dropped(&error) {
                    Failure::Dropped(problem)
                } else {
                    Failure::Final(problem)
                }
            })
    }

    /// Handshake and login over an open stream: a TCP connection, or one day a channel of a jump host.
    async fn connect_over<S>(&self, stream: S, host: &Host) -> Result<Session, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let known = self.known_hosts.of(&host.ssh.address, host.ssh.port);
        let config = Arc::new(config(&known));
        let (guard, refusal, ended, words) = Guard::new(&host.name, &address(&host.ssh), known);
        let mut handle: Handle<Guard> = timeout(HANDSHAKE_LIMIT, connect_stream(config, stream, guard))
            .await
            .map_err(|_| {
                let seconds = HANDSHAKE_LIMIT.as_secs();
                Failure::Final(unreachable(host, format!("no handshake within {seconds} s")))
            })?
            .map_err(|error| match refusal.take() {
                Some(problem) => Failure::Final(problem),
                None => handshake_failure(host, &error),
            })?;
        let offers = self.credentials.offers(&host.ssh).await.map_err(Failure::Final)?;
        timeout(
            LOGIN_LIMIT,
            self.credentials.log_in(&mut handle, host, offers, &ended),
        )
        .await
        .unwrap_or_else(|_| {
            let seconds = LOGIN_LIMIT.as_secs();
            Err(unreachable(
                host,
                format!("no answer to the login within {seconds} s"),
            ))
        })
        .map_err(Failure::Final)?;
        Ok(Session::new(host, handle, ended, words, self.sudo.clone()))
    }
}

fn handshake_failure(host: &Host, error: &Error) -> Failure {
    let problem = unreachable(host, format!("{}, before the host showed its key", why(error)));
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
