//! From what is written to the values that are used: tokens, variables, `~` and `none`.

use std::path::PathBuf;

use super::arguments::is_none;
use super::collected::Collected;
use super::jump::Jump;
use super::line::Mistake;
use super::local::{Local, Wanted};
use super::names::{DEFAULT_PORT, Names};
use super::settings::{IdentityAgent, Proxy, Settings, Source, Sourced};
use super::tokens::{ALL, PROXY, Tokens, USER, expand_home, expand_tokens, expand_variables};
use crate::error::Problem;

/// The settings of a host that is reached as `host`.
pub(super) fn settings(
    mut found: Collected,
    host: String,
    wanted: &Wanted,
    local: &Local,
) -> Result<Settings, Problem> {
    let key_alias = found.host_key_alias.take();
    let key_alias = change(key_alias, |alias| Ok(alias.to_ascii_lowercase()))?;
    let default_user = Sourced {
        value: local.user.to_owned(),
        source: Source::Default,
    };
    let mut names = Names {
        host,
        user: String::new(),
        key_alias: key_alias
            .as_ref()
            .map_or(wanted.alias, |alias| &alias.value)
            .to_owned(),
    };
    let expand = Expand {
        tokens: names.tokens(&found, wanted, local),
        local,
    };
    let user = expand.user(found.user.take().unwrap_or(default_user))?;
    names.user.clone_from(&user.value);
    let expand = Expand {
        tokens: names.tokens(&found, wanted, local),
        local,
    };
    let port = found.port.unwrap_or(Sourced {
        value: DEFAULT_PORT,
        source: Source::Default,
    });
    let proxy = expand.proxy(found.jumps, found.proxy_command)?;
    refuse_jump_to_itself(proxy.as_ref(), &names, port.value)?;
    let host_source = found.host_name.map_or(Source::Default, |name| name.source);
    Ok(Settings {
        host_name: Sourced {
            value: names.host,
            source: host_source,
        },
        port,
        user,
        identity_files: expand.identities(found.identity_files)?,
        certificate_files: expand.each(found.certificate_files)?,
        identities_only: found.identities_only,
        identity_agent: change(found.identity_agent, |agent| expand.agent(&agent))?,
        user_known_hosts_files: change(found.user_known_hosts_files, |files| expand.files(&files))?,
        global_known_hosts_files: change(found.global_known_hosts_files, |files| expand.homes(&files))?,
        host_key_alias: key_alias,
        proxy,
        connect_timeout: found.connect_timeout,
        server_alive_interval: found.server_alive_interval,
        server_alive_count_max: found.server_alive_count_max,
        address_family: found.address_family,
        bind_address: found.bind_address,
        preferred_authentications: found.preferred_authentications,
        revoked_host_keys: change(found.revoked_host_keys.filter(is_file), |file| expand.path(&file))?,
    })
}

fn change<T, U>(
    value: Option<Sourced<T>>,
    change: impl FnOnce(T) -> Result<U, Mistake>,
) -> Result<Option<Sourced<U>>, Problem> {
    value.map(|value| value.try_map(change)).transpose()
}

/// Whether it is not `none`.
fn is_file(file: &Sourced<String>) -> bool {
    !file.value.eq_ignore_ascii_case("none")
}

/// OpenSSH checks the last host of the path alone; each host of it reads the configuration again.
fn refuse_jump_to_itself(proxy: Option<&Sourced<Proxy>>, names: &Names, port: u16) -> Result<(), Problem> {
    let Some(Sourced {
        value: Proxy::Jump(jumps),
        source,
    }) = proxy
    else {
        return Ok(());
    };
    let is_same = |jump: &Jump| {
        jump.host == names.host
            && jump.port.unwrap_or(DEFAULT_PORT) == port
            && jump.user.as_ref().is_none_or(|user| *user == names.user)
    };
    if !jumps.last().is_some_and(is_same) {
        return Ok(());
    }
    let hint = format!("put `Host {}` with `ProxyJump none` above this line", names.host);
    Err(source.problem(Mistake::with_hint(
        format!("{} would be its own jump host", names.host),
        hint,
    )))
}

/// Replaces what stands for something else in the values of one host.
struct Expand<'a> {
    tokens: Tokens,
    local: &'a Local<'a>,
}

impl Expand<'_> {
    /// A path with `~`, tokens and variables.
    fn path(&self, text: &str) -> Result<PathBuf, Mistake> {
        let text = expand_home(text, self.local.home)?;
        self.tokens_and_variables(&text, ALL).map(PathBuf::from)
    }

    fn tokens_and_variables(&self, text: &str, allowed: &str) -> Result<String, Mistake> {
        // What a variable holds has no tokens.
        let environment = |name: &str| Some((self.local.environment)(name)?.replace('%', "%%"));
        expand_tokens(&expand_variables(text, &environment)?, allowed, &self.tokens)
    }

    fn each(&self, files: Vec<Sourced<String>>) -> Result<Vec<Sourced<PathBuf>>, Problem> {
        files
            .into_iter()
            .map(|file| file.try_map(|file| self.path(&file)))
            .collect()
    }

    fn identities(&self, files: Vec<Sourced<String>>) -> Result<Option<Vec<Sourced<PathBuf>>>, Problem> {
        let is_said = !files.is_empty();
        let files = self.each(files.into_iter().filter(is_file).collect())?;
        Ok(is_said.then_some(files))
    }

    fn files(&self, files: &[String]) -> Result<Vec<PathBuf>, Mistake> {
        let files = files.iter().filter(|_| !is_none(files));
        files.map(|file| self.path(file)).collect()
    }

    /// The system's files, in whose paths OpenSSH replaces `~` alone.
    fn homes(&self, files: &[String]) -> Result<Vec<PathBuf>, Mistake> {
        let files = files.iter().filter(|_| !is_none(files));
        files
            .map(|file| expand_home(file, self.local.home).map(PathBuf::from))
            .collect()
    }

    /// The user of a line, as OpenSSH 10.0 reads it; what the caller gives stays as it is.
    fn user(&self, user: Sourced<String>) -> Result<Sourced<String>, Problem> {
        if !matches!(user.source, Source::Line(_)) {
            return Ok(user);
        }
        user.try_map(|text| {
            let user = self.tokens_and_variables(&text, USER)?;
            if is_valid_user(&user) {
                Ok(user)
            } else {
                Err(Mistake::new(format!("`{user}` cannot be a user")))
            }
        })
    }

    fn agent(&self, text: &str) -> Result<IdentityAgent, Mistake> {
        let value = self.path(text)?;
        let variable = text.strip_prefix('$').filter(|name| !name.starts_with('{'));
        Ok(match (value.to_str(), variable) {
            (Some("none"), _) => IdentityAgent::None,
            (Some("SSH_AUTH_SOCK"), _) => IdentityAgent::Environment,
            (_, Some(name)) => {
                let socket = (self.local.environment)(name);
                socket.map_or(IdentityAgent::None, |socket| IdentityAgent::Socket(socket.into()))
            }
            _ => IdentityAgent::Socket(value),
        })
    }

    fn proxy(
        &self,
        jumps: Option<Sourced<Vec<Jump>>>,
        command: Option<Sourced<String>>,
    ) -> Result<Option<Sourced<Proxy>>, Problem> {
        if let Some(jumps) = jumps.filter(|jumps| !jumps.value.is_empty()) {
            let jump = |jump| self.jump(jump);
            let all = |jumps: Vec<Jump>| jumps.into_iter().map(jump).collect::<Result<_, _>>();
            return jumps.try_map(|jumps| all(jumps).map(Proxy::Jump)).map(Some);
        }
        let command = command.filter(is_file);
        change(command, |command| {
            expand_tokens(&command, PROXY, &self.tokens).map(Proxy::Command)
        })
    }

    fn jump(&self, jump: Jump) -> Result<Jump, Mistake> {
        let user = jump
            .user
            .map(|user| expand_tokens(&user, PROXY, &self.tokens))
            .transpose()?;
        let host = expand_tokens(&jump.host, PROXY, &self.tokens)?;
        Ok(Jump {
            user,
            host,
            port: jump.port,
        })
    }
}

/// What OpenSSH takes as a user: it may become part of a command.
fn is_valid_user(user: &str) -> bool {
    let is_bad = |c: char| "'`\";&<>|(){}".contains(c) || c.is_ascii_control();
    let has_option = user
        .split(|c: char| c.is_ascii_whitespace())
        .any(|word| word.starts_with('-'));
    !user.is_empty() && !user.contains(is_bad) && !user.ends_with('\\') && !has_option
}
