//! YAML that every parser reads alike: block style, and strings always quoted.
//!
//! kubeadm reads YAML 1.1, where `no`, `1_000` and `0755` without quotes are no strings; with quotes there is
//! nothing to know.

use serde_json::{Map, Value};

/// Words that YAML 1.1 takes for something other than a string.
const RESERVED: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A document's text, ending in a line break.
pub(super) fn document(value: &Value) -> String {
    let mut text = lines(value).join("\n");
    text.push('\n');
    text
}

/// A string in double quotes, which YAML and JSON readers take for the same.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            // U+E000 marks a slot.
            ' '..='~' | '\u{e000}' => quoted.push(character),
            _ if character.is_alphanumeric() => quoted.push(character),
            _ => escape(character, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(character: char, into: &mut String) {
    let number = u32::from(character);
    // Beyond U+FFFF JSON writes a pair of surrogates, which YAML refuses: YAML's own form is the one that is read.
    let escaped = if number <= 0xffff {
        format!("\\u{number:04x}")
    } else {
        format!("\\U{number:08x}")
    };
    into.push_str(&escaped);
}

fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) if !map.is_empty() => map_lines(map),
        Value::Array(items) if !items.is_empty() => items.iter().flat_map(item_lines).collect(),
        _ => vec![scalar(value)],
    }
}

fn map_lines(map: &Map<String, Value>) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in map {
        if is_scalar(value) {
            all.push(format!("{}: {}", key(name), scalar(value)));
            continue;
        }
        all.push(format!("{}:", key(name)));
        let indent = if value.is_object() { "  " } else { "" };
        all.extend(lines(value).into_iter().map(|line| format!("{indent}{line}")));
    }
    all
}

fn item_lines(item: &Value) -> Vec<String> {
    lines(item)
        .into_iter()
        .enumerate()
        .map(|(index, line)| format!("{}{line}", if index == 0 { "- " } else { "  " }))
        .collect()
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A map's key: bare where it is a plain word.
pub(super) fn key(name: &str) -> String {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if is_word { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(yes|no|~|null|0755|1_000|1e3|2001-01-01|a: b|- c|# d)".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("(on|y|[a-zA-Z0-9-]{1,8}|.{0,4})", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in values()) {
            let read: Value = serde_norway::from_str(&document(&value)).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
