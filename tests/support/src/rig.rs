//! A real sshd on the loopback, with keys of its own, for one test.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";
const WAIT_LIMIT: Duration = Duration::from_secs(20);

/// A running sshd; it ends with the test.
pub struct Sshd {
    folder: TempDir,
    child: Child,
    log: Arc<Log>,
    pub port: u16,
    pub user: String,
}

/// What sshd has said.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Sshd {
    /// Starts one with a further line of `sshd_config`; `None`, said aloud, where there is no sshd.
    pub fn start(config: &str) -> Option<Self> {
        Self::start_with_keys(config, &["ed25519"])
    }

    /// Starts one with host keys of several kinds.
    pub fn start_with_keys(config: &str, kinds: &[&str]) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("SKIPPED: {SSHD} is not installed (apt-get install openssh-server)");
            return None;
        }
        // sshd wants this empty folder; where the user may not make it, sshd does not want it.
        let _ = std::fs::create_dir_all("/run/sshd");
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), config, kinds);
        let mut folder = Some(folder);
        // Another process may take the port between its choice and its use.
        let sshd = (0..5).find_map(|_| match Self::listen(folder.take()?) {
            Ok(sshd) => Some(sshd),
            Err(unused) => {
                folder = Some(unused);
                None
            }
        });
        Some(sshd.expect("sshd finds a free port"))
    }

    /// Starts sshd on a free port; gives the folder back where the port is taken.
    fn listen(folder: TempDir) -> Result<Self, TempDir> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new(SSHD)
            .args(["-D", "-e", "-p", &port.to_string(), "-f"])
            .arg(folder.path().join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Log::read(child.stderr.take().unwrap());
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        if log.wait_for(&["Server listening on", "Cannot bind any address"]) > 0 {
            child.wait().unwrap();
            return Err(folder);
        }
        Ok(Self {
            folder,
            child,
            log,
            port,
            user: user.trim().to_owned(),
        })
    }

    /// A file of the test's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The type and base64 of a public key file of the test's folder.
    pub fn public(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        text.split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned()
    }

    /// A known_hosts file that knows this sshd.
    pub fn known_hosts(&self) -> PathBuf {
        let line = format!("[127.0.0.1]:{} {}\n", self.port, self.public("host_ed25519"));
        self.write("known_hosts", &line)
    }

    pub fn keygen(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        self.keygen_with(name, &["-t", kind, "-N", passphrase])
    }

    pub fn keygen_with(&self, name: &str, arguments: &[&str]) -> PathBuf {
        keygen(&self.path(name), arguments);
        self.path(name)
    }

    /// Lets a key in, besides the ones that are.
    pub fn authorize(&self, name: &str) {
        let mut keys = std::fs::read_to_string(self.path("authorized_keys")).unwrap();
        keys.push_str(&self.public(name));
        keys.push('\n');
        self.write("authorized_keys", &keys);
    }

    /// Waits until sshd says something.
    pub fn wait_for(&self, text: &str) {
        self.log.wait_for(&[text]);
    }

    /// How many lines of what sshd has said hold a text.
    pub fn count(&self, text: &str) -> usize {
        let lines = self.log.lines.lock().unwrap();
        lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Kills the processes that serve connections, as a crash would; the listener stays.
    pub fn kill_connections(&self) {
        // With privilege separation, a connection is served by a process and by a child of it.
        let outer = servers_under(&self.child.id().to_string());
        let inner: Vec<String> = outer.iter().flat_map(|pid| servers_under(pid)).collect();
        for pid in outer.iter().chain(&inner) {
            Command::new("kill").args(["-KILL", pid]).output().unwrap();
        }
    }
}

/// The sshd processes that are children of a process.
fn servers_under(parent: &str) -> Vec<String> {
    let output = Command::new("ps")
        .args(["-o", "pid=,comm=", "--ppid", parent])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.trim().split_once(' '))
        .filter(|(_, name)| name.trim().starts_with("sshd"))
        .map(|(pid, _)| pid.to_owned())
        .collect()
}

impl Log {
    fn read(from: impl Read + Send + 'static) -> Arc<Self> {
        let log = Arc::new(Self::default());
        let writer = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                writer.lines.lock().unwrap().push(line);
                writer.more.notify_all();
            }
        });
        log
    }

    /// Waits for the first of some texts, and tells which it was.
    fn wait_for(&self, texts: &[&str]) -> usize {
        let reply = |lines: &[String]| {
            texts
                .iter()
                .position(|text| lines.iter().any(|line| line.contains(text)))
        };
        let lines = self.lines.lock().unwrap();
        let waited = self
            .more
            .wait_timeout_while(lines, WAIT_LIMIT, |lines| reply(lines).is_none());
        let (lines, _) = waited.unwrap();
        reply(&lines).unwrap_or_else(|| panic!("sshd never said {texts:?}:\n{}", lines.join("\n")))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Host keys, a host certificate and its authority, a user's key, and the configuration.
fn write_files(folder: &Path, config: &str, kinds: &[&str]) {
    let at = |name: &str| folder.join(name);
    for kind in kinds {
        keygen(&at(&format!("host_{kind}")), &["-t", kind]);
    }
    keygen(&at("user"), &[]);
    keygen(&at("authority"), &[]);
    run(Command::new("ssh-keygen")
        .args(["-q", "-h", "-I", "test", "-n", "127.0.0.1", "-s"])
        .args([at("authority"), at("host_ed25519.pub")]));
    std::fs::copy(at("user.pub"), at("authorized_keys")).unwrap();
    std::fs::create_dir(at("bin")).unwrap();
    let host_keys: Vec<String> = kinds
        .iter()
        .map(|kind| format!("HostKey {}\n", at(&format!("host_{kind}")).display()))
        .collect();
    let host_keys = host_keys.concat();
    // No start-up files of whoever runs the test: HOME is the test's folder.
    let home = folder.display();
    let text = format!(
        "{config}\n{host_keys}AuthorizedKeysFile {home}/authorized_keys\nStrictModes no\nUsePAM no\nPidFile none\n\
         LogLevel VERBOSE\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         ListenAddress 127.0.0.1\nSetEnv PATH={home}/bin:/usr/bin:/bin HOME={home}\n"
    );
    std::fs::write(at("config"), text.replace("@FOLDER@", &home.to_string())).unwrap();
}

/// An ed25519 key without a passphrase, unless the arguments say otherwise.
pub fn keygen(path: &Path, arguments: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-C", "test", "-f"]).arg(path).args(arguments);
    for (option, usual) in [("-t", "ed25519"), ("-N", "")] {
        if !arguments.contains(&option) {
            command.args([option, usual]);
        }
    }
    run(&mut command);
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
