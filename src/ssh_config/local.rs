//! What the caller knows: the workstation, and the host that is meant.

use std::path::Path;

/// A variable's value, if it is set.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Runs a command in the user's shell: whether it exits with 0, or why it could not run.
pub type MatchExec<'a> = &'a dyn Fn(&str) -> Result<bool, String>;

/// The workstation, as patterns and tokens see it.
#[derive(Clone, Copy)]
pub struct Local<'a> {
    /// `%u`, and the user to log in as where nothing else is said.
    pub user: &'a str,
    /// `%d` and `~`.
    pub home: &'a Path,
    /// `%i`; configuration files belong to it or to root.
    pub uid: u32,
    /// `%l`, and up to its first dot `%L`.
    pub host_name: &'a str,
    pub environment: Environment<'a>,
    /// `None`: commands of `Match exec` are not allowed (`ssh.allow_match_exec`).
    pub match_exec: Option<MatchExec<'a>>,
}

/// A host of which the settings are wanted. What is given here wins over the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The name as the operator wrote it: an alias, a name or an address.
    pub alias: &'a str,
    pub user: Option<&'a str>,
    pub port: Option<u16>,
}
