//! Who holds the package manager's lock: nothing can be installed or held back meanwhile.

use super::{At, Fact, Said};

pub(super) fn of(at: &At) -> Vec<Said> {
    vec![Said::of(
        Fact::PackageLock,
        &at.preflight.package_lock,
        |holders| {
            let Some((pid, name)) = holders.first() else {
                return Said::fine(Fact::PackageLock, "free");
            };
            let wait = format!("wait until it ends: `tail --pid={pid} -f /dev/null`");
            Said::warning(
                Fact::PackageLock,
                format!("{name} (process {pid}) holds it"),
                [
                    wait.as_str(),
                    "`systemctl mask --now unattended-upgrades apt-daily.timer apt-daily-upgrade.timer` keeps it free: a node must not be upgraded by chance",
                ],
            )
        },
    )]
}
