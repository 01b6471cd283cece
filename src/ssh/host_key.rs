//! The part of a session that judges the host's key before anything is sent, and tells why a session ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelId, ChannelOpenFailure, Error};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::known_hosts::{Evaluation, Known, fingerprint};
use super::openings::{Response, Words};
use super::stream::in_words;
use crate::error::Problem;
use crate::topology::HostName;

/// Judges the host's key; owned by the session's task.
pub(super) struct Guard {
    host: HostName,
    address: String,
    known: Known,
    refused: Refusal,
    ended: watch::Sender<Option<End>>,
    words: UnboundedSender<Response>,
}

/// Where the reason for a refusal is left: russh itself passes on only that there was one.
#[derive(Clone, Default)]
pub(super) struct Refusal(Arc<Mutex<Option<Problem>>>);

impl Refusal {
    pub(super) fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, problem: Problem) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}

#[derive(Debug, Clone)]
pub(super) enum End {
    /// sshd said why.
    Reported(String),
    /// The connection broke.
    Broken(String),
}

/// How a session ended, once it has; closed when its task is gone.
pub(super) type Ended = watch::Receiver<Option<End>>;

impl Guard {
    pub(super) fn new(host: &HostName, address: &str, known: Known) -> (Self, Refusal, Ended, Words) {
        let (ended, watched) = watch::channel(None);
        let (words, heard) = unbounded_channel();
        let refused = Refusal::default();
        let guard = Self {
            host: host.clone(),
            address: address.to_owned(),
            known,
            refused: refused.clone(),
            ended,
            words,
        };
        (guard, refused, watched, Words::new(heard))
    }

    fn problem(&self, presented: &PublicKeyOrCertificate, evaluation: Evaluation) -> Option<Problem> {
        let key = presented.public_key();
        let shown = fingerprint(key.key_data());
        let (host, address) = (self.host.clone(), self.address.clone());
        match evaluation {
            Evaluation::Trusted => None,
            Evaluation::Unknown { remarks } => Some(Problem::HostKeyUnknown {
                host,
                address,
                fingerprint: std::iter::once(shown)
                    .chain(remarks)
                    .collect::<Vec<_>>()
                    .join("; "),
                known_hosts: self.known.file().display().to_string(),
                line: self.known.line(&key),
            }),
            Evaluation::Changed { expected, known_at } => Some(Problem::HostKeyChanged {
                host,
                address,
                presented: shown,
                expected,
                known_at,
            }),
            Evaluation::Revoked { known_at } => Some(Problem::HostKeyRevoked {
                host,
                address,
                fingerprint: shown,
                known_at,
            }),
        }
    }
}

/// A host has no business opening channels to the workstation; a reply that is dropped refuses.
macro_rules! refuse {
    ($($channel:ident($($from:ty),*);)*) => {
        $(async fn $channel(
            &mut self,
            _: Channel<Msg>,
            $(_: $from,)*
            _: ChannelOpenHandle,
            _: &mut Session,
        ) -> Result<(), Error> {
            Ok(())
        })*
    };
}

impl Handler for Guard {
    type Error = Error;

    async fn check_server_key(&mut self, presented: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let evaluation = self.known.evaluate(presented, SystemTime::now());
        match self.problem(presented, evaluation) {
            None => Ok(true),
            Some(problem) => {
                self.refused.put(problem);
                Ok(false)
            }
        }
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        let (end, result) = match reason {
            DisconnectReason::ReceivedDisconnect(info) => (End::Reported(info.message), Ok(())),
            DisconnectReason::Error(error) => (End::Broken(why(&error)), Err(error)),
        };
        self.ended.send_replace(Some(end));
        result
    }

    async fn channel_open_failure(
        &mut self,
        channel: ChannelId,
        _: ChannelOpenFailure,
        description: &str,
        _: &str,
        _: &mut Session,
    ) -> Result<(), Error> {
        // Nobody listens where the session is gone.
        let _ = self.words.send((channel, description.to_owned()));
        Ok(())
    }

    refuse! {
        server_channel_open_forwarded_tcpip(&str, u32, &str, u32);
        server_channel_open_forwarded_streamlocal(&str);
        server_channel_open_agent_forward();
        server_channel_open_session();
        server_channel_open_direct_tcpip(&str, u32, &str, u32);
        server_channel_open_direct_streamlocal(&str);
        server_channel_open_x11(&str, u32);
    }
}

/// Why a session ended or never was, in plain words.
pub(super) fn why(error: &Error) -> String {
    match error {
        Error::IO(error) => in_words(error),
        Error::Disconnect | Error::HUP | Error::RecvError | Error::SendError => {
            "the connection was closed".to_owned()
        }
        Error::KeepaliveTimeout | Error::InactivityTimeout => "the host stopped answering".to_owned(),
        Error::NoCommonAlgo { kind, theirs, .. } => {
            format!(
                "no common {kind:?} algorithm; the server has {}",
                theirs.join(", ")
            )
        }
        other => other.to_string(),
    }
}

/// Why the connection ended, as far as that is known.
pub(super) fn reason(ended: &Ended) -> String {
    match &*ended.borrow() {
        Some(End::Reported(message)) => format!("sshd ended the connection: {message}"),
        Some(End::Broken(words)) => words.clone(),
        None => "the connection was closed".to_owned(),
    }
}
