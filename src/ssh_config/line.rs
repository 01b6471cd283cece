//! One line of a configuration file: its keyword, and its arguments as OpenSSH splits and unquotes them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::error::Problem;

/// A line of a file, for messages and for where a value comes from. It is shown as `/home/ops/.ssh/config:4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: Arc<Path>,
    /// From 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

impl Place {
    /// What is wrong with this line, and what to do about it.
    pub(super) fn problem(&self, mistake: Mistake) -> Problem {
        Problem::SshConfig {
            path: self.path.display().to_string(),
            line: Some(self.line),
            cause: mistake.cause,
            hint: mistake.hint,
        }
    }
}

/// Why a line is refused, before its place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) cause: String,
    pub(super) hint: String,
}

impl Mistake {
    /// A line that OpenSSH refuses too.
    pub(super) fn new(cause: impl Into<String>) -> Self {
        let hint = "correct this line, as `man ssh_config` describes it; `ssh -G HOST` shows what ssh reads";
        Self::with_hint(cause, hint)
    }

    pub(super) fn with_hint(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        let (cause, hint) = (cause.into(), hint.into());
        Self { cause, hint }
    }
}

/// A line that is neither empty nor a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// In lower case.
    pub(super) keyword: String,
    /// All after the keyword and its `=`, as it stands: what commands are.
    pub(super) rest: String,
    /// The same without quotes and comments.
    pub(super) arguments: Vec<String>,
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// Reads a line; an empty one and a comment are `None`.
pub(super) fn read_line(line: &[u8]) -> Result<Option<Written>, Mistake> {
    let Ok(line) = std::str::from_utf8(line) else {
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        return if is_comment {
            Ok(None)
        } else {
            Err(Mistake::new("this line is not UTF-8"))
        };
    };
    let line = line.trim_end_matches(|c| BLANK.contains(&c) || c == '\x0c');
    // Blanks or one `=` before the keyword make an empty word.
    let first = take_word(line);
    let Some((keyword, rest)) = first.and_then(|(word, rest)| match rest {
        Some(rest) if word.is_empty() => take_word(rest),
        _ => Some((word, rest)),
    }) else {
        // A keyword with one quote is passed over by OpenSSH.
        return Ok(None);
    };
    if keyword.is_empty() || keyword.starts_with('#') {
        return Ok(None);
    }
    let keyword = keyword.to_ascii_lowercase();
    let rest = rest.unwrap_or_default().trim_start_matches(BLANK).to_owned();
    if rest.is_empty() {
        return Err(Mistake::new(format!("`{keyword}` has no argument")));
    }
    let arguments = split_arguments(&rest)
        .ok_or_else(|| Mistake::new(format!("a quote after `{keyword}` is not closed")))?;
    Ok(Some(Written {
        keyword,
        rest,
        arguments,
    }))
}

/// The word up to a blank, a quote or `=`, and what follows; `None` if a quote is not closed.
fn take_word(text: &str) -> Option<(String, Option<&str>)> {
    let Some(end) = text.find(|c| BLANK.contains(&c) || c == '"' || c == '=') else {
        return Some((text.to_owned(), None));
    };
    let (word, rest) = text.split_at(end);
    if let Some(quoted) = rest.strip_prefix('"') {
        let (quoted, rest) = quoted.split_once('"')?;
        return Some((format!("{word}{quoted}"), Some(rest.trim_start_matches(BLANK))));
    }
    let rest = rest.trim_start_matches(BLANK);
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start_matches(BLANK);
    Some((word.to_owned(), Some(rest)))
}

/// Words between blanks; quotes of both kinds, `\"`, `\'`, `\\`, and `\ ` outside of quotes. A `#` that begins a word
/// begins a comment. `None` if a quote is not closed.
fn split_arguments(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut text = text.chars().peekable();
    loop {
        while text.next_if(|c| [' ', '\t'].contains(c)).is_some() {}
        if matches!(text.peek(), None | Some('#')) {
            return Some(words);
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = text.next() {
            let is_escaped = |next: &char| "'\"\\".contains(*next) || (quote.is_none() && *next == ' ');
            match (c, quote) {
                ('\\', _) => word.push(text.next_if(is_escaped).unwrap_or('\\')),
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}
