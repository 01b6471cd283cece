//! A host of a test: it expects a transcript of commands, and the test fails on any other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::error::Problem;
use crate::remote::wire::Wire;
use crate::remote::wire::connection::{Connection, Exit, Output, Progress};
use crate::topology::HostName;

/// How a host answers one command.
#[derive(Clone)]
pub(crate) struct Reply {
    exit: Option<Exit>,
    takes: Duration,
    pid: u32,
    lines: Vec<String>,
    errors: Vec<String>,
    is_late: bool,
}

impl Reply {
    /// A command that ends with a status, at once.
    pub(crate) fn exit(code: u32) -> Self {
        Self {
            exit: Some(Exit::Code(code)),
            takes: Duration::ZERO,
            pid: 1,
            lines: Vec::new(),
            errors: Vec::new(),
            is_late: false,
        }
    }

    /// A command that is killed by a signal of this name.
    pub(crate) fn killed_by(signal: &str) -> Self {
        Self {
            exit: Some(Exit::Signal(signal.to_owned())),
            ..Self::exit(0)
        }
    }

    /// A command that does not end in time; what it has said until then is in the problem, as a session puts it there.
    pub(crate) fn late() -> Self {
        Self {
            exit: None,
            is_late: true,
            ..Self::exit(0)
        }
    }

    /// The connection breaks; what became of the command is unknown.
    pub(crate) fn lost() -> Self {
        Self {
            exit: None,
            ..Self::exit(0)
        }
    }

    /// A line of standard output.
    pub(crate) fn saying(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// A line of standard error.
    pub(crate) fn complaining(mut self, line: &str) -> Self {
        self.errors.push(line.to_owned());
        self
    }

    /// How long it takes.
    pub(crate) fn taking(mut self, seconds: u64) -> Self {
        self.takes = Duration::from_secs(seconds);
        self
    }

    /// The process it is.
    pub(crate) fn pid(mut self, pid: u32) -> Self {
        self.pid = pid;
        self
    }
}

/// What all hosts of a test were sent, in order, with the second at which it began and ended.
#[derive(Clone)]
pub(crate) struct Journal {
    since: Instant,
    entries: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            entries: Arc::default(),
        }
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        self.entries.lock().unwrap().clone()
    }

    fn write(&self, entry: &str) {
        let second = self.since.elapsed().as_secs();
        self.entries.lock().unwrap().push(format!("{second:>3} {entry}"));
    }
}

/// A host that expects commands, named by their purpose, in order.
pub(crate) struct FakeHost {
    name: HostName,
    expected: Mutex<VecDeque<(String, Reply)>>,
    unexpected: Mutex<Vec<String>>,
    inputs: Arc<Mutex<Vec<String>>>,
    lines: Arc<Mutex<Vec<String>>>,
    journal: Journal,
}

impl FakeHost {
    pub(crate) fn new(name: &str, journal: &Journal) -> Self {
        Self {
            name: name.into(),
            expected: Mutex::default(),
            unexpected: Mutex::default(),
            inputs: Arc::default(),
            lines: Arc::default(),
            journal: journal.clone(),
        }
    }

    /// Expects one more command.
    pub(crate) fn expects(self, purpose: &str, reply: Reply) -> Self {
        self.expected
            .lock()
            .unwrap()
            .push_back((purpose.to_owned(), reply));
        self
    }

    /// What its commands read from standard input, in order.
    pub(crate) fn inputs(&self) -> Arc<Mutex<Vec<String>>> {
        Arc::clone(&self.inputs)
    }

    /// The command lines that it is sent, in order.
    pub(crate) fn lines(&self) -> Arc<Mutex<Vec<String>>> {
        Arc::clone(&self.lines)
    }

    fn next(&self, purpose: &str) -> Option<Reply> {
        let mut expected = self.expected.lock().unwrap();
        let (next, reply) = expected.pop_front()?;
        (next == purpose).then_some(reply)
    }
}

impl Connection for FakeHost {
    async fn run(
        &self,
        command: &Wire,
        _deadline: Duration,
        progress: Option<UnboundedSender<Progress>>,
    ) -> Result<Output, Problem> {
        let purpose = command.purpose();
        let Some(reply) = self.next(purpose) else {
            self.unexpected.lock().unwrap().push(purpose.to_owned());
            return Err(lost(&self.name, "unexpected command"));
        };
        self.journal.write(&format!("{} > {purpose}", self.name));
        let input = String::from_utf8_lossy(command.input()).into_owned();
        self.inputs.lock().unwrap().push(input);
        self.lines.lock().unwrap().push(command.line().to_owned());
        if let Some(progress) = progress {
            let lines = reply.lines.iter().cloned().map(Progress::Line);
            for reported in [Progress::Started(reply.pid)].into_iter().chain(lines) {
                progress.send(reported).unwrap();
            }
        }
        sleep(reply.takes).await;
        self.journal.write(&format!("{} < {purpose}", self.name));
        let lines = reply.lines.iter().flat_map(|line| [line.as_str(), "\n"]);
        let stdout = Zeroizing::new(lines.collect::<String>().into_bytes());
        let errors = reply.errors.iter().flat_map(|line| [line.as_str(), "\n"]);
        let stderr = Zeroizing::new(errors.collect::<String>().into_bytes());
        match reply.exit {
            Some(exit) => Ok(Output {
                exit,
                stdout,
                stderr,
                is_secret: command.prints_secrets(),
            }),
            None if reply.is_late => Err(Problem::Step {
                host: self.name.clone(),
                what: purpose.to_owned(),
                how: "not finished after 600 s".to_owned(),
                took: reply.takes,
                answer: reply.lines,
                hint: Some(format!("look at it with `ps -f -g {}`", reply.pid)),
            }),
            None => Err(lost(&self.name, purpose)),
        }
    }
}

impl Drop for FakeHost {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let unexpected = self.unexpected.lock().unwrap();
        let missing: Vec<_> = self
            .expected
            .lock()
            .unwrap()
            .iter()
            .map(|(purpose, _)| purpose.clone())
            .collect();
        assert!(
            unexpected.is_empty() && missing.is_empty(),
            "{}: received {unexpected:?} unexpectedly, and never {missing:?}",
            self.name,
        );
    }
}

fn lost(host: &HostName, purpose: &str) -> Problem {
    Problem::ConnectionLost {
        host: host.clone(),
        purpose: purpose.to_owned(),
        cause: "reset by peer".to_owned(),
    }
}

/// The hosts as the engine takes them.
pub(crate) fn sessions(hosts: Vec<FakeHost>) -> BTreeMap<HostName, Arc<FakeHost>> {
    hosts
        .into_iter()
        .map(|host| (host.name.clone(), Arc::new(host)))
        .collect()
}
