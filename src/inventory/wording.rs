//! What is said of a key that the schema refuses: in TOML's words, with the schema's own descriptions and examples.

use jsonschema::error::TypeKind;
use serde_json::Value;

use super::mistake::Wrong;
use super::place::Place;

/// The candidate that somebody who wrote `text` most likely meant.
pub(super) fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let written = plain(text);
    let allowed = 1 + written.chars().count() / 4;
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&written, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A choice that is none of those there are.
pub(super) fn not_one_of(name: &str, instance: &Value, rule: &Value) -> Wrong {
    let branches = rule.get("oneOf").and_then(Value::as_array);
    let values: Vec<&str> = branches
        .into_iter()
        .flatten()
        .flat_map(|branch| {
            branch
                .get("const")
                .into_iter()
                .chain(branch.get("enum").into_iter().flat_map(items))
        })
        .chain(rule.get("enum").into_iter().flat_map(items))
        .filter_map(Value::as_str)
        .collect();
    let near = instance
        .as_str()
        .and_then(|text| nearest(text, values.iter().copied()));
    let help = match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of \"{}\"", values.join("\", \"")),
    };
    Wrong::new(
        format!("`{name}` cannot be {instance}"),
        format!("not one of {}", values.join(", ")),
        help,
    )
}

/// What the key is for, and an example of it.
pub(super) fn remedy(rule: &Value, name: &str) -> String {
    let description = rule
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let example = rule
        .pointer("/examples/0")
        .and_then(|example| toml_text(example, name));
    match (description, example) {
        ("", None) => "inventory.example.toml shows it".to_owned(),
        (description, None) => description.to_owned(),
        ("", Some(example)) => format!("such as `{example}`"),
        (description, Some(example)) => format!("{description}\nsuch as `{example}`"),
    }
}

/// A key, or a table, that must be there and is not.
pub(super) fn missing(table: &Place, key: &str, rule: &Value) -> Wrong {
    let header = match rule.get("type").and_then(Value::as_str) {
        Some("object") => format!("[{key}]"),
        _ if *table == Place::root() => format!("[[{key}]]"),
        _ => {
            let message = format!("`{key}` is missing from {}", table.table());
            return Wrong::new(message, format!("needs `{key}`"), remedy(rule, key));
        }
    };
    Wrong::new(
        format!("{header} is missing"),
        "not in this file",
        table_remedy(rule, &header),
    )
}

/// What a table is for, and an example of it with what it must hold.
fn table_remedy(rule: &Value, header: &str) -> String {
    let description = rule
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let rule = rule.get("items").unwrap_or(rule);
    let keys = rule
        .get("required")
        .into_iter()
        .flat_map(items)
        .filter_map(Value::as_str);
    let examples =
        keys.filter_map(|key| toml_text(rule.pointer(&format!("/properties/{key}/examples/0"))?, key));
    let lines: Vec<String> = examples.collect();
    format!("{description}\nsuch as\n{header}\n{}", lines.join("\n"))
}

/// `key = value` in TOML, on one line.
fn toml_text(value: &Value, name: &str) -> Option<String> {
    let value = toml::Value::try_from(value).ok()?;
    Some(format!("{name} = {value}"))
}

/// A bound without a fraction.
pub(super) fn complete(number: &Value) -> String {
    number
        .as_f64()
        .map_or_else(|| number.to_string(), |number| format!("{number:.0}"))
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// What a value must be, in words.
pub(super) fn kinds(kind: &TypeKind) -> String {
    let names = match kind {
        TypeKind::Single(kind) => vec![kind.to_string()],
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect(),
    };
    let spoken = names.iter().map(|name| match name.as_str() {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "nothing",
    });
    spoken.collect::<Vec<_>>().join(" or ")
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_found_and_a_far_one_is_not() {
        let keys = ["endpoint", "networks", "virtual_router_id", "vip"];

        assert_eq!(nearest("netwroks", keys), Some("networks"));
        assert_eq!(nearest("virtual-router-id", keys), Some("virtual_router_id"));
        assert_eq!(nearest("virtualRouterId", keys), Some("virtual_router_id"));
        assert_eq!(nearest("vpi", keys), Some("vip"));
        assert_eq!(nearest("loadbalancer", keys), None);
    }
}
