//! The package manager: how what is missing comes to the host, and who holds its lock, as nothing can be
//! installed or held back meanwhile.

use super::{At, Fact, FactResult};

pub(super) fn of(at: &At) -> Vec<FactResult> {
    vec![FactResult::of(
        Fact::PackageLock,
        &at.preflight.package_lock,
        |holders| {
            let Some((pid, name)) = holders.first() else {
                return FactResult::ok(Fact::PackageLock, "free");
            };
            let wait = format!("wait until it exits: `tail --pid={pid} -f /dev/null`");
            FactResult::warning(
                Fact::PackageLock,
                format!("{name} (process {pid}) holds the package lock"),
                [
                    wait.as_str(),
                    "`systemctl mask --now unattended-upgrades apt-daily.timer apt-daily-upgrade.timer` keeps it free: a node must not be upgraded at a random time",
                ],
            )
        },
    )]
}

impl At<'_> {
    /// How what is missing comes to the host: packages have these names where there is apt.
    pub(super) fn install(&self, programs: &str, packages: &str) -> String {
        if self.has_apt() {
            return format!("`apt-get install {packages}`");
        }
        format!("install {programs} from the packages of its distribution")
    }

    /// Whether its packages are apt's, as far as it is known what it is.
    pub(super) fn has_apt(&self) -> bool {
        let id = self.preflight.os.known().and_then(|os| os.split(' ').next());
        id.is_none_or(|id| OF_APT.contains(&id))
    }
}

/// Distributions that have apt.
const OF_APT: [&str; 3] = ["debian", "ubuntu", "raspbian"];
