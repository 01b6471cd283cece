//! A real sshd on the loopback, with keys of its own, for one test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running sshd; it ends with the test.
pub(crate) struct Sshd {
    folder: TempDir,
    child: Child,
    log: Arc<Log>,
    pub(crate) port: u16,
    pub(crate) user: String,
}

/// What sshd has said.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Sshd {
    /// Starts one with further lines of sshd_config; `None`, said aloud, where there is no sshd.
    pub(crate) fn start(config: &str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("SKIPPED: {SSHD} is not installed (apt-get install openssh-server)");
            return None;
        }
        // sshd wants this empty folder; where the user may not make it, sshd does not want it.
        let _ = std::fs::create_dir_all("/run/sshd");
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        keygen(&at("host_ed25519"), "ed25519", "");
        keygen(&at("user"), "ed25519", "");
        std::fs::copy(at("user.pub"), at("authorized_keys")).unwrap();
        std::fs::create_dir(at("bin")).unwrap();
        std::fs::write(
            at("config"),
            format!(
                "{config}\nHostKey {host}\nAuthorizedKeysFile {authorized}\nStrictModes no\nUsePAM no\nPidFile none\n\
                 LogLevel DEBUG1\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
                 ListenAddress 127.0.0.1\nSetEnv PATH={bin}:/usr/bin:/bin\n",
                host = at("host_ed25519").display(),
                authorized = at("authorized_keys").display(),
                bin = at("bin").display(),
            ),
        )
        .unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new(SSHD)
            .args(["-D", "-e", "-p", &port.to_string(), "-f"])
            .arg(at("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let (writer, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                writer.lines.lock().unwrap().push(line);
                writer.more.notify_all();
            }
        });
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let sshd = Self {
            folder,
            child,
            log,
            port,
            user: user.trim().to_owned(),
        };
        sshd.wait_for("Server listening on");
        Some(sshd)
    }

    /// A file of the test's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The type and base64 of a public key file of the test's folder.
    pub(crate) fn public(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        text.split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned()
    }

    /// A known_hosts file that knows this sshd.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        let line = format!("[127.0.0.1]:{} {}\n", self.port, self.public("host_ed25519"));
        self.write("known_hosts", &line)
    }

    pub(crate) fn keygen(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        keygen(&self.path(name), kind, passphrase);
        self.path(name)
    }

    /// Lets a key in, besides the ones that are.
    pub(crate) fn authorize(&self, name: &str) {
        let mut keys = std::fs::read_to_string(self.path("authorized_keys")).unwrap();
        keys.push_str(&self.public(name));
        keys.push('\n');
        self.write("authorized_keys", &keys);
    }

    /// Waits until sshd says something.
    pub(crate) fn wait_for(&self, text: &str) {
        let lines = self.log.lines.lock().unwrap();
        let (lines, result) = self
            .log
            .more
            .wait_timeout_while(lines, PATIENCE, |lines| {
                !lines.iter().any(|line| line.contains(text))
            })
            .unwrap();
        assert!(
            !result.timed_out(),
            "sshd never said `{text}`:\n{}",
            lines.join("\n")
        );
    }

    /// How many lines of what sshd has said hold a text.
    pub(crate) fn count(&self, text: &str) -> usize {
        let lines = self.log.lines.lock().unwrap();
        lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Kills the processes that serve connections, as a crash would; the listener stays.
    pub(crate) fn kill_connections(&self) {
        let parent = self.child.id().to_string();
        let found = Command::new("ps")
            .args(["-o", "pid=", "--ppid", &parent])
            .output()
            .unwrap();
        for pid in String::from_utf8(found.stdout).unwrap().split_whitespace() {
            // With privilege separation, a user's connection is a child of that child.
            let inner = Command::new("ps")
                .args(["-o", "pid=", "--ppid", pid])
                .output()
                .unwrap();
            let inner = String::from_utf8(inner.stdout).unwrap();
            let pids = inner.split_whitespace().chain([pid]);
            for pid in pids {
                let _ = Command::new("kill").args(["-KILL", pid]).output().unwrap();
            }
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"])
        .arg(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
