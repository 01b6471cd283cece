//! hawser, as an operator runs it, with a home of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::api::Credentials;
use crate::kubectl::Kubectl;
use crate::lab;
use crate::process::{Ran, Running, run, start};
use crate::wait::{LONG, until};

/// A build takes two minutes on a quiet machine.
pub const BUILD: Duration = Duration::from_secs(15 * 60);

/// A look at a healthy cluster takes seconds, also on a busy machine.
pub const LOOK: Duration = Duration::from_secs(180);

/// cargo puts hawser beside the folder of its tests (`target/debug/deps`).
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("hawser")
}

/// A workstation: an inventory, and folders that nothing else writes to.
pub struct Workstation {
    folder: PathBuf,
    inventory: PathBuf,
    _goes_with_it: Option<TempDir>,
}

impl Workstation {
    /// With a profile of the lab.
    pub fn new(profile: &str) -> Self {
        Self::with(lab::inventory(profile))
    }

    /// With an inventory.
    pub fn with(inventory: PathBuf) -> Self {
        let folder = tempfile::Builder::new().prefix("hawser-lab-").tempdir().unwrap();
        let path = folder.path().to_owned();
        Self::made(&path, inventory, Some(folder))
    }

    /// With an inventory of its own, which lies in its folder.
    pub fn with_text(inventory: &str) -> Self {
        let mut workstation = Self::with(PathBuf::new());
        workstation.inventory = workstation.folder.join("inventory.toml");
        std::fs::write(&workstation.inventory, inventory).unwrap();
        workstation
    }

    /// In a folder that stays.
    pub fn at(folder: &Path, inventory: PathBuf) -> Self {
        Self::made(folder, inventory, None)
    }

    fn made(folder: &Path, inventory: PathBuf, goes_with_it: Option<TempDir>) -> Self {
        for name in ["home", "tmp", "state"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        Self {
            folder: folder.to_owned(),
            inventory,
            _goes_with_it: goes_with_it,
        }
    }

    /// The folder in which everything lies that hawser can write on the workstation.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The command line: `hawser ARGUMENTS`, the inventory named by the environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("HAWSER_INVENTORY", &self.inventory)
            .env("HOME", self.folder.join("home"))
            .env("TMPDIR", self.folder.join("tmp"))
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env("NO_COLOR", "1")
            .env("RUST_LOG", "trace")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("KUBECONFIG")
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs hawser to its end.
    pub fn hawser(&self, arguments: &[&str], limit: Duration) -> Ran {
        run(&mut self.command(arguments), limit)
    }

    /// Starts hawser.
    pub fn start(&self, arguments: &[&str]) -> Running {
        start(&mut self.command(arguments))
    }

    /// `hawser plan -o json`: what it would do, or why it refuses.
    pub fn plan(&self) -> Value {
        let ran = self.hawser(&["plan", "-o", "json"], LOOK);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.reply()))
    }

    /// Waits until a plan has nothing to do: on a busy machine an API server that is well may not say so in time.
    pub fn settles(&self) {
        until("nothing is left to do", LONG, || {
            self.hawser(&["plan", "--detailed-exitcode"], LOOK).answer()
        });
    }

    /// The administrator's kubeconfig, fetched by hawser; it lies in the workstation's folder.
    pub fn kubeconfig(&self) -> PathBuf {
        let path = self.folder.join("kubeconfig");
        let to = path.to_str().unwrap();
        self.hawser(&["kubeconfig", "--to", to], LOOK).exits(0);
        path
    }
}

/// Who administers the cluster: kubectl and plain requests with the kubeconfig that hawser fetched.
pub struct Administrator {
    pub kubectl: Kubectl,
    pub credentials: Credentials,
    /// The kubeconfig lies there.
    pub workstation: Workstation,
}

/// Who has fetched the kubeconfig of a profile's cluster.
pub fn administrator(profile: &str) -> Administrator {
    let workstation = Workstation::new(profile);
    let path = workstation.kubeconfig();
    let text = std::fs::read_to_string(&path).unwrap();
    Administrator {
        kubectl: Kubectl::new(path),
        credentials: Credentials::from_kubeconfig(&text),
        workstation,
    }
}

/// Follows a run (`apply -o json`) to an event; `false` where it ended before.
pub fn reached(run: &Running, is_it: impl Fn(&Value) -> bool) -> bool {
    let since = Instant::now();
    while let Ok(line) = run.lines.recv_timeout(BUILD.saturating_sub(since.elapsed())) {
        if is_it(&serde_json::from_str(&line).unwrap()) {
            return true;
        }
    }
    false
}

/// The events of a run, from `apply -o json`.
pub fn events(stdout: &str) -> Vec<Value> {
    let lines = stdout.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The report at the end of a run.
pub fn report(stdout: &str) -> Value {
    let last = events(stdout).pop().unwrap_or_default();
    assert_eq!(last["event"], "run-finished", "{stdout}");
    last["report"].clone()
}

/// The steps of a run that ended in this way.
pub fn ended(stdout: &str, outcome: &str) -> BTreeSet<String> {
    let ended = events(stdout)
        .into_iter()
        .filter(|event| event["outcome"] == outcome);
    ended
        .map(|event| event["step"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Bytes of images that a run sent, by its own account.
pub fn sent(stdout: &str) -> u64 {
    let mut by_step = BTreeMap::new();
    for event in events(stdout)
        .iter()
        .filter(|event| event["event"] == "image-sent")
    {
        let step = event["step"].to_string();
        // Packages are sent too.
        if step.contains("/import-") {
            by_step.insert(step, event["bytes"].as_u64().unwrap_or_default());
        }
    }
    by_step.values().sum()
}
