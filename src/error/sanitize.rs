//! Text that others wrote (hosts, sshd, files), made fit for a terminal and a log: the one place that does it.
//!
//! Events and problems hold what was said as it was said, without the run's secrets. It is sanitised when
//! it is rendered as text, so that nothing a host says can move a cursor, set a title, turn words around
//! or pass for a line of hawser's.

use std::fmt::Write;

/// More of one line than this is no reading matter: a known_hosts line of an RSA key of 16384 bits fits.
pub const LONGEST_LINE: usize = 4000;

/// Room for the remark that a line was cut, so that sanitising a text twice changes nothing.
const REMARK: usize = 40;

/// One line of text: control and invisible characters become visible escapes such as `\x1b`, line ends too, and a line
/// that is longer than [`LONGEST_LINE`] is cut with a remark.
pub fn sanitize_line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut length = 0;
    let mut cut_at = 0;
    for c in text.chars() {
        let before = safe.len();
        match c {
            '\t' => safe.push_str("    "),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            c if !is_invisible(c) => safe.push(c),
            c if u32::from(c) < 0x100 => drop(write!(safe, "\\x{:02x}", u32::from(c))),
            c => drop(write!(safe, "\\u{{{:x}}}", u32::from(c))),
        }
        let added = safe.len() - before;
        length += if added == c.len_utf8() { 1 } else { added };
        if length <= LONGEST_LINE - REMARK {
            cut_at = safe.len();
        }
    }
    if length > LONGEST_LINE {
        safe.truncate(cut_at);
        let left_out = length.saturating_sub(safe.chars().count());
        let _ = write!(safe, " … ({left_out} more characters)");
    }
    safe
}

/// Text of several lines, each sanitised. Every line but the first is indented by two spaces: none can pass for a line
/// that hawser itself has written.
pub fn sanitize_text(text: &str) -> String {
    let lines: Vec<String> = text
        .trim_end_matches('\n')
        .split('\n')
        .map(sanitize_line)
        .collect();
    lines.join("\n  ")
}

/// What a host wrote as text: bytes that are no UTF-8 become visible escapes such as `\xff`.
pub fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// JSON in which nothing but its own line ends is a control or an invisible character. It reads as the same value: the
/// others can only stand in strings, where `\u` means them.
pub fn escape_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_invisible(c) {
            safe.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

/// Whether a character is seen only by what it does: controls (C0, DEL, C1), marks that turn the direction of writing,
/// characters without a width, separators of lines, tags.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_moves_a_cursor_or_hides_becomes_visible() {
        for (reply, shown) in [
            ("\u{1b}[2J\u{1b}]0;title\u{7}", r"\x1b[2J\x1b]0;title\x07"),
            ("a\u{9b}31mb", r"a\x9b31mb"),
            ("del\u{7f} nul\0", r"del\x7f nul\x00"),
            ("\u{202e}txt.exe", r"\u{202e}txt.exe"),
            ("a\u{200b}b\u{feff}", r"a\u{200b}b\u{feff}"),
            ("one\r\ntwo\tthree", r"one\r\ntwo    three"),
            ("Größe → 100 %, ✓ 日本", "Größe → 100 %, ✓ 日本"),
        ] {
            assert_eq!(sanitize_line(reply), shown);
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_says_so() {
        let shown = sanitize_line(&"x".repeat(1_000_000));

        assert_eq!(shown.chars().count(), 3987);
        assert!(shown.ends_with("xx … (996040 more characters)"), "{shown}");
        assert_eq!(sanitize_line(&"x".repeat(LONGEST_LINE)).len(), LONGEST_LINE);
    }

    #[test]
    fn a_further_line_cannot_pass_for_one_of_hawsers_own() {
        assert_eq!(
            sanitize_text("no\nerror: cp1: gone\n\u{1b}c\n"),
            "no\n  error: cp1: gone\n  \\x1bc"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_what_they_are() {
        assert_eq!(decode(b"a\xff\xc3(\xe2\x82b"), r"a\xff\xc3(\xe2\x82b");
        assert_eq!(decode("Größe".as_bytes()), "Größe");
    }

    proptest! {
        #[test]
        fn nothing_invisible_is_left_and_twice_is_once(text in any::<String>()) {
            let once = sanitize_line(&text);

            prop_assert!(!once.chars().any(is_invisible));
            prop_assert_eq!(sanitize_line(&once), once);
        }

        #[test]
        fn json_stays_the_same_value(text in any::<String>()) {
            let json = escape_json(&serde_json::to_string(&text).unwrap());

            prop_assert!(!json.chars().any(is_invisible));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
