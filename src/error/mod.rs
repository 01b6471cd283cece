//! Every failure a user can see: what was attempted, where, what the host answered, and the next thing to type.
//!
//! Message, hint and exit code of a [`Problem`] stand side by side in `explain`; `tests/errors.rs` renders them all
//! on one page.

mod access;
mod explain;
pub mod hints;
pub mod sanitize;
mod texts;

use std::time::Duration;

use serde::Serialize;

use crate::topology::HostName;

/// The exit codes, documented in docs/reference/exit-codes.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    StepFailed = 1,
    Usage = 2,
    /// A host that is needed cannot be reached.
    Unreachable = 3,
    /// Refused, because it could do harm, or because hosts are not ready.
    Unsafe = 4,
    /// A host key is unknown, changed or revoked.
    HostKey = 5,
    /// `plan --detailed-exitcode`: there are changes.
    ChangesPending = 6,
    /// The operator asked to stop.
    Interrupted = 130,
}

impl Problem {
    /// Whether it may be gone a minute later, with nobody doing anything about it.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Problem::Silent { starting: true, .. } | Problem::LateEtcd { starting: true, .. }
        )
    }
}

/// Which of several problems names the exit code: a host key before a refusal, a refusal before an absent host, that
/// before the inventory, and all of them before a failed step.
pub fn most_severe(problems: &[Problem]) -> Option<ExitCode> {
    problems.iter().map(|problem| problem.explain().exit).max()
}

/// A failure a user can see.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The inventory is wrong; `rendered` shows every mistake with its position.
    Inventory {
        path: String,
        count: usize,
        rendered: String,
    },
    /// A file on the workstation cannot be read or written.
    LocalFile {
        path: String,
        /// What was tried: `read`, `write`.
        verb: &'static str,
        cause: String,
    },
    /// A template cannot be rendered, or what it renders lacks what hawser relies on.
    Template {
        path: String,
        line: Option<usize>,
        cause: String,
        hint: String,
    },
    /// A configuration file of OpenSSH that OpenSSH refuses too, or that asks for what hawser does not do.
    SshConfig {
        path: String,
        line: Option<usize>,
        cause: String,
        hint: String,
    },
    /// The workstation itself cannot do something.
    Workstation {
        /// What it cannot do: `start threads`.
        what: &'static str,
        cause: String,
    },
    /// The command line asks for something that cannot be.
    Usage { message: String, hint: String },
    /// A host could not be reached.
    Unreachable {
        host: HostName,
        address: String,
        /// What happened: `timed out after 10 s`, `connection refused`.
        cause: String,
    },
    /// sshd refused every credential.
    LoginRefused {
        host: HostName,
        user: String,
        offered: Vec<String>,
        accepted: Vec<String>,
    },
    /// A private key on the workstation cannot be used.
    Identity { path: String, cause: String },
    /// A host key that no known_hosts line names.
    HostKeyUnknown {
        host: HostName,
        address: String,
        /// Key type and SHA-256 fingerprint, as ssh shows them.
        fingerprint: String,
        /// The file in which it was looked for and would be put.
        known_hosts: String,
        /// The known_hosts line to add.
        line: String,
    },
    /// A host key other than the known one: an attack, or a rebuilt host.
    HostKeyChanged {
        host: HostName,
        address: String,
        presented: String,
        expected: Vec<String>,
        /// `file:line` of the known key.
        known_at: String,
    },
    /// A host key that a `@revoked` line names.
    HostKeyRevoked {
        host: HostName,
        address: String,
        fingerprint: String,
        /// `file:line` of the revocation.
        known_at: String,
    },
    /// sudo asks for a password, or refuses it.
    Sudo {
        host: HostName,
        user: String,
        cause: String,
    },
    /// The connection broke while a command ran; what became of it is unknown.
    ConnectionLost {
        host: HostName,
        purpose: String,
        cause: String,
    },
    /// Another run has taken a host's lock; nothing of what was to be done there was done.
    LockLost {
        host: HostName,
        what: String,
        why: String,
    },
    /// A host needs a program that it does not have, or answers what cannot be understood.
    Probe {
        host: HostName,
        what: String,
        cause: String,
    },
    Step {
        host: HostName,
        what: String,
        /// How it ended: `exit 1`, `killed by TERM`, `timed out after 60 s`.
        how: String,
        took: Duration,
        /// What the host answered, its last lines, redacted.
        answer: Vec<String>,
        /// What to type next, where the answer's text is known.
        hint: Option<String>,
    },
    /// Doing it could harm a cluster.
    Unsafe {
        what: String,
        /// Why, line by line (the quorum's sum, the fingerprints).
        because: Vec<String>,
        recovery: Vec<String>,
    },
    /// A host that is to be built is not as it must be, or a way that it needs is not open.
    NotReady {
        /// `swap on w1`, `cp1 → cp2, port 6443 (the API server)`.
        subject: String,
        found: String,
        /// What to do about it, line by line.
        fix: Vec<String>,
        /// The option with which it is begun all the same.
        option: String,
    },
    /// A cluster has been here, and nothing of it answers.
    Silent {
        /// The hosts that hold an identity or data of it.
        holders: Vec<HostName>,
        /// Its control planes among them.
        control_planes: Vec<HostName>,
        /// The kubelet of one of its control planes was started a moment ago.
        starting: bool,
    },
    /// Members of etcd run and do not answer, and no other can be started.
    LateEtcd {
        /// Whose they are, as they are named: `etcd1, etcd2`.
        members: String,
        /// Why each of them is taken to run, and what it says, line by line.
        because: Vec<String>,
        recovery: Vec<String>,
        /// One of them was started a moment ago.
        starting: bool,
    },
    /// A host that cannot be left out is not there.
    MissingHosts {
        hosts: Vec<(HostName, String)>,
        /// Why they are required.
        because: String,
    },
    /// The operator asked to stop.
    Interrupted {
        /// What still runs: host, process id, command.
        running: Vec<(HostName, u32, String)>,
        /// Whether anything was sent to a host that changes it.
        is_begun: bool,
    },
}

/// A problem in the operator's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Host, what was attempted, result.
    pub headline: String,
    pub details: Vec<String>,
    pub hint: Vec<String>,
    pub exit: ExitCode,
}

impl Problem {
    /// Why, in one line without the host's name: what stands behind the name in a list.
    pub fn cause(&self) -> String {
        match self {
            Problem::Unreachable { cause, .. } | Problem::Probe { cause, .. } => cause.clone(),
            _ => self
                .headline()
                .split_once(": ")
                .map_or_else(|| self.headline(), |(_, rest)| rest.to_owned()),
        }
    }

    pub fn is_host_key(&self) -> bool {
        matches!(
            self,
            Problem::HostKeyUnknown { .. } | Problem::HostKeyChanged { .. } | Problem::HostKeyRevoked { .. }
        )
    }

    pub fn headline(&self) -> String {
        self.explain().headline
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for Vec<Problem> {
    /// One problem where several could have been found.
    fn from(problem: Problem) -> Self {
        vec![problem]
    }
}
