//! OpenSSH is the judge of how hawser reads its configuration: the same files, the same alias, the same values.

mod generated;
mod lines;
mod refusals;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hawser::error::Problem;
use hawser::ssh_config::{Files, Local, Settings, SshConfig, Wanted};

/// Variables that are set for ssh and for hawser.
const VARIABLES: [(&str, &str); 2] = [("HAWSER_KEYS", "/keys/50%h"), ("HAWSER_AGENT", "/run/agent.sock")];

/// A folder with configuration files, and the user for whom they are read.
struct Workstation {
    folder: tempfile::TempDir,
    user: String,
    home: PathBuf,
    host_name: String,
}

impl Workstation {
    /// `None`, said aloud, where there is no ssh.
    fn new() -> Option<Self> {
        let Ok(output) = Command::new("ssh")
            .args(["-G", "-F", "/dev/null", "alias"])
            .output()
        else {
            eprintln!("SKIPPED: ssh is not installed (apt-get install openssh-client)");
            return None;
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let value = |keyword: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(keyword))
                .unwrap()
                .to_owned()
        };
        let known_hosts = value("userknownhostsfile ");
        let name = rustix::system::uname().nodename().to_owned();
        Some(Self {
            folder: tempfile::tempdir().unwrap(),
            user: value("user "),
            home: known_hosts.split("/.ssh/").next().unwrap().into(),
            host_name: name.into_string().unwrap(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `FOLDER` in the text stands for the folder.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let folder = self.folder.path().to_str().unwrap();
        std::fs::write(&path, text.replace("FOLDER", folder)).unwrap();
        path
    }

    /// Runs ssh on the file `config`.
    fn ssh(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("ssh");
        command
            .arg("-F")
            .arg(self.path("config"))
            .args(arguments)
            .envs(VARIABLES);
        command
            .env("SHELL", "/bin/sh")
            .env_remove("HAWSER_UNSET")
            .output()
            .unwrap()
    }

    /// What hawser reads in the file `config`.
    fn read(&self, wanted: &Wanted, may_run: MayRun) -> Result<Settings, Vec<Problem>> {
        self.read_files(&Files::Named(self.path("config")), wanted, may_run)
    }

    fn read_files(&self, files: &Files, wanted: &Wanted, may_run: MayRun) -> Result<Settings, Vec<Problem>> {
        let environment = |name: &str| {
            let set = VARIABLES.iter().find(|(set, _)| *set == name);
            set.map(|(_, value)| (*value).to_owned())
        };
        let local = Local {
            user: &self.user,
            home: &self.home,
            uid: rustix::process::getuid().as_raw(),
            host_name: &self.host_name,
            environment: &environment,
            match_exec: if may_run == MayRun::Yes { Some(&run) } else { None },
        };
        let config = SshConfig::load(files, &local)?;
        config.resolve(wanted, &local).map_err(|problem| vec![problem])
    }
}

/// Whether `Match exec` is allowed.
#[derive(Clone, Copy, PartialEq)]
enum MayRun {
    Yes,
    No,
}

fn run(command: &str) -> Result<bool, String> {
    let status = Command::new("/bin/sh").args(["-c", command]).status();
    status
        .map(|status| status.success())
        .map_err(|cause| cause.to_string())
}

fn alias(alias: &str) -> Wanted<'_> {
    Wanted {
        alias,
        user: None,
        port: None,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
