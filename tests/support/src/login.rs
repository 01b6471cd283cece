//! Ways to log in that need something besides a key file: an agent, a passphrase, a password.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

use crate::lab;
use crate::wait;

/// The lab's inventory with another `[ssh]`; the folder holds what it names.
pub fn inventory(folder: &TempDir, ssh: &str) -> PathBuf {
    let text = lab::inventory_text("stacked");
    let (before, rest) = text.split_once("[ssh]\n").unwrap();
    let (_, hosts) = rest.split_once("[[hosts]]").unwrap();
    let known_hosts = lab::known_hosts();
    let ssh = format!("[ssh]\nknown_hosts = \"{}\"\n{ssh}\n", known_hosts.display());
    let path = folder.path().join("cluster.toml");
    std::fs::write(&path, format!("{before}{ssh}\n[[hosts]]{hosts}")).unwrap();
    path
}

/// A copy of the lab's key behind a passphrase.
pub fn encrypted_key(folder: &TempDir, passphrase: &str) -> PathBuf {
    let path = folder.path().join("id_encrypted");
    std::fs::copy(lab::identity(), &path).unwrap();
    let changed = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", passphrase, "-f"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(changed.success());
    path
}

/// An agent with the lab's key.
pub struct Agent {
    child: Child,
    pub socket: PathBuf,
}

impl Agent {
    pub fn start(folder: &Path) -> Self {
        let socket = folder.join("agent");
        let child = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait::until("the agent listens", Duration::from_secs(10), || {
            if socket.exists() {
                Ok(())
            } else {
                Err("no socket".to_owned())
            }
        });
        let agent = Self { child, socket };
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(lab::identity())
            .env("SSH_AUTH_SOCK", &agent.socket)
            .status()
            .unwrap();
        assert!(added.success());
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program on a pseudo-terminal (script's), at which the test types.
pub struct Typist {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Typist {
    /// Starts a command on a terminal of its own.
    pub fn start(command: &Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
        let line = shlex::try_join(words).unwrap();
        let mut on_terminal = Command::new("script");
        on_terminal
            .args([
                "--quiet",
                "--return",
                "--flush",
                "--echo",
                "never",
                "--command",
                &line,
                "/dev/null",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => on_terminal.env(key, value),
                None => on_terminal.env_remove(key),
            };
        }
        let mut child = on_terminal.spawn().unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut part) {
                let text = String::from_utf8_lossy(&part[..count]);
                shown.lock().unwrap().push_str(&text);
            }
        });
        Self {
            child,
            keyboard,
            screen,
            reader,
        }
    }

    /// Waits for a text on the screen.
    pub fn waits_for(&self, text: &str) {
        wait::until(text, wait::LONG, || {
            let screen = self.screen.lock().unwrap();
            if screen.contains(text) {
                Ok(())
            } else {
                Err(screen.clone())
            }
        });
    }

    /// Waits for a question, and answers it.
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.waits_for(question);
        writeln!(self.keyboard, "{answer}").unwrap();
    }

    /// Its exit status and everything that was on the screen.
    pub fn finish(mut self, limit: Duration) -> (Option<i32>, String) {
        let status = wait::until("the program ends", limit, || {
            let status = self.child.try_wait().unwrap();
            status.ok_or_else(|| self.screen.lock().unwrap().clone())
        });
        drop(self.keyboard);
        self.reader.join().unwrap();
        let screen = self.screen.lock().unwrap().clone();
        (status.code(), screen)
    }
}
