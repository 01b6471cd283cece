//! One run at a time: the lease of a host, which a run takes before it changes anything there, and the fence before
//! each command that does.

use std::fmt;

use crate::error::sanitize::decode;
use crate::remote::wire::connection::{Exit, Output};
use crate::remote::wire::{PRELUDE, RemoteCommand, Wire, quote};

/// Where a host keeps its lease: /run is gone when the host is.
pub const PATH: &str = "/run/hawser.lease";

/// For so many seconds a lease lasts that nobody renews and under which nothing works. `take_lease.sh` has it too.
pub const LASTS: u64 = 60;

/// With this begins the line on standard error of a fence that let nothing through.
const LOST: &str = "lock lost: ";

/// How a fence ends that let nothing through.
const LOST_CODE: u32 = 5;

/// Who wants the leases, or has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// By this a lease is known as one's own: random, and no secret.
    pub id: String,
    pub run: String,
    /// Who began it.
    pub user: String,
    pub workstation: String,
    /// That start of the workstation.
    pub boot: String,
    /// In which process ids count.
    pub pid_namespace: String,
    pub pid: u32,
    /// When it began, for people.
    pub since: String,
}

impl Claim {
    /// Whether the same user has begun both on one workstation, where it can be seen what became of a process.
    pub fn is_from_the_same_place(&self, other: &Claim) -> bool {
        let place = |claim: &Claim| {
            [
                claim.user.clone(),
                claim.workstation.clone(),
                claim.boot.clone(),
                claim.pid_namespace.clone(),
            ]
        };
        place(self) == place(other) && !place(self).iter().any(String::is_empty)
    }

    fn lines(&self) -> [String; 7] {
        // A line each, whatever a workstation is called.
        let line = |key: &str, value: &str| format!("{key} {}", value.replace(char::is_control, "?"));
        [
            line("run", &self.run),
            line("user", &self.user),
            line("workstation", &self.workstation),
            line("boot", &self.boot),
            line("pid-namespace", &self.pid_namespace),
            line("pid", &self.pid.to_string()),
            line("since", &self.since),
        ]
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim {
            run,
            user,
            workstation,
            pid,
            since,
            ..
        } = self;
        write!(
            f,
            "run {run} of {user} on {workstation} (process {pid}), since {since}"
        )
    }
}

/// A lease that another run has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    pub by: Claim,
    /// What it was last sent there.
    pub doing: String,
    /// How many seconds ago it was renewed, where that can be read.
    pub age: Option<u64>,
    /// Whether a command works under it: as long as it does, the lease does not run out.
    pub works: bool,
}

impl Held {
    /// In how many seconds it runs out, if it is not renewed; none where a command works under it.
    pub fn runs_out_in(&self) -> Option<u64> {
        let age = self.age.filter(|_| !self.works)?;
        Some((LASTS + 1).saturating_sub(age))
    }
}

/// What a host answered who wanted its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Taken,
    /// Another run has it.
    Held(Box<Held>),
}

impl Answer {
    /// Reads it; none where it is something else.
    pub fn read(stdout: &[u8]) -> Option<Self> {
        let text = decode(stdout);
        let mut lines = text.lines();
        let first = lines.next()?;
        if first == "taken" {
            return Some(Answer::Taken);
        }
        let mut facts = first.strip_prefix("held ")?.split(' ');
        let works = facts.next()? == "yes";
        let age = facts.next()?.parse().ok();
        let mut held = Held {
            age,
            works,
            ..Held::default()
        };
        for (key, value) in lines.filter_map(|line| line.split_once(' ')) {
            let value = value.trim();
            let by = &mut held.by;
            match key {
                "renewed" => {
                    let (_, doing) = value.split_once(' ').unwrap_or_default();
                    doing.trim().clone_into(&mut held.doing);
                }
                "id" => value.clone_into(&mut by.id),
                "run" => value.clone_into(&mut by.run),
                "user" => value.clone_into(&mut by.user),
                "workstation" => value.clone_into(&mut by.workstation),
                "boot" => value.clone_into(&mut by.boot),
                "pid-namespace" => value.clone_into(&mut by.pid_namespace),
                "pid" => by.pid = value.parse().unwrap_or_default(),
                "since" => value.clone_into(&mut by.since),
                _ => {}
            }
        }
        Some(Answer::Held(Box::new(held)))
    }
}

/// A host's lease as one run means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub path: String,
    pub id: String,
}

impl Fence {
    /// The same command, which a host does only if the lease is this run's, and which renews it.
    #[must_use]
    pub fn before(&self, command: &Wire) -> Wire {
        let script = format!("{PRELUDE}{}", script!("fence.sh", [], (lease run doing; command)));
        let words = [
            "sh",
            "-c",
            &script,
            "hawser",
            &self.path,
            &self.id,
            &command.purpose,
        ];
        let line = words.map(quote).join(" ");
        Wire {
            line: format!("{line} {}", command.line),
            ..command.clone()
        }
    }

    /// Renews the lease, and does nothing else. What was sent last stays what is told of it.
    pub fn renew(&self) -> RemoteCommand {
        RemoteCommand::changes(
            "renew the lock",
            script!("fence.sh", [], (lease run doing; command)),
        )
        .args([&self.path, &self.id, "", "true"])
    }

    /// Gives the lease back, if it is this run's.
    pub fn release(&self) -> RemoteCommand {
        RemoteCommand::changes("release the lock", script!("release_lease.sh", [], (lease run)))
            .args([&self.path, &self.id])
    }

    /// Takes the lease; `over` is the id of a run that is known to be gone.
    pub fn take(&self, claim: &Claim, over: Option<&str>) -> RemoteCommand {
        RemoteCommand::changes(
            "take the lock",
            script!("take_lease.sh", [], (lease run over; lines)),
        )
        .args([&self.path, &self.id, over.unwrap_or_default()])
        .args(claim.lines())
    }
}

/// Why a fence let nothing through; none where the command ended otherwise.
pub fn lost(output: &Output) -> Option<String> {
    let stderr = decode(&output.stderr);
    let reply = stderr.lines().next()?.strip_prefix(LOST)?;
    let is_lost = output.exit == Exit::Code(LOST_CODE) && output.stdout.is_empty();
    is_lost.then(|| reply.to_owned())
}
