//! What an inventory asks for and a running cluster does not have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fragments;

/// Where `wanted`, a `ClusterConfiguration`, differs from the one that kubeadm keeps in the cluster, one line a dotted
/// path. Only what `wanted` sets counts: kubeadm adds defaults of its own. The API version, the order of names and
/// the spelling of durations do not count, nor does a zero value that kubeadm leaves out.
pub fn differences(wanted: &Value, running_yaml: &str) -> Vec<String> {
    let running: Value = match serde_norway::from_str(running_yaml) {
        Ok(value) => value,
        Err(error) => return vec![format!("the cluster's own configuration cannot be read: {error}")],
    };
    let mut found = Vec::new();
    let (wanted, running) = (comparable(wanted), comparable(&running));
    for (key, value) in wanted.as_object().into_iter().flatten() {
        compare(key, value, running.get(key), &mut found);
    }
    found
}

/// Without what the document is, and with extra arguments as a map whichever way they are written.
fn comparable(document: &Value) -> Value {
    let mut document = document.clone();
    for pointer in fragments::ARGUMENTS {
        if let Some(place) = document.pointer_mut(pointer)
            && let Some(pairs) = fragments::arguments(place)
        {
            let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in pairs {
                values.entry(name).or_default().push(value);
            }
            *place = values
                .into_iter()
                .map(|(name, values)| (name, json!(values.join(" "))))
                .collect();
        }
    }
    if let Some(map) = document.as_object_mut() {
        map.shift_remove("apiVersion");
        map.shift_remove("kind");
    }
    document
}

fn compare(path: &str, wanted: &Value, running: Option<&Value>, found: &mut Vec<String>) {
    match (wanted, running.unwrap_or(&Value::Null)) {
        (Value::Object(map), running) => {
            for (key, value) in map {
                compare(&format!("{path}.{key}"), value, running.get(key), found);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.iter().chain(others).all(is_scalar) => {
            found.extend(compare_sets(path, items, others));
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{path}[{index}]"), item, Some(other), found);
            }
        }
        (wanted, Value::Null) if is_zero(wanted) => {}
        (wanted, Value::Null) => found.push(format!(
            "{path}: {} in the inventory, not set in the cluster",
            shown(wanted)
        )),
        (wanted, running) if is_same(wanted, running) => {}
        (wanted, running) => found.push(format!(
            "{path}: {} in the inventory, {} in the cluster",
            shown(wanted),
            shown(running)
        )),
    }
}

fn compare_sets(path: &str, wanted: &[Value], running: &[Value]) -> Option<String> {
    let [wanted, running] = [wanted, running].map(|items| items.iter().map(shown).collect::<BTreeSet<_>>());
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>, whose: &str| {
        let names: Vec<&str> = these.difference(those).map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{} only in the {whose}", names.join(", ")))
    };
    let sides: Vec<String> = [
        only(&wanted, &running, "inventory"),
        only(&running, &wanted, "cluster"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!sides.is_empty()).then(|| format!("{path}: {}", sides.join("; ")))
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// What Go leaves out of YAML when a field has it.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn is_same(wanted: &Value, running: &Value) -> bool {
    let lengths = || Some(nanoseconds(wanted.as_str()?)? == nanoseconds(running.as_str()?)?);
    wanted == running || lengths().unwrap_or(false)
}

/// A duration as Go writes it, such as `1h30m`; it writes `8760h` back as `8760h0m0s`.
fn nanoseconds(text: &str) -> Option<u128> {
    let mut rest = text;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(unit_at);
        let unit_length = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let factor: u128 = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u128>().ok()?.checked_mul(factor)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn shown(value: &Value) -> String {
    fragments::text(value)
}
