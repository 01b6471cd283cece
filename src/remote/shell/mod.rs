//! Shell functions that scripts call, and how a script is put together.
//!
//! A script says in its first lines what it needs and what its arguments are called:
//!
//! ```sh
//! # needs: apart kubectl
//! # args: server node taints…
//! ```
//!
//! [`script!`] says the same where its command is, which the compiler compares. The host receives the prelude, the
//! arguments by their names, the functions (`shell/apart.sh`, `shell/kubectl.sh`), then the script; what its last
//! argument, with `…`, stands for is left in `"$@"`. `lab/shellcheck.sh` checks exactly this text.

/// The text of a script: its file, the functions that it needs, and its arguments.
macro_rules! script {
    ($file:literal, [$($need:ident)*], ($($argument:ident)* $(; $rest:ident)?)) => {{
        const TEXT: &str = include_str!($file);
        const _: () = assert!(
            crate::remote::shell::declares(
                TEXT,
                concat!($(" ", stringify!($need),)*),
                concat!($(" ", stringify!($argument),)* $(" ", stringify!($rest), "…",)?),
            ),
            concat!($file, " does not begin by saying that it needs this and has these arguments"),
        );
        concat!(
            $(stringify!($argument), "=$1; shift\n",)*
            $(include_str!(concat!("../shell/", stringify!($need), ".sh")),)*
            include_str!($file)
        )
    }};
}

/// The text of a script, and its arguments, each beside its name.
macro_rules! call {
    ($file:literal, [$($need:ident)*], { $($argument:ident: $value:expr,)+ $(; $rest:ident)? }) => {
        (
            script!($file, [$($need)*], ($($argument)+ $(; $rest)?)),
            [$(String::from($value)),+],
        )
    };
}

/// Whether a script begins by saying that it needs these functions and has these arguments.
pub(in crate::remote) const fn declares(script: &str, needs: &str, arguments: &str) -> bool {
    let script = script.as_bytes();
    let Some(at) = after_line(script, 0, b"# needs:", needs.as_bytes()) else {
        return false;
    };
    after_line(script, at, b"# args:", arguments.as_bytes()).is_some()
}

/// Where the line with these words ends; it is not there where there are no words.
const fn after_line(script: &[u8], at: usize, key: &[u8], words: &[u8]) -> Option<usize> {
    if words.is_empty() {
        return if is_at(script, at, key) { None } else { Some(at) };
    }
    let behind_key = at + key.len();
    let behind_words = behind_key + words.len();
    if is_at(script, at, key) && is_at(script, behind_key, words) && is_at(script, behind_words, b"\n") {
        Some(behind_words + 1)
    } else {
        None
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "`get` is not const; what lies outside is asked for first"
)]
const fn is_at(script: &[u8], at: usize, words: &[u8]) -> bool {
    if at + words.len() > script.len() {
        return false;
    }
    let mut place = 0;
    while place < words.len() {
        if script[at + place] != words[place] {
            return false;
        }
        place += 1;
    }
    true
}

#[cfg(test)]
mod tests;
