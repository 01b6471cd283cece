//! What stands for something else in a value: tokens such as `%h`, `${VARIABLE}`, and `~`.

use std::path::Path;

use super::line::Mistake;
use super::local::Environment;

/// What each token stands for.
pub(super) type Tokens = Vec<(char, String)>;

/// The tokens of files, agents and `Match exec`; names and commands allow fewer.
pub(super) const ALL: &str = "CLdhijklnpru";
/// Those of `ProxyCommand` and `ProxyJump`.
pub(super) const PROXY: &str = "hknpr";
/// Those of `User`, which is part of `%r` and `%C`.
pub(super) const USER: &str = "Ldhijklnpu";

/// Replaces the tokens of `text`, and `%%` by a percent sign.
pub(super) fn expand_tokens(text: &str, allowed: &str, tokens: &[(char, String)]) -> Result<String, Mistake> {
    let mut expanded = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => expanded.push('%'),
            Some(token) if allowed.contains(token) => {
                let value = tokens.iter().find(|(name, _)| *name == token);
                expanded.push_str(value.map_or("", |(_, value)| value));
            }
            Some(token) => {
                let hint = format!("write `%%` for a percent sign; allowed here: {}", named(allowed));
                return Err(Mistake::with_hint(
                    format!("`%{token}` is not a token of this keyword"),
                    hint,
                ));
            }
            None => {
                return Err(Mistake::with_hint(
                    "it ends with `%`",
                    "write `%%` for a percent sign",
                ));
            }
        }
    }
    Ok(expanded)
}

fn named(allowed: &str) -> String {
    let names: Vec<String> = allowed.chars().map(|token| format!("%{token}")).collect();
    names.join(" ")
}

/// Replaces each `${VARIABLE}`; one that is not set is an error.
pub(super) fn expand_variables(text: &str, environment: Environment) -> Result<String, Mistake> {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}').filter(|(name, _)| !name.is_empty()) else {
            return Err(Mistake::new(format!("`{text}` has no complete `${{VARIABLE}}`")));
        };
        let value = environment(name).ok_or_else(|| {
            let hint = format!("`export {name}=…` before this command, or write the value into the line");
            Mistake::with_hint(format!("the environment variable {name} is not set"), hint)
        })?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = after;
    }
    Ok(expanded + rest)
}

/// Replaces a `~` at the start by the user's home.
pub(super) fn expand_home(text: &str, home: &Path) -> Result<String, Mistake> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(text.to_owned());
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        let hint = "write the path of that home";
        return Err(Mistake::with_hint(
            format!("hawser does not know the home of `{text}`"),
            hint,
        ));
    }
    let home = home.display().to_string();
    Ok(format!(
        "{}/{}",
        home.trim_end_matches('/'),
        rest.trim_start_matches('/')
    ))
}
