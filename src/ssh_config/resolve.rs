//! Goes through the lines for one host, as OpenSSH does: once, and once more where `Match final` asks for it.

use std::net::IpAddr;

use super::SshConfig;
use super::collected::Collected;
use super::keyword::Directive;
use super::line::{Mistake, Place};
use super::local::{Local, Wanted};
use super::matching::{Criterion, Test, canonical, is_host, is_host_listed};
use super::names::Names;
use super::read::{Asks, Entry};
use super::settings::{AddressFamily, Settings, Source, Sourced};
use super::tokens::{ALL, expand_tokens};
use super::values::settings;
use super::wildcard::matches_list;
use crate::error::Problem;

impl SshConfig {
    /// The settings of a host.
    ///
    /// # Errors
    /// What is wrong for this host: an unknown keyword, a token that is not allowed, a variable that is not set, a
    /// `Match exec` that is not allowed, names that would be canonicalised, a host that is its own jump host.
    pub fn resolve(&self, wanted: &Wanted, local: &Local) -> Result<Settings, Problem> {
        if !is_valid_host(wanted.alias) {
            return Err(Problem::Usage {
                message: format!("`{}` cannot be the name of a host", wanted.alias),
                hint: "use letters, digits, dots and hyphens in `address`".to_owned(),
            });
        }
        let given = |value: &str| Sourced {
            value: value.to_owned(),
            source: Source::Given,
        };
        let mut lines = Lines {
            wanted: *wanted,
            local: *local,
            reading: Reading::First,
            host: wanted.alias.to_owned(),
            found: Collected {
                user: wanted.user.map(given),
                port: wanted.port.map(|value| Sourced {
                    value,
                    source: Source::Given,
                }),
                ..Collected::default()
            },
        };
        lines.read_files(&self.files)?;
        let family = lines.found.address_family.as_ref().map(|family| family.value);
        lines.host = normal_host(&lines.current_host()?, family);
        // From here on no line changes the name.
        let host_name = Sourced {
            value: lines.host.clone(),
            source: Source::Default,
        };
        lines.found.host_name.get_or_insert(host_name);
        if self.files.iter().any(|file| asks_for_final(file)) {
            lines.reading = Reading::Final;
            lines.read_files(&self.files)?;
        }
        let Lines { found, host, .. } = lines;
        if let Some(Sourced {
            value: true,
            source: Source::Line(place),
        }) = &found.canonicalize
        {
            return Err(place.problem(canonical()));
        }
        settings(found, host, wanted, local)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    First,
    Final,
}

/// Whether lines count, and whether a block in them may make them count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Active,
    Inactive,
    /// Below an `Include` of other hosts.
    Never,
}

/// The state between lines.
struct Lines<'a> {
    wanted: Wanted<'a>,
    local: Local<'a>,
    reading: Reading,
    /// What `Host` compares: the alias, and in the second reading the name to connect to.
    host: String,
    found: Collected,
}

impl Lines<'_> {
    fn read_files(&mut self, files: &[Vec<Entry>]) -> Result<(), Problem> {
        files
            .iter()
            .try_for_each(|file| self.read_lines(file, Activity::Active))
    }

    fn read_lines(&mut self, entries: &[Entry], mut activity: Activity) -> Result<(), Problem> {
        for Entry { place, asks } in entries {
            match asks {
                Asks::Include(files) => {
                    let inner = if activity == Activity::Active {
                        activity
                    } else {
                        Activity::Never
                    };
                    files.iter().try_for_each(|file| self.read_lines(file, inner))?;
                }
                Asks::For(Directive::Host(patterns)) => {
                    activity = activity.after(is_host(patterns, &self.host));
                }
                Asks::For(Directive::Match(_)) if activity == Activity::Never => {}
                Asks::For(Directive::Match(criteria)) => {
                    activity = activity.after(self.is_match(criteria, place)?);
                }
                Asks::For(Directive::Set(line)) if activity == Activity::Active => {
                    let taken = self.found.take(line, place, self.local.environment);
                    taken.map_err(|mistake| place.problem(mistake))?;
                }
                Asks::For(Directive::Unknown(keyword)) => self.pass_over(keyword, place)?,
                Asks::For(Directive::Set(_) | Directive::PassedOver) => {}
            }
        }
        Ok(())
    }

    /// A keyword that nothing knows is refused wherever it is, unless a line before it allows it.
    fn pass_over(&self, keyword: &str, place: &Place) -> Result<(), Problem> {
        let ignored = self.found.ignore_unknown.as_ref();
        if ignored.is_some_and(|list| matches_list(&list.value.to_ascii_lowercase(), keyword)) {
            return Ok(());
        }
        let hint = format!("correct the keyword, or put `IgnoreUnknown {keyword}` at the start of the file");
        Err(place.problem(Mistake::with_hint(
            format!("`{keyword}` is not a keyword of OpenSSH"),
            hint,
        )))
    }

    fn is_match(&self, criteria: &[Criterion], place: &Place) -> Result<bool, Problem> {
        let host = self.current_host()?;
        let user = self
            .found
            .user
            .as_ref()
            .map_or(self.local.user, |user| user.value.as_str());
        let mut is_match = true;
        for Criterion { is_negated, test } in criteria {
            let is_hit = match test {
                Test::All => true,
                Test::Final => self.reading == Reading::Final,
                Test::Host(list) => is_host_listed(list, &host),
                Test::OriginalHost(list) => is_host_listed(list, self.wanted.alias),
                Test::User(list) => matches_list(list, user),
                Test::LocalUser(list) => matches_list(list, self.local.user),
                Test::Exec(_) if !is_match => continue,
                Test::Exec(command) => self
                    .runs(command, host.clone())
                    .map_err(|mistake| place.problem(mistake))?,
            };
            is_match &= is_hit != *is_negated;
        }
        Ok(is_match)
    }

    /// Whether a command of `Match exec` exits with 0.
    fn runs(&self, command: &str, host: String) -> Result<bool, Mistake> {
        let run = self.local.match_exec.ok_or_else(|| {
            let hint = "set `ssh.allow_match_exec = true` in the inventory if you trust this command";
            Mistake::with_hint(format!("`match exec` would run `{command}`"), hint)
        })?;
        let alias = self
            .found
            .host_key_alias
            .as_ref()
            .map(|alias| alias.value.clone());
        let names = Names {
            key_alias: alias.unwrap_or_else(|| host.clone()),
            user: self
                .found
                .user
                .as_ref()
                .map_or(self.local.user, |user| &user.value)
                .to_owned(),
            host,
        };
        let command = expand_tokens(
            command,
            ALL,
            &names.tokens(&self.found, &self.wanted, &self.local),
        )?;
        run(&command).map_err(|cause| Mistake::new(format!("`match exec` cannot run `{command}`: {cause}")))
    }

    /// The name to connect to, as far as it is known.
    fn current_host(&self) -> Result<String, Problem> {
        let Some(Sourced { value, source }) = &self.found.host_name else {
            return Ok(self.host.clone());
        };
        if self.reading == Reading::Final {
            return Ok(self.host.clone());
        }
        expand_tokens(value, "h", &[('h', self.wanted.alias.to_owned())])
            .map_err(|mistake| source.problem(mistake))
    }
}

impl Activity {
    fn after(self, is_meant: bool) -> Self {
        match self {
            Activity::Never => Activity::Never,
            Activity::Active | Activity::Inactive if is_meant => Activity::Active,
            Activity::Active | Activity::Inactive => Activity::Inactive,
        }
    }
}

/// Names are in lower case; an address is in its usual form, unless another family is wanted.
fn normal_host(host: &str, family: Option<AddressFamily>) -> String {
    match (host.parse::<IpAddr>(), family) {
        (Err(_), _) => host.to_ascii_lowercase(),
        (Ok(IpAddr::V6(_)), Some(AddressFamily::Inet)) => host.to_owned(),
        (Ok(address), _) if address.to_string().eq_ignore_ascii_case(host) => host.to_owned(),
        (Ok(address), _) => address.to_string(),
    }
}

fn asks_for_final(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| match &entry.asks {
        Asks::For(Directive::Match(criteria)) => {
            criteria.iter().any(|criterion| criterion.test == Test::Final)
        }
        Asks::For(_) => false,
        Asks::Include(files) => files.iter().any(|file| asks_for_final(file)),
    })
}

/// What OpenSSH takes as the name of a host: it may become part of a command.
fn is_valid_host(name: &str) -> bool {
    let is_bad = |c: char| "'`\"$\\;&<>|(){},".contains(c) || c.is_ascii_whitespace() || c.is_ascii_control();
    !name.is_empty() && !name.starts_with('-') && !name.contains(is_bad)
}
