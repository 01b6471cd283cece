//! Programs of this machine, with a deadline.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::wait;

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// The program and its arguments.
    pub what: String,
    /// The exit status; none where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ran {
    /// Both outputs, for a person.
    pub fn reply(&self) -> String {
        format!(
            "{}: exit {:?} after {:.1} s\n--- stdout\n{}--- stderr\n{}",
            self.what,
            self.code,
            self.took.as_secs_f64(),
            self.stdout,
            self.stderr
        )
    }

    /// Panics unless it ended with this status.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.reply());
        self
    }

    /// Standard output of a program that went well.
    #[track_caller]
    pub fn text(self) -> String {
        self.exits(0).stdout
    }

    /// Standard output or the reason why there is none, for what is asked again.
    pub fn answer(self) -> Result<String, String> {
        if self.code == Some(0) {
            Ok(self.stdout)
        } else {
            let reply = [self.stdout.trim(), self.stderr.trim()].join("\n");
            Err(format!("exit {:?}: {}", self.code, reply.trim()))
        }
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command, limit: Duration) -> Ran {
    start(command).finish(limit)
}

/// Runs a program that reads `input`.
pub fn run_with(command: &mut Command, input: &[u8], limit: Duration) -> Ran {
    let mut running = start(command.stdin(Stdio::piped()));
    let mut stdin = running.child.stdin.take().unwrap();
    let input = input.to_vec();
    // The program may end without having read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let ran = running.finish(limit);
    writer.join().unwrap();
    ran
}

/// A program that runs.
pub struct Running {
    what: String,
    child: Child,
    since: Instant,
    /// The lines of standard output as they come; they are kept for [`Ran`] as well.
    pub lines: Receiver<String>,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

/// Starts a program.
pub fn start(command: &mut Command) -> Running {
    let what = format!("{command:?}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let (sender, lines) = channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut stderr = child.stderr.take().unwrap();
    Running {
        what,
        since: Instant::now(),
        lines,
        stdout: Some(std::thread::spawn(move || {
            let mut all = String::new();
            for line in stdout.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                all.push_str(&line);
                all.push('\n');
                // Nobody has to listen.
                let _ = sender.send(line);
            }
            all
        })),
        stderr: Some(std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = stderr.read_to_end(&mut all);
            String::from_utf8_lossy(&all).into_owned()
        })),
        child,
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end. After `limit` it is killed, and the test fails with what it said.
    pub fn finish(mut self, limit: Duration) -> Ran {
        let mut is_late = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.since.elapsed() > limit {
                is_late = true;
                self.child.kill().unwrap();
            }
            wait::pass(Duration::from_millis(5));
        };
        let ran = Ran {
            what: self.what.clone(),
            code: status.code(),
            took: self.since.elapsed(),
            stdout: self.stdout.take().unwrap().join().unwrap(),
            stderr: self.stderr.take().unwrap().join().unwrap(),
        };
        assert!(!is_late, "killed after {} s: {}", limit.as_secs(), ran.reply());
        ran
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        if self.stdout.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
