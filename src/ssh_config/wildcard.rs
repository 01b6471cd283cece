//! Patterns of OpenSSH: `*` and `?`, and lists of them with `!`.

/// `*` stands for any text, `?` for one byte.
pub fn matches_wildcard(pattern: &[u8], text: &[u8]) -> bool {
    // Where to go on after the last star, should a later part not fit.
    let mut retry: Option<(&[u8], &[u8])> = None;
    let (mut pattern, mut text) = (pattern, text);
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((wanted, pattern_rest)), Some((found, text_rest)))
                if *wanted == b'?' || wanted == found =>
            {
                (pattern, text) = (pattern_rest, text_rest);
            }
            (None, None) => return true,
            _ => match retry.and_then(|(rest, from)| from.get(1..).map(|from| (rest, from))) {
                Some((rest, from)) => {
                    retry = Some((rest, from));
                    (pattern, text) = (rest, from);
                }
                None => return false,
            },
        }
    }
}

/// A list with a longer pattern matches nothing, as in OpenSSH.
pub const LONGEST: usize = 1023;

/// Whether one pattern of a comma-separated list matches, and no pattern after `!` does.
pub(super) fn matches_list(list: &str, text: &str) -> bool {
    let mut is_matched = false;
    // A comma at the end begins no pattern.
    for pattern in list.strip_suffix(',').unwrap_or(list).split(',') {
        let (is_negated, pattern) = strip_not(pattern);
        if pattern.len() >= LONGEST {
            return false;
        }
        let is_hit = matches_wildcard(pattern.as_bytes(), text.as_bytes());
        if is_hit && is_negated {
            return false;
        }
        is_matched |= is_hit;
    }
    is_matched
}

/// Whether a word begins with `!`, and the word without it.
pub(super) fn strip_not(word: &str) -> (bool, &str) {
    match word.strip_prefix('!') {
        Some(word) => (true, word),
        None => (false, word),
    }
}
