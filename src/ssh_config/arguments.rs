//! The arguments of a keyword: one text, one of some words, a number, a time, files.

use std::time::Duration;

use super::line::{Mistake, Written};
use super::local::Environment;
use super::settings::AddressFamily;
use super::tokens::expand_variables;

/// What may be written after a keyword that hawser passes over.
#[derive(Debug)]
pub(super) enum Check {
    /// Whatever follows is left to ssh.
    Anything,
    Text,
    OneOf(&'static [&'static str]),
    Number,
    Time,
    /// A flag or the path of an agent.
    Agent,
}

impl Check {
    pub(super) fn of(&self, written: &Written, environment: Environment) -> Result<(), Mistake> {
        match self {
            Check::Anything => Ok(()),
            Check::Text => text(written).map(drop),
            Check::OneOf(words) => one_of(written, words).map(drop),
            Check::Number => number(written).map(drop),
            Check::Time => time(written).map(drop),
            Check::Agent => agent(written, environment).map(drop),
        }
    }
}

/// The only argument.
pub(super) fn text(written: &Written) -> Result<String, Mistake> {
    match written.arguments.as_slice() {
        [only] if !only.is_empty() => Ok(only.clone()),
        [_, _, ..] => Err(Mistake::new(format!("`{}` takes one argument", written.keyword))),
        _ => Err(Mistake::new(format!("`{}` has no argument", written.keyword))),
    }
}

/// One of these words in any case, in lower case.
pub(super) fn one_of(written: &Written, words: &[&str]) -> Result<String, Mistake> {
    let word = text(written)?.to_ascii_lowercase();
    if words.contains(&word.as_str()) {
        return Ok(word);
    }
    Err(Mistake::new(format!(
        "`{word}` after `{}` is none of {}",
        written.keyword,
        words.join(", ")
    )))
}

pub(super) fn flag(written: &Written) -> Result<bool, Mistake> {
    Ok(["yes", "true"].contains(&one_of(written, &["yes", "no", "true", "false"])?.as_str()))
}

pub(super) fn number(written: &Written) -> Result<u32, Mistake> {
    let text = text(written)?;
    let number = text
        .parse::<i32>()
        .ok()
        .and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| Mistake::new(format!("`{text}` is not a number from 0 to {}", i32::MAX)))
}

/// Seconds, or numbers with units such as `1h30m`; `none` is none.
pub(super) fn time(written: &Written) -> Result<Option<Duration>, Mistake> {
    let text = text(written)?;
    if text == "none" {
        return Ok(None);
    }
    let seconds = seconds(&text).filter(|seconds| i32::try_from(*seconds).is_ok());
    let seconds =
        seconds.ok_or_else(|| Mistake::new(format!("`{text}` is not a time such as 30 or 1m30s")))?;
    Ok(Some(Duration::from_secs(seconds)))
}

fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let mut units = after.chars();
        let unit = match units.next().map(|unit| unit.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            Some('w') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = units.as_str();
    }
    Some(total)
}

/// The socket of an agent, or a word that stands for one. OpenSSH asks for its variables wherever the line is.
pub(super) fn agent(written: &Written, environment: Environment) -> Result<String, Mistake> {
    let text = text(written)?;
    expand_variables(&text, environment)?;
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match text.strip_prefix('$') {
        Some(name) if !name.starts_with('{') && !is_name(name) => Err(Mistake::new(format!(
            "`{text}` is not the name of an environment variable"
        ))),
        _ => Ok(text),
    }
}

/// A number from 1 to 65535. The names of services are not read.
pub(super) fn port(written: &Written) -> Result<u16, Mistake> {
    let text = text(written)?;
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| Mistake::new(format!("`{text}` is not a port from 1 to 65535")))
}

pub(super) fn address_family(written: &Written) -> Result<AddressFamily, Mistake> {
    Ok(match one_of(written, &["any", "inet", "inet6"])?.as_str() {
        "inet" => AddressFamily::Inet,
        "inet6" => AddressFamily::Inet6,
        _ => AddressFamily::Any,
    })
}

/// All after the keyword, as it stands.
pub(super) fn command(written: &Written) -> &str {
    written.rest.trim_start_matches([' ', '\t', '='])
}

/// As many files of known hosts as OpenSSH takes.
const MOST_FILES: usize = 32;

/// Files of known hosts; `none` stands alone.
pub(super) fn files(written: &Written) -> Result<Vec<String>, Mistake> {
    let files = &written.arguments;
    if files.iter().any(String::is_empty) || files.len() > MOST_FILES {
        return Err(Mistake::new(format!(
            "`{}` takes up to {MOST_FILES} files",
            written.keyword
        )));
    }
    if files.len() > 1 && files.iter().any(|file| file.eq_ignore_ascii_case("none")) {
        return Err(Mistake::new("`none` must be the only argument"));
    }
    Ok(files.clone())
}

/// Whether a list says that there is nothing.
pub(super) fn is_none(arguments: &[String]) -> bool {
    matches!(arguments, [only] if only.eq_ignore_ascii_case("none"))
}
