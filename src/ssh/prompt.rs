//! Questions to the operator: each is asked once per run, and never where there is no terminal.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{Mutex, oneshot};
use zeroize::Zeroizing;

use crate::error::Problem;
use crate::topology::HostName;

/// Somebody who knows passphrases and passwords.
pub trait Prompter: Send + Sync + 'static {
    /// The passphrase of an encrypted private key.
    fn passphrase(&self, path: &Path) -> Result<Zeroizing<String>, Problem>;

    /// What `sudo` wants of a login user; the answer is used on every host of that user.
    fn sudo_password(&self, host: &HostName, user: &str) -> Result<Zeroizing<String>, Problem>;
}

/// The operator at the controlling terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Prompter for Terminal {
    fn passphrase(&self, path: &Path) -> Result<Zeroizing<String>, Problem> {
        read_hidden(&format!("Passphrase of {}: ", path.display())).map_err(|cause| Problem::Identity {
            path: path.display().to_string(),
            cause: format!("it is encrypted, and {cause}; `ssh-add` puts it into an agent"),
        })
    }

    fn sudo_password(&self, host: &HostName, user: &str) -> Result<Zeroizing<String>, Problem> {
        read_hidden(&format!("Password of {user} for sudo on the hosts: ")).map_err(|cause| Problem::Sudo {
            host: host.clone(),
            user: user.to_owned(),
            cause: format!("sudo is to be given a password, and {cause}"),
        })
    }
}

fn read_hidden(question: &str) -> Result<Zeroizing<String>, String> {
    File::open("/dev/tty").map_err(|error| format!("there is no terminal to ask on ({error})"))?;
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(|error| format!("the terminal gave no answer ({error})"))
}

/// The prompter, asked one question at a time.
#[derive(Clone)]
pub(super) struct Operator {
    prompter: Arc<dyn Prompter>,
    turn: Arc<Mutex<()>>,
}

impl Operator {
    pub(super) fn new(prompter: impl Prompter) -> Self {
        Self {
            prompter: Arc::new(prompter),
            turn: Arc::default(),
        }
    }

    /// Asks on a thread of its own. Not one of the runtime's: a program that is told to stop while a question stands
    /// would wait for the answer.
    pub(super) async fn ask<Q>(&self, question: Q) -> Result<Zeroizing<String>, Problem>
    where
        Q: FnOnce(&dyn Prompter) -> Result<Zeroizing<String>, Problem> + Send + 'static,
    {
        let _turn = self.turn.lock().await;
        let (answer, answered) = oneshot::channel();
        let prompter = Arc::clone(&self.prompter);
        std::thread::spawn(move || answer.send(question(prompter.as_ref())));
        answered
            .await
            .unwrap_or_else(|_| Err(Problem::Interrupted { running: Vec::new() }))
    }
}
