//! The values found so far: the first one wins, and files of identities and certificates add up.

use std::time::Duration;

use super::arguments;
use super::jump::{Jump, read_jumps};
use super::line::{Mistake, Place, Written};
use super::local::Environment;
use super::settings::{AddressFamily, Source, Sourced};

/// Values as they are written, without tokens replaced.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) host_name: Option<Sourced<String>>,
    pub(super) port: Option<Sourced<u16>>,
    pub(super) user: Option<Sourced<String>>,
    pub(super) identity_files: Vec<Sourced<String>>,
    pub(super) certificate_files: Vec<Sourced<String>>,
    pub(super) identities_only: Option<Sourced<bool>>,
    pub(super) identity_agent: Option<Sourced<String>>,
    pub(super) user_known_hosts_files: Option<Sourced<Vec<String>>>,
    pub(super) global_known_hosts_files: Option<Sourced<Vec<String>>>,
    pub(super) host_key_alias: Option<Sourced<String>>,
    /// Empty: `none`.
    pub(super) jumps: Option<Sourced<Vec<Jump>>>,
    pub(super) proxy_command: Option<Sourced<String>>,
    pub(super) connect_timeout: Option<Sourced<Duration>>,
    pub(super) server_alive_interval: Option<Sourced<Duration>>,
    pub(super) server_alive_count_max: Option<Sourced<u32>>,
    pub(super) address_family: Option<Sourced<AddressFamily>>,
    pub(super) bind_address: Option<Sourced<String>>,
    pub(super) preferred_authentications: Option<Sourced<Vec<String>>>,
    pub(super) revoked_host_keys: Option<Sourced<String>>,
    pub(super) ignore_unknown: Option<Sourced<String>>,
    /// `CanonicalizeHostname`, or names that it permits: whether hosts would be renamed.
    pub(super) canonicalize: Option<Sourced<bool>>,
}

const CANONICALIZE: &[&str] = &["yes", "true", "no", "false", "always"];

impl Collected {
    /// Takes the value of a line, unless an earlier line has said it. Whether hawser honours the keyword.
    #[rustfmt::skip]
    pub(super) fn take(
        &mut self,
        line: &Written,
        place: &Place,
        environment: Environment,
    ) -> Result<bool, Mistake> {
        let text = || arguments::text(line);
        match line.keyword.as_str() {
            "hostname" => first(&mut self.host_name, text()?, place),
            "port" => first(&mut self.port, arguments::port(line)?, place),
            "user" => first(&mut self.user, text()?, place),
            "identityfile" | "identityfile2" => add(&mut self.identity_files, text()?, place)?,
            "certificatefile" => add(&mut self.certificate_files, text()?, place)?,
            "identitiesonly" => first(&mut self.identities_only, arguments::flag(line)?, place),
            "identityagent" => first(&mut self.identity_agent, arguments::agent(line, environment)?, place),
            "userknownhostsfile" => first(&mut self.user_known_hosts_files, arguments::files(line)?, place),
            "globalknownhostsfile" => first(&mut self.global_known_hosts_files, arguments::files(line)?, place),
            "hostkeyalias" => first(&mut self.host_key_alias, text()?, place),
            "proxyjump" => self.take_jumps(read_jumps(arguments::command(line))?, place),
            "proxycommand" => self.take_command(arguments::command(line).to_owned(), place),
            "connecttimeout" => first_said(&mut self.connect_timeout, arguments::time(line)?, place),
            // The last two are names that Debian's ssh knows.
            "serveraliveinterval" | "protocolkeepalives" | "setuptimeout" => {
                first_said(&mut self.server_alive_interval, arguments::time(line)?, place);
            }
            "serveralivecountmax" => first(&mut self.server_alive_count_max, arguments::number(line)?, place),
            "addressfamily" => first(&mut self.address_family, arguments::address_family(line)?, place),
            "bindaddress" => first(&mut self.bind_address, text()?, place),
            "preferredauthentications" => {
                first(&mut self.preferred_authentications, text()?.split(',').map(str::to_owned).collect(), place);
            }
            "revokedhostkeys" => first(&mut self.revoked_host_keys, text()?, place),
            "ignoreunknown" => first(&mut self.ignore_unknown, text()?, place),
            "canonicalizehostname" => {
                let word = arguments::one_of(line, CANONICALIZE)?;
                first(&mut self.canonicalize, !["no", "false"].contains(&word.as_str()), place);
            }
            "canonicalizepermittedcnames" if arguments::is_none(&line.arguments) => {}
            "canonicalizepermittedcnames" => first(&mut self.canonicalize, true, place),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whichever of the two comes first wins, but `ProxyJump none` leaves a later `ProxyCommand`.
    fn take_jumps(&mut self, jumps: Vec<Jump>, place: &Place) {
        if jumps.is_empty() || self.proxy_command.is_none() {
            first(&mut self.jumps, jumps, place);
        }
    }

    fn take_command(&mut self, command: String, place: &Place) {
        if self.jumps.as_ref().is_none_or(|jumps| jumps.value.is_empty()) {
            first(&mut self.proxy_command, command, place);
        }
    }
}

fn first<T>(value: &mut Option<Sourced<T>>, found: T, place: &Place) {
    value.get_or_insert_with(|| Sourced {
        value: found,
        source: Source::Line(place.clone()),
    });
}

/// As [`first`], but `none` leaves it to a later line.
fn first_said<T>(value: &mut Option<Sourced<T>>, found: Option<T>, place: &Place) {
    if let Some(found) = found {
        first(value, found, place);
    }
}

/// As many as OpenSSH takes.
const MOST_FILES: usize = 100;

/// Adds a file that no earlier line has named.
fn add(files: &mut Vec<Sourced<String>>, found: String, place: &Place) -> Result<(), Mistake> {
    if files.len() >= MOST_FILES {
        return Err(Mistake::new(format!("these are more than {MOST_FILES} files")));
    }
    if files.iter().all(|file| file.value != found) {
        files.push(Sourced {
            value: found,
            source: Source::Line(place.clone()),
        });
    }
    Ok(())
}
