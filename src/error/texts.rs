//! Every text of a problem that may hold the words of a host, for who takes secrets out of them.

use super::Problem;

impl Problem {
    /// The texts, to be changed in place. A new kind of problem does not compile until it is here.
    pub fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Problem::Inventory { rendered: text, .. }
            | Problem::LocalFile { cause: text, .. }
            | Problem::Workstation { cause: text, .. }
            | Problem::Identity { cause: text, .. }
            | Problem::Unreachable { cause: text, .. }
            | Problem::Sudo { cause: text, .. } => vec![text],
            Problem::Template { cause, hint, .. } | Problem::SshConfig { cause, hint, .. } => {
                vec![cause, hint]
            }
            Problem::Usage { message, hint } => vec![message, hint],
            Problem::LoginRefused {
                offered, accepted, ..
            } => offered.iter_mut().chain(accepted).collect(),
            Problem::HostKeyUnknown { fingerprint, .. } => vec![fingerprint],
            Problem::ConnectionLost { purpose, cause, .. } => vec![purpose, cause],
            Problem::LockLost { what, why, .. } => vec![what, why],
            Problem::Probe { what, cause, .. } => vec![what, cause],
            Problem::Step {
                what,
                how,
                answer,
                hint,
                ..
            } => [what, how].into_iter().chain(answer).chain(hint).collect(),
            Problem::Unsafe {
                what,
                because,
                recovery,
            } => std::iter::once(what).chain(because).chain(recovery).collect(),
            Problem::LateEtcd {
                members,
                because,
                recovery,
                ..
            } => std::iter::once(members).chain(because).chain(recovery).collect(),
            Problem::NotReady {
                subject,
                found,
                fix,
                option,
            } => [subject, found, option].into_iter().chain(fix).collect(),
            Problem::MissingHosts { hosts, because } => {
                let reasons = hosts.iter_mut().map(|(_, reason)| reason);
                std::iter::once(because).chain(reasons).collect()
            }
            Problem::Interrupted { running, .. } => {
                running.iter_mut().map(|(_, _, command)| command).collect()
            }
            // Fingerprints and places of hawser's own making.
            Problem::HostKeyChanged { .. } | Problem::HostKeyRevoked { .. } | Problem::Silent { .. } => {
                Vec::new()
            }
        }
    }
}
