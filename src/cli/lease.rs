//! Who this run is to others that want the same hosts.

use rustix::process::getuid;
use rustix::system::uname;

use crate::engine::IfHeld;
use crate::remote::lease::Claim;

pub(super) fn if_held(waits: bool) -> IfHeld {
    if waits { IfHeld::Wait } else { IfHeld::Refuse }
}

/// This run's claim to hosts; `run` is its name.
pub(super) fn claim(run: String) -> Claim {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty());
    Claim {
        id: format!("{:032x}", rand::random::<u128>()),
        run,
        user: user.unwrap_or_else(|| format!("user {}", getuid().as_raw())),
        workstation: uname().nodename().to_string_lossy().into_owned(),
        boot: kernel_tells("/proc/sys/kernel/random/boot_id"),
        pid_namespace: std::fs::read_link("/proc/self/ns/pid")
            .map(|link| link.to_string_lossy().into_owned())
            .unwrap_or_default(),
        pid: std::process::id(),
        since: jiff::Timestamp::now()
            .strftime("%Y-%m-%d %H:%M:%S UTC")
            .to_string(),
    }
}

/// Empty where the kernel is another one: then nothing is taken over before it has run out.
fn kernel_tells(path: &str) -> String {
    std::fs::read_to_string(path).map_or_else(|_| String::new(), |text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_of_one_user_here_come_from_the_same_place_and_are_not_one() {
        let (one, other) = (claim("one".to_owned()), claim("other".to_owned()));

        assert!(one.is_from_the_same_place(&other));
        assert_ne!(one.id, other.id);
        assert_eq!(one.id.len(), 32);
    }
}
