//! Questions to the operator: each is asked once per run, and never where there is no terminal.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
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

    /// The question that stands is given up: nobody waits for its answer any more.
    fn abandon(&self) {}
}

/// The operator at the controlling terminal.
#[derive(Default)]
pub struct Terminal {
    asking: std::sync::Mutex<Asking>,
}

#[derive(Default)]
struct Asking {
    /// The terminal as it was before: while the question stands, nothing that is typed is shown.
    before: Option<(File, Termios)>,
    is_abandoned: bool,
}

/// Why the terminal gave no answer.
enum NoAnswer {
    /// The operator wants none of it: Ctrl-C, or Ctrl-D.
    Aborted,
    Failed(String),
}

impl Prompter for Terminal {
    fn passphrase(&self, path: &Path) -> Result<Zeroizing<String>, Problem> {
        let answer = self.read_hidden(&format!("Passphrase of {}: ", path.display()));
        answer.map_err(|no| {
            no.problem(|cause| Problem::Identity {
                path: path.display().to_string(),
                cause: format!("it is encrypted, and {cause}; `ssh-add` puts it into an agent"),
            })
        })
    }

    fn sudo_password(&self, host: &HostName, user: &str) -> Result<Zeroizing<String>, Problem> {
        let answer = self.read_hidden(&format!("Password of {user} for sudo on the hosts: "));
        answer.map_err(|no| {
            no.problem(|cause| Problem::Sudo {
                host: host.clone(),
                user: user.to_owned(),
                cause: format!("sudo is to be given a password, and {cause}"),
            })
        })
    }

    fn abandon(&self) {
        let mut asking = self.asking();
        asking.is_abandoned = true;
        asking.restore();
    }
}

impl Terminal {
    fn read_hidden(&self, question: &str) -> Result<Zeroizing<String>, NoAnswer> {
        let terminal = File::options().read(true).write(true).open("/dev/tty");
        let mut terminal = terminal
            .map_err(|error| NoAnswer::Failed(format!("there is no terminal to ask on ({error})")))?;
        self.asking().hide(&terminal)?;
        let answer = terminal
            .write_all(question.as_bytes())
            .and_then(|()| read_line(&mut terminal));
        self.asking().restore();
        match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(NoAnswer::Aborted),
            Err(error) => Err(NoAnswer::no(&error)),
        }
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking {
    /// Lets the terminal show nothing that is typed. Ctrl-C stays what it is, a signal to the program.
    fn hide(&mut self, terminal: &File) -> Result<(), NoAnswer> {
        if self.is_abandoned {
            return Err(NoAnswer::Aborted);
        }
        let before = tcgetattr(terminal).map_err(|error| NoAnswer::no(&error.into()))?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        let own = terminal.try_clone().map_err(|error| NoAnswer::no(&error))?;
        tcsetattr(terminal, OptionalActions::Flush, &hidden).map_err(|error| NoAnswer::no(&error.into()))?;
        self.before = Some((own, before));
        Ok(())
    }

    fn restore(&mut self) {
        if let Some((mut terminal, before)) = self.before.take() {
            // The terminal may be gone, which is often why.
            let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
            let _ = terminal.write_all(b"\n");
        }
    }
}

/// A line without its end; none where the terminal has no more, as after Ctrl-D. Reserved at full length first: a
/// growing text would leave copies behind.
fn read_line(terminal: &mut File) -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let mut byte = Zeroizing::new([0]);
    loop {
        match terminal.read(byte.as_mut_slice()) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte.contains(&b'\n') => break,
            Ok(_) => line.extend_from_slice(byte.as_slice()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| io::Error::other("what was typed is not UTF-8"))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// A terminal gives no longer line.
const LONGEST_LINE: usize = 4096;

impl NoAnswer {
    fn no(error: &io::Error) -> Self {
        Self::Failed(format!("the terminal gave no answer ({error})"))
    }

    fn problem(self, failed: impl FnOnce(String) -> Problem) -> Problem {
        match self {
            NoAnswer::Aborted => aborted(),
            NoAnswer::Failed(cause) => failed(cause),
        }
    }
}

/// Questions come before anything is sent to a host.
fn aborted() -> Problem {
    Problem::Interrupted {
        running: Vec::new(),
        is_begun: false,
    }
}

/// The prompter, asked one question at a time.
#[derive(Clone)]
pub(super) struct Operator {
    prompter: Arc<dyn Prompter>,
    /// Whose question it is; whether the operator has given no answer to an earlier one, and wants no more of them.
    turn: Arc<Mutex<bool>>,
}

/// A question that stands, until it is answered or nobody waits any more.
struct Question<'a> {
    prompter: &'a dyn Prompter,
    is_answered: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.prompter.abandon();
        }
    }
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
        let mut is_aborted = self.turn.lock().await;
        if *is_aborted {
            return Err(aborted());
        }
        let (answer, answered) = oneshot::channel();
        let prompter = Arc::clone(&self.prompter);
        let mut stands = Question {
            prompter: self.prompter.as_ref(),
            is_answered: false,
        };
        std::thread::spawn(move || answer.send(question(prompter.as_ref())));
        let answer = answered.await.unwrap_or_else(|_| Err(aborted()));
        stands.is_answered = true;
        *is_aborted = matches!(answer, Err(Problem::Interrupted { .. }));
        answer
    }
}
