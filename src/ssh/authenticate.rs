//! Logging in: which keys are offered, in which order, and how many.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::MethodKind;
use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, Error as KeyError, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::host_key::{End, Ended, Guard, reason, why};
use super::identity::Identities;
use super::known_hosts::fingerprint;
use super::prompt::Operator;
use super::unreachable::Peer;
use crate::error::Problem;
use crate::topology::SshTarget;

/// sshd disconnects at the sixth failure (`MaxAuthTries 6`), and counts every key that is offered.
const MOST_OFFERS: usize = 5;

/// How long the agent may take to list its keys.
const AGENT_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct Credentials {
    identities: Identities,
    agent: Option<PathBuf>,
}

/// The keys for one host, in the order in which they are offered.
pub(super) struct Offers {
    keys: Vec<Offer>,
    remarks: Vec<String>,
}

enum Offer {
    Agent(PublicKey, String),
    File(PathBuf, Arc<PrivateKey>),
}

type Agent = AgentClient<UnixStream>;

impl Credentials {
    pub(super) fn new(operator: Operator, agent: Option<PathBuf>) -> Self {
        Self {
            identities: Identities::new(operator),
            agent,
        }
    }

    pub(super) fn set_agent(&mut self, socket: Option<PathBuf>) {
        self.agent = socket;
    }

    /// Chooses the keys for a host, and asks for the passphrases that are needed: before connecting, as sshd waits
    /// for a login only so long.
    ///
    /// The agent's keys that are the configured ones come first, then the other configured ones, then what else the
    /// agent holds: an agent full of other keys must not use up the server's patience.
    pub(super) async fn offers(&self, target: &SshTarget) -> Result<Offers, Problem> {
        let (mut held, mut remarks) = if target.agent {
            self.agent_keys().await
        } else {
            (Vec::new(), Vec::new())
        };
        let (mut keys, mut files) = (Vec::new(), Vec::new());
        for path in &target.identities {
            let file = self.identities.file(path);
            let position = held.iter().position(|(key, _)| {
                file.public()
                    .is_some_and(|public| public.key_data() == key.key_data())
            });
            match position.map(|position| held.remove(position)) {
                Some((key, comment)) => keys.push(Offer::Agent(key, comment)),
                None => files.push(Offer::File(
                    file.path().to_owned(),
                    self.identities.key(&file).await?,
                )),
            }
        }
        keys.extend(files);
        keys.extend(held.into_iter().map(|(key, comment)| Offer::Agent(key, comment)));
        if let Some(left_out) = keys.len().checked_sub(MOST_OFFERS).filter(|count| *count > 0) {
            remarks.push(format!("{left_out} more keys were not tried"));
            keys.truncate(MOST_OFFERS);
        }
        Ok(Offers { keys, remarks })
    }

    async fn agent_keys(&self) -> (Vec<(PublicKey, String)>, Vec<String>) {
        let Some(mut agent) = self.connect_agent().await else {
            return (Vec::new(), vec!["no agent answers at SSH_AUTH_SOCK".to_owned()]);
        };
        let listed = timeout(AGENT_LIMIT, agent.request_identities());
        match listed.await.unwrap_or(Err(KeyError::AgentFailure)) {
            Ok(identities) => (identities.into_iter().filter_map(plain_key).collect(), Vec::new()),
            Err(error) => (
                Vec::new(),
                vec![format!("the agent does not list its keys: {error}")],
            ),
        }
    }

    async fn connect_agent(&self) -> Option<Agent> {
        AgentClient::connect_uds(self.agent.as_ref()?).await.ok()
    }

    /// Offers the keys until the server is content.
    pub(super) async fn log_in(
        &self,
        handle: &mut Handle<Guard>,
        peer: Peer<'_>,
        offers: Offers,
        ended: &Ended,
    ) -> Result<(), Problem> {
        let Offers { keys, remarks } = offers;
        let (mut offered, mut accepted) = (Vec::new(), None);
        for offer in keys {
            let label = label(&offer);
            let (remark, methods) = match self.offer(handle, &peer.ssh.user, offer).await {
                Ok(AuthResult::Success) => return Ok(()),
                Ok(AuthResult::Failure {
                    remaining_methods,
                    partial_success: true,
                }) => (" (accepted, but not enough)".to_owned(), Some(remaining_methods)),
                Ok(AuthResult::Failure {
                    remaining_methods, ..
                }) => (String::new(), Some(remaining_methods)),
                Err(cause) => (format!(" ({cause})"), None),
            };
            offered.push(label + &remark);
            // A connection that broke looks like a refusal that leaves no method.
            if handle.is_closed() {
                return Err(dropped(peer, offered, ended));
            }
            accepted = methods.or(accepted);
            if accepted
                .as_ref()
                .is_some_and(|methods| !methods.contains(&MethodKind::PublicKey))
            {
                break;
            }
        }
        if accepted.is_none() {
            accepted = match handle.authenticate_none(&peer.ssh.user).await {
                Ok(AuthResult::Success) => return Ok(()),
                Ok(AuthResult::Failure {
                    remaining_methods, ..
                }) => Some(remaining_methods),
                Err(_) => None,
            };
        }
        offered.extend(remarks);
        Err(Problem::LoginRefused {
            host: peer.name.clone(),
            user: peer.ssh.user.clone(),
            offered,
            accepted: accepted
                .iter()
                .flat_map(|methods| methods.iter().map(String::from))
                .collect(),
        })
    }

    async fn offer(
        &self,
        handle: &mut Handle<Guard>,
        user: &str,
        offer: Offer,
    ) -> Result<AuthResult, String> {
        match offer {
            Offer::File(_, key) => {
                let hash = best_hash(handle, &key.algorithm()).await;
                handle
                    .authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash))
                    .await
                    .map_err(|error| why(&error))
            }
            Offer::Agent(key, _) => {
                let mut agent = self.connect_agent().await.ok_or("the agent does not answer")?;
                if let Some(binding) = handle.agent_session_binding() {
                    // Only keys that are bound to certain hosts need it, and old agents do not know it.
                    let _ = agent.bind_session(binding, false).await;
                }
                let hash = best_hash(handle, &key.algorithm()).await;
                handle
                    .authenticate_publickey_with(user, key, hash, &mut agent)
                    .await
                    .map_err(|error| error.to_string())
            }
        }
    }
}

/// The best hash for a signature of an RSA key; other keys have but one.
async fn best_hash(handle: &Handle<Guard>, algorithm: &Algorithm) -> Option<HashAlg> {
    if !algorithm.clone().is_rsa() {
        return None;
    }
    match handle.best_supported_rsa_hash().await {
        Ok(Some(hash)) => hash,
        Ok(None) | Err(_) => Some(HashAlg::Sha256),
    }
}

/// Certificates have no part in a login yet.
fn plain_key(identity: AgentIdentity) -> Option<(PublicKey, String)> {
    match identity {
        AgentIdentity::PublicKey { key, comment } => Some((key, comment)),
        AgentIdentity::Certificate { .. } => None,
    }
}

fn label(offer: &Offer) -> String {
    match offer {
        Offer::Agent(key, comment) => format!("the agent's {} {comment}", fingerprint(key.key_data())),
        Offer::File(path, key) => {
            format!(
                "{} ({})",
                path.display(),
                fingerprint(key.public_key().key_data())
            )
        }
    }
}

/// sshd ends the connection when it has seen enough keys, and says so; any other end is no refusal.
fn dropped(peer: Peer<'_>, mut offered: Vec<String>, ended: &Ended) -> Problem {
    let is_reported = matches!(&*ended.borrow(), Some(End::Reported(_)));
    let reason = reason(ended);
    if is_reported {
        offered.push(reason);
        Problem::LoginRefused {
            host: peer.name.clone(),
            user: peer.ssh.user.clone(),
            offered,
            accepted: Vec::new(),
        }
    } else {
        peer.unreachable(format!("{reason}, during the login"))
    }
}
