//! Becoming root: the command line with `sudo`, what sudo says before a script begins, and its password.
//!
//! The password goes over standard input only after sudo was seen to ask for it, as sudo leaves it to the command
//! when it needs none. It is tried on one host first, and nowhere again once it was refused: wrong passwords lock
//! accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use zeroize::Zeroizing;

use super::prompt::Operator;
use crate::error::Problem;
use crate::error::sanitize::decode;
use crate::remote::wire::STARTED;
use crate::topology::{Host, HostName, Sudo};

/// A command line as the host's login shell receives it. `marker` is what sudo asks with.
pub(super) fn exec_line(sudo: Sudo, marker: &str, line: &str) -> String {
    match sudo {
        Sudo::None => line.to_owned(),
        Sudo::Passwordless => format!("sudo -n -- {line}"),
        Sudo::Password => format!("sudo -S -p '{marker}' -- {line}"),
    }
}

/// A text for sudo to ask with that nothing else on a host says.
pub(super) fn new_marker() -> String {
    format!("hawser-password-{:016x}:", rand::random::<u64>())
}

/// Standard error until the script begins.
pub(super) struct Opening {
    marker: String,
    reply: Vec<u8>,
    questions: usize,
}

/// What standard error told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    /// sudo asks for the password.
    Question,
    /// sudo asks again: the password was wrong.
    Refusal,
    /// The script has begun as this process; what it said since.
    Started(u32, Vec<u8>),
}

/// More than this before a script begins is no banner any more.
const OPENING_LIMIT: usize = 256 << 10;

impl Opening {
    pub(super) fn new(marker: &str) -> Self {
        Self {
            marker: marker.to_owned(),
            reply: Vec::new(),
            questions: 0,
        }
    }

    pub(super) fn hear(&mut self, data: &[u8]) -> Heard {
        if self.reply.len() < OPENING_LIMIT {
            self.reply.extend_from_slice(data);
        }
        if let Some((pid, rest)) = self.started() {
            return Heard::Started(pid, rest.to_vec());
        }
        let questions = self.text().matches(&self.marker).count();
        if questions <= self.questions {
            return Heard::Nothing;
        }
        self.questions += 1;
        if self.questions == 1 {
            Heard::Question
        } else {
            Heard::Refusal
        }
    }

    fn started(&self) -> Option<(u32, &[u8])> {
        let word = STARTED.as_bytes();
        let at = self.reply.windows(word.len()).position(|window| window == word)?;
        let after = self.reply.get(at + word.len()..)?;
        let end = after.iter().position(|byte| *byte == b'\n')?;
        let pid = std::str::from_utf8(after.get(..end)?).ok()?.trim().parse().ok()?;
        Some((pid, after.get(end + 1..).unwrap_or_default()))
    }

    fn text(&self) -> String {
        decode(&self.reply)
    }

    /// What was said, without the questions, in one line.
    pub(super) fn words(&self) -> String {
        let text = self.text().replace(&self.marker, "\n");
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        lines.join("; ")
    }
}

/// The sudo passwords of a run, one per login user.
#[derive(Clone)]
pub(super) struct SudoPasswords {
    operator: Operator,
    users: Arc<std::sync::Mutex<BTreeMap<String, Arc<Mutex<Password>>>>>,
    /// Every password that the operator has given, for taking it out of what hosts say.
    given: Arc<std::sync::Mutex<Vec<Zeroizing<String>>>>,
}

/// A shorter password stands in other words by chance, and masking those would tell it.
const SHORTEST_MASKED: usize = 6;

enum Password {
    Unasked,
    NotGiven(Problem),
    /// Some host is to try it first, alone.
    Untried(Zeroizing<String>),
    /// Right on some host; the set has those on which it is not.
    Right(Zeroizing<String>, BTreeSet<HostName>),
    WrongOn(HostName),
}

/// A password on its way to a host. While it is untried, other hosts wait for what becomes of it.
pub(super) struct Trial {
    state: Arc<Mutex<Password>>,
    first: Option<OwnedMutexGuard<Password>>,
    password: Zeroizing<String>,
    host: HostName,
}

impl SudoPasswords {
    pub(super) fn new(operator: Operator) -> Self {
        Self {
            operator,
            users: Arc::default(),
            given: Arc::default(),
        }
    }

    /// A host's words without the passwords that hosts were given.
    pub(super) fn redact(&self, text: &str) -> String {
        let given = self
            .given
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        given
            .iter()
            .filter(|password| password.len() >= SHORTEST_MASKED)
            .fold(text.to_owned(), |text, password| {
                text.replace(password.as_str(), "<sudo password>")
            })
    }

    fn of(&self, user: &str) -> Arc<Mutex<Password>> {
        let mut users = self
            .users
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let state = users
            .entry(user.to_owned())
            .or_insert_with(|| Arc::new(Mutex::new(Password::Unasked)));
        Arc::clone(state)
    }

    pub(super) async fn ask(&self, host: &Host) -> Result<(), Problem> {
        let state = self.of(&host.ssh.user);
        let mut state = state.lock().await;
        if matches!(*state, Password::Unasked) {
            let (name, user) = (host.name.clone(), host.ssh.user.clone());
            let answer = self
                .operator
                .ask(move |prompter| prompter.sudo_password(&name, &user))
                .await;
            if let Ok(password) = &answer {
                self.given
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push(password.clone());
            }
            *state = answer.map_or_else(Password::NotGiven, Password::Untried);
        }
        match &*state {
            Password::NotGiven(problem) => Err(on_host(problem.clone(), &host.name)),
            _ => Ok(()),
        }
    }

    /// The password for a host that asks for it; waits while another host tries it for the first time.
    pub(super) async fn trial(&self, host: &HostName, user: &str) -> Result<Trial, String> {
        let state = self.of(user);
        let guard = Arc::clone(&state).lock_owned().await;
        let (password, first) = match &*guard {
            Password::Untried(password) => (password.clone(), Some(guard)),
            Password::Right(_, refused) if refused.contains(host) => {
                return Err("sudo has refused the password, which other hosts took".to_owned());
            }
            Password::Right(password, _) => (password.clone(), None),
            Password::WrongOn(host) => {
                return Err(format!(
                    "sudo on {host} has refused the password, so it is not tried here"
                ));
            }
            Password::Unasked | Password::NotGiven(_) => return Err("sudo asks for a password".to_owned()),
        };
        Ok(Trial {
            state,
            first,
            password,
            host: host.clone(),
        })
    }
}

impl Trial {
    pub(super) fn line(&self) -> Zeroizing<Vec<u8>> {
        let mut line = Zeroizing::new(Vec::with_capacity(self.password.len() + 1));
        line.extend_from_slice(self.password.as_bytes());
        line.push(b'\n');
        line
    }

    pub(super) fn was_taken(self) {
        if let Some(mut state) = self.first {
            *state = Password::Right(self.password, BTreeSet::new());
        }
    }

    pub(super) async fn was_refused(self) {
        match self.first {
            Some(mut state) => *state = Password::WrongOn(self.host),
            None => {
                if let Password::Right(_, refused) = &mut *self.state.lock().await {
                    refused.insert(self.host);
                }
            }
        }
    }
}

fn on_host(problem: Problem, host: &HostName) -> Problem {
    match problem {
        Problem::Sudo { user, cause, .. } => Problem::Sudo {
            host: host.clone(),
            user,
            cause,
        },
        other => other,
    }
}
