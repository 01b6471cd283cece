//! Reads the configuration of OpenSSH's client, and says what it means for a host. Nothing here connects, and only the
//! caller's function starts a process, for `Match exec`.
//!
//! The model is OpenSSH 9.2 to 10.0; docs/reference/ssh-config.md lists what is honoured, and what differs.

mod arguments;
mod collected;
mod jump;
mod keyword;
mod line;
mod local;
mod matching;
mod names;
mod read;
mod resolve;
mod settings;
mod tokens;
mod values;
pub mod wildcard;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::line::Mistake;
use self::read::{Entry, IsUser, Reader, Trust, is_there};
use crate::error::Problem;

pub use self::jump::Jump;
pub use self::line::Place;
pub use self::local::{Environment, Local, MatchExec, Wanted};
pub use self::settings::{AddressFamily, IdentityAgent, Proxy, Settings, Source, Sourced};

/// Which files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// The user's file, then the system's; either may be absent.
    Usual { user: PathBuf, system: PathBuf },
    /// This one alone, as with `ssh -F`; it must be there.
    Named(PathBuf),
}

/// The files, read and checked. The default one says nothing about any host.
#[derive(Debug, Clone, Default)]
pub struct SshConfig {
    /// The user's file and the system's, each with what it includes.
    files: Vec<Vec<Entry>>,
}

impl SshConfig {
    /// Reads the files with all that they include.
    ///
    /// # Errors
    /// Every line that is wrong for all hosts, and every file that cannot be read or that others may write.
    pub fn load(files: &Files, local: &Local) -> Result<Self, Vec<Problem>> {
        let user_folder = local.home.join(".ssh");
        let listed = match files {
            Files::Usual { user, system } => {
                let system_folder = system.parent().unwrap_or(Path::new("/")).to_owned();
                vec![
                    (user, Trust::OwnerOnly, user_folder, IsUser::Yes),
                    (system, Trust::Any, system_folder, IsUser::No),
                ]
            }
            Files::Named(path) => vec![(path, Trust::Any, user_folder, IsUser::Yes)],
        };
        let may_lack = matches!(files, Files::Usual { .. });
        let (mut read, mut problems) = (Vec::new(), Vec::new());
        for (path, trust, folder, is_user) in listed {
            if may_lack && !is_there(path) {
                continue;
            }
            let mut reader = Reader {
                local,
                folder,
                is_user,
                open: vec![],
                problems: vec![],
            };
            match reader.read(path, trust) {
                Ok(entries) => read.push(entries),
                Err(Mistake { cause, hint }) => problems.push(Problem::SshConfig {
                    path: path.display().to_string(),
                    line: None,
                    cause,
                    hint,
                }),
            }
            problems.append(&mut reader.problems);
        }
        if problems.is_empty() {
            Ok(Self { files: read })
        } else {
            Err(problems)
        }
    }
}
