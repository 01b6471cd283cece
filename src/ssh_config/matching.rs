//! Which hosts a block is for: the patterns of `Host` and the criteria of `Match`.

use super::line::Mistake;
use super::tokens::{ALL, expand_tokens};
use super::wildcard::{matches_list, matches_wildcard, strip_not};

/// A pattern of `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPattern {
    is_negated: bool,
    pattern: String,
}

/// A criterion of `Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    pub(super) is_negated: bool,
    pub(super) test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    All,
    /// True in the second reading only, and the reason for it.
    Final,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    Exec(String),
}

pub(super) fn read_host(arguments: &[String]) -> Result<Vec<HostPattern>, Mistake> {
    if arguments.iter().any(String::is_empty) {
        return Err(Mistake::new("a pattern of `host` is empty"));
    }
    let read = |argument: &String| {
        let (is_negated, pattern) = strip_not(argument);
        HostPattern {
            is_negated,
            pattern: pattern.to_owned(),
        }
    };
    Ok(arguments.iter().map(read).collect())
}

/// Whether a name, as it was typed, is meant by one pattern and excluded by none.
pub(super) fn is_host(patterns: &[HostPattern], name: &str) -> bool {
    let hits = |pattern: &&HostPattern| matches_wildcard(pattern.pattern.as_bytes(), name.as_bytes());
    let hit: Vec<&HostPattern> = patterns.iter().filter(hits).collect();
    !hit.is_empty() && !hit.iter().any(|pattern| pattern.is_negated)
}

/// A list of names of hosts, which are compared in lower case.
pub(super) fn is_host_listed(list: &str, name: &str) -> bool {
    matches_list(&list.to_ascii_lowercase(), &name.to_ascii_lowercase())
}

pub(super) fn read_match(arguments: &[String]) -> Result<Vec<Criterion>, Mistake> {
    let mut criteria = Vec::new();
    let mut words = arguments.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let (is_negated, word) = strip_not(word);
        let (attribute, attached) = match word.split_once('=') {
            Some((attribute, value)) => (attribute, Some(value).filter(|value| !value.is_empty())),
            None => (word, None),
        };
        let attribute = attribute.to_ascii_lowercase();
        let test = match attribute.as_str() {
            "all" if criteria.len() > 1 || words.peek().is_some() => {
                return Err(Mistake::new("`all` must stand alone after `match`"));
            }
            "all" => Test::All,
            "final" => Test::Final,
            "canonical" => return Err(canonical()),
            _ => {
                if attached.is_none() {
                    words.next_if_eq(&"=");
                }
                let value = attached
                    .or_else(|| words.next())
                    .filter(|value| !value.is_empty());
                read_test(&attribute, value)?
            }
        };
        criteria.push(Criterion { is_negated, test });
    }
    if criteria.is_empty() {
        return Err(Mistake::new("`match` has no criterion"));
    }
    Ok(criteria)
}

fn read_test(attribute: &str, value: Option<&str>) -> Result<Test, Mistake> {
    let test = match attribute {
        "host" => Test::Host,
        "originalhost" => Test::OriginalHost,
        "user" => Test::User,
        "localuser" => Test::LocalUser,
        "exec" => Test::Exec,
        _ => {
            return Err(Mistake::with_hint(
                format!("hawser does not know the criterion `{attribute}` of `match`"),
                "use all, final, host, originalhost, user, localuser, exec; or set `ssh.config` to a file for hawser",
            ));
        }
    };
    let value = value.ok_or_else(|| Mistake::new(format!("`match {attribute}` has no argument")))?;
    if attribute == "exec" {
        // Whether the tokens are allowed is known before any host is.
        expand_tokens(value, ALL, &[])?;
    }
    Ok(test(value.to_owned()))
}

/// The word with which renaming hosts by DNS is refused.
pub(super) fn canonical() -> Mistake {
    Mistake::with_hint(
        "hawser does not rename hosts by DNS (CanonicalizeHostname)",
        "give the host its complete name with `HostName`, or set `ssh.config` to a file without it",
    )
}
