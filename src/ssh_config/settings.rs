//! What the configuration says about a host.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::jump::Jump;
use super::line::{Mistake, Place};
use crate::error::Problem;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The caller: [`super::Wanted`].
    Given,
    Line(Place),
    Default,
}

impl Source {
    /// A mistake in a value that came from here.
    pub(super) fn problem(&self, mistake: Mistake) -> Problem {
        match self {
            Source::Line(place) => place.problem(mistake),
            Source::Given | Source::Default => Problem::Usage {
                message: mistake.cause,
                hint: mistake.hint,
            },
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Given => f.write_str("given"),
            Source::Line(place) => place.fmt(f),
            Source::Default => f.write_str("default"),
        }
    }
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: Source,
}

impl<T> Sourced<T> {
    /// The value that is really used, or why this one cannot be.
    pub(super) fn try_map<U>(
        self,
        change: impl FnOnce(T) -> Result<U, Mistake>,
    ) -> Result<Sourced<U>, Problem> {
        let Self { value, source } = self;
        let value = change(value).map_err(|mistake| source.problem(mistake))?;
        Ok(Sourced { value, source })
    }
}

/// The settings of one host, with tokens, variables and `~` replaced. `None`: no line says anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The name or address to connect to, in lower case if it is a name. By default the alias.
    pub host_name: Sourced<String>,
    /// By default 22.
    pub port: Sourced<u16>,
    /// By default the local user.
    pub user: Sourced<String>,
    /// Private keys in order; an empty list if every line says `none`.
    pub identity_files: Option<Vec<Sourced<PathBuf>>>,
    pub certificate_files: Vec<Sourced<PathBuf>>,
    pub identities_only: Option<Sourced<bool>>,
    pub identity_agent: Option<Sourced<IdentityAgent>>,
    /// Empty: `none`.
    pub user_known_hosts_files: Option<Sourced<Vec<PathBuf>>>,
    /// Empty: `none`.
    pub global_known_hosts_files: Option<Sourced<Vec<PathBuf>>>,
    /// The name in known_hosts, in lower case.
    pub host_key_alias: Option<Sourced<String>>,
    pub proxy: Option<Sourced<Proxy>>,
    /// Zero: as long as the system takes.
    pub connect_timeout: Option<Sourced<Duration>>,
    /// Zero: ssh would not check whether the host still answers.
    pub server_alive_interval: Option<Sourced<Duration>>,
    pub server_alive_count_max: Option<Sourced<u32>>,
    pub address_family: Option<Sourced<AddressFamily>>,
    pub bind_address: Option<Sourced<String>>,
    /// Names of methods in order.
    pub preferred_authentications: Option<Sourced<Vec<String>>>,
    /// Not `none`.
    pub revoked_host_keys: Option<Sourced<PathBuf>>,
}

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFamily {
    Any,
    Inet,
    Inet6,
}

/// Which agent has keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityAgent {
    None,
    /// The one that `SSH_AUTH_SOCK` names.
    Environment,
    Socket(PathBuf),
}

/// How a host is reached, if not directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// In the order in which they are reached; never empty.
    Jump(Vec<Jump>),
    /// For a shell, whose input and output are the connection.
    Command(String),
}
