//! What a host has no program for is tried through its SSH connection, one way after the other.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::trials::Trials;
use crate::cli::patience::Patience;
use crate::facts::{Peer, Reached, Trial};
use crate::remote::ways::Way;
use crate::ssh::{NotOnward, Session};
use crate::tls::{self, Nobody};

/// An address whose host does not answer for it is found out after 3 s.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A balancer without a backend closes at once.
const WATCH: Duration = Duration::from_secs(1);

/// HAProxy tries a server that refuses for 3 s before it closes what it has accepted.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(6);

/// Goes on where the host itself could not: a way that no program could try, a peer that none could ask.
pub(super) async fn go_on(session: &Session, ways: &[Way], trials: &mut Trials, patience: Patience) {
    for way in ways {
        let Some(Ok(trial)) = trials.get_mut(&way.number) else {
            continue;
        };
        let is_untried = matches!(trial.reached, Reached::Untested(_));
        let is_unasked = way.asks_tls && trial.reached == Reached::Open && trial.peer == Peer::NotAsked;
        if !is_untried && !is_unasked {
            continue;
        }
        let Ok(found) = timeout(patience.left(), through(session, way, is_untried)).await else {
            trial.peer = Peer::Unasked("there was no time left".to_owned());
            continue;
        };
        *trial = match (is_untried, found) {
            (true, found) => Trial {
                resolved: trial.resolved.take(),
                ..found
            },
            // A balancer may have closed it only after its servers had refused.
            (false, found) => Trial {
                reached: Some(found.reached)
                    .filter(|reached| *reached == Reached::Closed)
                    .unwrap_or(Reached::Open),
                peer: found.peer,
                ..trial.clone()
            },
        };
    }
}

async fn through(session: &Session, way: &Way, is_untried: bool) -> Trial {
    let lacking = if is_untried {
        "none of bash, perl, python3 and nc is there"
    } else {
        "neither openssl nor python3 is there"
    };
    let connected = session.onward(&way.address, way.port, CONNECT_LIMIT).await;
    let reached = match connected {
        Ok(stream) => return ask(stream, way).await,
        Err(NotOnward::Silent) => Reached::TimedOut,
        Err(NotOnward::Forbidden) => Reached::Untested(format!("{lacking}, and sshd may not forward")),
        Err(NotOnward::Gone) => Reached::Untested(format!("{lacking}, and the SSH connection is gone")),
        Err(NotOnward::Failed(words)) => match Reached::in_words(&words) {
            // What sshd says of every way that a route forbids or does not know.
            Reached::Failed(words) => {
                Reached::Untested(format!("{lacking}, and sshd says no more than: {words}"))
            }
            known => known,
        },
    };
    let peer = match &reached {
        Reached::Untested(why) => Peer::Unasked(why.clone()),
        _ => Peer::Unasked(format!("{lacking}, and through sshd it is out of reach")),
    };
    Trial {
        reached,
        resolved: None,
        peer,
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, way: &Way) -> Trial {
    let mut trial = Trial {
        reached: Reached::Open,
        resolved: None,
        peer: Peer::NotAsked,
    };
    if way.asks_tls {
        match tls::certificate(&mut stream, HANDSHAKE_LIMIT).await {
            Ok(pem) => trial.peer = Peer::Certificate(pem),
            Err(Nobody::Closed) => trial.reached = Reached::Closed,
            Err(Nobody::NoTls) => trial.peer = Peer::NoTls,
            Err(Nobody::Failed(why)) => trial.peer = Peer::Unknown(why),
        }
    } else if matches!(timeout(WATCH, stream.read(&mut [0])).await, Ok(Ok(0) | Err(_))) {
        trial.reached = Reached::Closed;
    }
    // It may be gone already.
    let _ = stream.shutdown().await;
    trial
}
