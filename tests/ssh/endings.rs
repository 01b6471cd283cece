//! How the program ends when it is asked to stop: at each question, and while it connects and looks. From outside, on a
//! terminal of `script` (util-linux), against an sshd whose every command answers as a fresh control plane did.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::ExitStatus;
use std::sync::{Condvar, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;

const HAWSER: &str = env!("CARGO_BIN_EXE_hawser");
const LIMIT: Duration = Duration::from_secs(60);

/// What a host answers to every command; what it is asked is counted in a file.
const FRESH: &str = concat!(
    "#!/bin/sh\necho >>\"${0%/*}/asked\"\necho \"hawser-started $$\" >&2\ncat <<'END'\n",
    include_str!("../../src/facts/captured/control-plane-fresh.txt"),
    "\nEND\n"
);

/// What a host answers that hangs.
const HANGING: &str = "#!/bin/sh\necho >>\"${0%/*}/asked\"\necho \"hawser-started $$\" >&2\nexec sleep 600\n";

/// A host whose every command is this one.
pub(super) fn sshd_that_runs(script: &str) -> Option<Sshd> {
    let sshd = Sshd::start("ForceCommand @FOLDER@/bin/answer")?;
    let path = sshd.write("bin/answer", script);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    sshd.known_hosts();
    Some(sshd)
}

pub(super) fn asked(sshd: &Sshd) -> usize {
    std::fs::read_to_string(sshd.path("bin/asked")).map_or(0, |text| text.lines().count())
}

/// An inventory of one control plane at a port of this machine.
pub(super) fn inventory(folder: &Path, port: u16, identity: &str, more: &str) {
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap();
    let text = format!(
        "[cluster]\nname = \"demo\"\nkubernetes = \"v1.20.2\"\n[endpoint]\nname = \"api.demo.example\"\n\
         [ssh]\nport = {port}\nagent = false\nuser = \"{}\"\nidentities = [\"{identity}\"]\nknown_hosts = \"known_hosts\"\n{more}\n\
         [[hosts]]\nname = \"cp1\"\naddress = \"127.0.0.1\"\nroles = [\"control-plane\"]\n",
        user.trim()
    );
    std::fs::write(folder.join("inventory.toml"), text).unwrap();
}

pub(super) fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_remove("SSH_AUTH_SOCK")
        .env_remove("HAWSER_INVENTORY")
        .env("NO_COLOR", "1")
        .env("HOME", folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// What a program says, as it comes.
#[derive(Default)]
pub(super) struct Response {
    text: Mutex<String>,
    more: Condvar,
}

impl Response {
    fn read(self: &Arc<Self>, mut from: impl Read + Send + 'static) -> JoinHandle<()> {
        let reply = Arc::clone(self);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut piece) {
                let text = String::from_utf8_lossy(&piece[..count]).into_owned();
                reply.text.lock().unwrap().push_str(&text);
                reply.more.notify_all();
            }
        })
    }

    pub(super) fn wait_for(&self, text: &str) {
        self.wait_for_times(text, 1);
    }

    pub(super) fn wait_for_times(&self, text: &str, times: usize) {
        let is_said = |reply: &str| reply.matches(text).count() >= times;
        let reply = self.text.lock().unwrap();
        let waited = self
            .more
            .wait_timeout_while(reply, LIMIT, |reply| !is_said(reply));
        let (reply, _) = waited.unwrap();
        assert!(is_said(&reply), "never said {text:?}: {reply}");
    }

    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

/// The program on a terminal, or without one.
pub(super) struct Running {
    ended: mpsc::Receiver<ExitStatus>,
    stdin: Option<std::process::ChildStdin>,
    pub(super) reply: Arc<Response>,
    readers: Vec<JoinHandle<()>>,
    folder: PathBuf,
}

impl Running {
    fn start(mut command: Command, folder: &Path) -> Self {
        let mut child = command.spawn().unwrap();
        let reply = Arc::new(Response::default());
        let readers = vec![
            reply.read(child.stdout.take().unwrap()),
            reply.read(child.stderr.take().unwrap()),
        ];
        let stdin = child.stdin.take();
        let (end, ended) = mpsc::channel();
        std::thread::spawn(move || end.send(child.wait().unwrap()));
        Self {
            ended,
            stdin,
            reply,
            readers,
            folder: folder.to_owned(),
        }
    }

    /// On a terminal of its own; afterwards the terminal's settings are said.
    pub(super) fn on_a_terminal(folder: &Path, arguments: &str) -> Option<Self> {
        let is_there = Command::new("script").arg("--version").output().is_ok();
        if !is_there {
            eprintln!("SKIPPED: script is not installed (apt-get install bsdutils)");
            return None;
        }
        // The outer shell outlives Ctrl-C, which the terminal sends to all of them.
        let line = format!(
            "trap : INT; sh -c 'echo $$ >pid; exec {HAWSER} {arguments}'; echo \"code $?.\"; stty -a; echo =over="
        );
        let mut script = command("script", folder);
        script.args(["-qfc", &line, "/dev/null"]).stdin(Stdio::piped());
        Some(Self::start(script, folder))
    }

    pub(super) fn without_a_terminal(folder: &Path, arguments: &[&str]) -> Self {
        let line = format!("echo $$ >pid; exec {HAWSER} {}", arguments.join(" "));
        let mut shell = command("setsid", folder);
        shell.args(["-w", "sh", "-c", &line]).stdin(Stdio::null());
        Self::start(shell, folder)
    }

    pub(super) fn act(&mut self, ending: Ending) {
        match ending {
            Ending::Typed(text) => self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap(),
            Ending::Terminated => {
                let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
                let killed = Command::new("kill").args(["-TERM", pid.trim()]).status();
                assert!(killed.unwrap().success());
            }
        }
    }

    /// Its code, and all that was said.
    pub(super) fn end(self) -> (Option<i32>, String) {
        let status = self.ended.recv_timeout(LIMIT);
        let status = status.unwrap_or_else(|_| panic!("it does not end: {}", self.reply.text()));
        // What it said last may still be on its way here.
        self.readers.into_iter().for_each(|reader| reader.join().unwrap());
        (status.code(), self.reply.text() + &format!("\n({status})"))
    }

    /// Of one on a terminal, which is as it was before.
    pub(super) fn end_on_terminal(self) -> (i32, String) {
        self.reply.wait_for("=over=");
        let text = self.reply.text();
        let code = text.split("code ").nth(1).and_then(|rest| rest.split('.').next());
        let code = code.unwrap().parse().unwrap();
        assert!(!text.contains("-echo ") && !text.contains("-icanon"), "{text}");
        (code, text)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    Typed(&'static str),
    Terminated,
}

const CTRL_C: Ending = Ending::Typed("\u{3}");
const CTRL_D: Ending = Ending::Typed("\u{4}");

#[test]
fn at_the_confirmation_each_way_to_stop_ends_with_130_and_nothing_is_sent() {
    for ending in [CTRL_C, Ending::Terminated, Ending::Typed("n\n"), CTRL_D] {
        let Some(sshd) = sshd_that_runs(FRESH) else { return };
        let folder = sshd.path("");
        inventory(&folder, sshd.port, "user", "");
        let Some(mut running) = Running::on_a_terminal(&folder, "apply --skip-check") else {
            return;
        };
        running.reply.wait_for("[y/N] ");
        let before = asked(&sshd);

        running.act(ending);

        let (code, text) = running.end_on_terminal();
        assert_eq!(code, 130, "{ending:?}: {text}");
        assert!(
            text.contains("stopped by you, before anything was changed"),
            "{ending:?}: {text}"
        );
        assert_eq!(asked(&sshd), before, "{ending:?}");
    }
}

#[test]
fn at_a_passphrase_or_a_password_each_way_to_stop_ends_with_130_and_no_host_is_called_unreachable() {
    let questions = [
        ("locked", "", "Passphrase of"),
        ("user", "sudo = \"password\"", "Password of"),
    ];
    for (identity, more, question) in questions {
        for arguments in ["apply --skip-check", "plan"] {
            for ending in [CTRL_C, Ending::Terminated, CTRL_D] {
                let Some(sshd) = sshd_that_runs(FRESH) else { return };
                sshd.keygen("locked", "ed25519", "open sesame");
                let folder = sshd.path("");
                inventory(&folder, sshd.port, identity, more);
                // root needs no sudo. The question comes before the login, so that anybody will do.
                let path = folder.join("inventory.toml");
                let text = std::fs::read_to_string(&path).unwrap();
                let user = text
                    .lines()
                    .find(|line| line.starts_with("user = "))
                    .unwrap()
                    .to_owned();
                std::fs::write(&path, text.replace(&user, "user = \"ops\"")).unwrap();
                let Some(mut running) = Running::on_a_terminal(&folder, arguments) else {
                    return;
                };
                running.reply.wait_for(question);

                running.act(ending);

                let (code, text) = running.end_on_terminal();
                assert_eq!(code, 130, "{arguments}, {question}, {ending:?}: {text}");
                assert!(
                    text.contains("stopped by you, before anything was changed"),
                    "{text}"
                );
                assert!(
                    !text.contains("unreachable") && !text.contains("cannot reach"),
                    "{text}"
                );
                assert_eq!(asked(&sshd), 0);
            }
        }
    }
}

/// An address of this machine on which nobody else listens or connects.
const SILENT: &str = "127.0.0.77";

const COMMANDS: [&[&str]; 6] = [
    &["plan"],
    &["apply", "--yes", "--skip-check"],
    &["check"],
    &["kubeconfig"],
    &["images", "list"],
    &["join-command"],
];

#[test]
fn while_it_connects_a_signal_ends_every_command() {
    for arguments in COMMANDS {
        let folder = tempfile::tempdir().unwrap();
        rig::keygen(&folder.path().join("user"), &[]);
        std::fs::write(folder.path().join("known_hosts"), "").unwrap();
        let silent = std::net::TcpListener::bind((SILENT, 0)).unwrap();
        inventory(folder.path(), silent.local_addr().unwrap().port(), "user", "");
        let path = folder.path().join("inventory.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("127.0.0.1", SILENT)).unwrap();
        let mut running = Running::without_a_terminal(folder.path(), arguments);
        let _connection = silent.accept().unwrap();

        running.act(Ending::Terminated);

        let (code, text) = running.end();
        assert_eq!(code, Some(130), "{arguments:?}: {text}");
        assert!(
            text.contains("stopped by you, before anything was changed"),
            "{arguments:?}: {text}"
        );
    }
}

#[test]
fn while_it_looks_at_hosts_a_signal_ends_every_command() {
    for arguments in COMMANDS {
        let Some(sshd) = sshd_that_runs(HANGING) else {
            return;
        };
        let folder = sshd.path("");
        inventory(&folder, sshd.port, "user", "");
        let mut running = Running::without_a_terminal(&folder, arguments);
        sshd.wait_for("Starting session");

        running.act(Ending::Terminated);

        let (code, text) = running.end();
        assert_eq!(code, Some(130), "{arguments:?}: {text}");
    }
}

#[test]
fn without_a_terminal_and_without_yes_it_is_a_mistake_of_usage_that_is_told() {
    let Some(sshd) = sshd_that_runs(FRESH) else { return };
    let folder = sshd.path("");
    inventory(&folder, sshd.port, "user", "");

    let (code, text) = Running::without_a_terminal(&folder, &["apply", "--skip-check"]).end();
    let (code_of_json, json) =
        Running::without_a_terminal(&folder, &["apply", "--skip-check", "-o", "json"]).end();

    assert_eq!((code, code_of_json), (Some(2), Some(2)), "{text}{json}");
    assert!(
        text.contains("hint: pass --yes to apply without confirmation"),
        "{text}"
    );
    let last: serde_json::Value =
        serde_json::from_str(json.lines().rfind(|line| line.starts_with('{')).unwrap()).unwrap();
    assert_eq!(last["report"]["problems"][0]["exit_code"], 2);
    assert_eq!(last["report"]["interrupted"], false);
}

#[test]
fn json_never_asks_to_confirm_what_it_has_not_shown() {
    let Some(sshd) = sshd_that_runs(FRESH) else { return };
    let folder = sshd.path("");
    inventory(&folder, sshd.port, "user", "");
    let Some(running) = Running::on_a_terminal(&folder, "apply --skip-check -o json") else {
        return;
    };

    let (code, text) = running.end_on_terminal();

    assert_eq!(code, 2, "{text}");
    assert!(!text.contains("[y/N]"), "{text}");
    assert!(text.contains("pass --yes, or use text output"), "{text}");
}
