//! Hosts that cannot be reached, identified or logged in to, in the operator's words.

use super::{ExitCode, Explanation};
use crate::topology::HostName;

pub(super) fn unreachable(host: &HostName, address: &str, cause: &str) -> Explanation {
    let (name, port) = address.rsplit_once(':').unwrap_or((address, "22"));
    let name = name.trim_matches(['[', ']']);
    Explanation {
        headline: format!("{host}: cannot connect to {address}"),
        details: vec![cause.to_owned()],
        hint: vec![format!(
            "check that the host is up and sshd listens: `nc -vz {name} {port}`, on the jump host if there is one"
        )],
        exit: ExitCode::Unreachable,
    }
}

pub(super) fn login_refused(
    host: &HostName,
    user: &str,
    offered: &[String],
    accepted: &[String],
) -> Explanation {
    Explanation {
        headline: format!("{host}: sshd refused the login of {user}"),
        details: vec![
            format!("offered: {}", list(offered, "nothing")),
            format!(
                "the server accepts: {}",
                list(accepted, "no method that it names")
            ),
        ],
        hint: vec![
            "set `user` and `identities` under [ssh], or add the key to the agent with `ssh-add`".to_owned(),
        ],
        exit: ExitCode::Unreachable,
    }
}

pub(super) fn host_key_unknown(
    host: &HostName,
    address: &str,
    fingerprint: &str,
    known_hosts: &str,
    line: &str,
) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} is not known, nothing was sent"),
        details: vec![
            format!("the host showed {fingerprint}"),
            format!("not found in {known_hosts}"),
        ],
        hint: vec![
            "compare it on the host's console: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`".to_owned(),
            format!("if it is the same, trust it: `echo '{line}' >> {known_hosts}`"),
        ],
        exit: ExitCode::HostKey,
    }
}

pub(super) fn host_key_changed(
    host: &HostName,
    address: &str,
    presented: &str,
    expected: &[String],
    known_at: &str,
) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} HAS CHANGED, nothing was sent"),
        details: vec![
            format!("the host showed {presented}"),
            format!("known_hosts has {} ({known_at})", list(expected, "another")),
            "another machine may answer instead of the host".to_owned(),
        ],
        hint: vec![format!(
            "only if you know that the host was rebuilt: remove the line {known_at}, then compare and trust the new key"
        )],
        exit: ExitCode::HostKey,
    }
}

pub(super) fn host_key_revoked(
    host: &HostName,
    address: &str,
    fingerprint: &str,
    known_at: &str,
) -> Explanation {
    Explanation {
        headline: format!("{host}: the host key of {address} is revoked, nothing was sent"),
        details: vec![
            format!("the host showed {fingerprint}"),
            format!("revoked at {known_at}"),
        ],
        hint: vec!["give the host a new key: never trust a revoked one".to_owned()],
        exit: ExitCode::HostKey,
    }
}

pub(super) fn sudo(host: &HostName, user: &str, cause: &str) -> Explanation {
    Explanation {
        headline: format!("{host}: {user} cannot become root"),
        details: vec![cause.to_owned()],
        hint: vec![format!(
            "set `sudo = \"password\"` under [ssh] to be asked for it, or allow it in sudoers: `{user} ALL=(ALL) NOPASSWD:ALL`"
        )],
        exit: ExitCode::Unreachable,
    }
}

fn list(items: &[String], none: &str) -> String {
    if items.is_empty() {
        none.to_owned()
    } else {
        items.join(", ")
    }
}
