//! What the schema says of the inventory: unknown, missing and mistyped keys, all of them.
//!
//! Patterns are left to `resolve`, which knows a better remedy; they are in the schema for editors.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Map, Value};

use super::document::Document;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::schema::schema;
use super::written::Inventory;

/// The inventory without what the schema refuses, which becomes mistakes.
pub(super) fn check(document: &Document, mistakes: &mut Mistakes) -> Inventory {
    let schema = schema();
    let mut value = document.value().clone();
    match jsonschema::validator_for(&schema) {
        Ok(validator) => {
            let errors: Vec<ValidationError<'_>> = validator.iter_errors(document.value()).collect();
            let mut shape = Shape {
                schema: &schema,
                meant: Vec::new(),
                mistakes,
            };
            // Unknown keys first: a misspelt one is why another seems to be missing.
            for error in &errors {
                shape.unknown_keys(error, &mut value);
            }
            for error in &errors {
                shape.other(error, &mut value);
            }
        }
        Err(error) => mistakes.push(Mistake::error(&Place::root(), internal(&error.to_string()))),
    }
    serde_json::from_value(value).unwrap_or_else(|error| {
        mistakes.push(Mistake::error(&Place::root(), internal(&error.to_string())));
        Inventory::default()
    })
}

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

struct Shape<'a> {
    schema: &'a Value,
    /// Keys that a misspelt one was most likely meant to be: not reported as missing too.
    meant: Vec<Place>,
    mistakes: &'a mut Mistakes,
}

impl Shape<'_> {
    fn unknown_keys(&mut self, error: &ValidationError<'_>, value: &mut Value) {
        let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else {
            return;
        };
        let table = Place::from_pointer(error.instance_path().as_str());
        let known = self.keys_at(error);
        let present = error.instance().as_object();
        let absent = |key: &&str| !present.is_some_and(|present| present.contains_key(*key));
        for key in unexpected {
            let near = nearest(key, known.iter().map(String::as_str).filter(absent));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => self
                    .elsewhere(key)
                    .unwrap_or_else(|| format!("its keys are {}", known.join(", "))),
            };
            if let Some(near) = near {
                self.meant.push(table.key(near));
                self.mistakes.mark_broken(table.key(near));
            }
            let here = table.key(key);
            let label = format!("not a key of {}", table.table());
            self.mistakes.push(Mistake::key(
                &here,
                Wrong::new(format!("unknown key `{key}`"), label, help),
            ));
            if let Some(Value::Object(entries)) = value.pointer_mut(table.pointer()) {
                entries.shift_remove(key);
            }
        }
    }

    fn other(&mut self, error: &ValidationError<'_>, value: &mut Value) {
        let place = Place::from_pointer(error.instance_path().as_str());
        let rule = self.rule_at(error);
        let name = place.name();
        let wrong = match error.kind() {
            ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::Pattern { .. } => return,
            ValidationErrorKind::Required { property } => return self.missing_key(&place, property, &rule),
            ValidationErrorKind::Type { kind } => {
                let label = format!("this is {}", kind_of(error.instance()));
                Wrong::new(
                    format!("`{name}` must be {}", kinds(kind)),
                    label,
                    remedy(&rule, &name),
                )
            }
            ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::Enum { .. } => {
                not_one_of(&name, error.instance(), &rule)
            }
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
                let bound = |key: &str| rule.get(key).map(whole);
                let message = match (bound("minimum"), bound("maximum")) {
                    (Some(least), Some(most)) => format!("`{name}` must be from {least} to {most}"),
                    (Some(least), None) => format!("`{name}` must be at least {least}"),
                    _ => format!("`{name}` is out of range"),
                };
                Wrong::new(
                    message,
                    format!("this is {}", error.instance()),
                    remedy(&rule, &name),
                )
            }
            ValidationErrorKind::MinItems { .. } => Wrong::new(
                format!("`{name}` is empty"),
                "at least one is needed",
                remedy(&rule, &name),
            ),
            ValidationErrorKind::MaxItems { limit } => Wrong::new(
                format!("`{name}` has too many items"),
                format!("at most {limit}"),
                remedy(&rule, &name),
            ),
            _ => Wrong::new(format!("`{name}`: {error}"), "here", remedy(&rule, &name)),
        };
        self.mistakes.push(Mistake::error(&place, wrong));
        leave_out(value, &place);
        self.mistakes.mark_broken(place);
    }

    fn missing_key(&mut self, table: &Place, property: &Value, rule: &Value) {
        let key = property.as_str().unwrap_or_default();
        let missing = table.key(key);
        if !self.meant.contains(&missing) {
            let rule = rule
                .pointer(&format!("/properties/{key}"))
                .unwrap_or(&Value::Null);
            let wrong = missing_wrong(table, key, rule);
            self.mistakes.push(Mistake::error(table, wrong));
        }
        self.mistakes.mark_broken(missing);
    }

    /// The part of the schema that an error is about.
    fn rule_at(&self, error: &ValidationError<'_>) -> Value {
        let keyword = Place::from_pointer(error.schema_path().as_str());
        let rule = keyword
            .parent()
            .and_then(|rule| self.schema.pointer(rule.pointer()));
        rule.cloned().unwrap_or_default()
    }

    fn keys_at(&self, error: &ValidationError<'_>) -> Vec<String> {
        let rule = self.rule_at(error);
        let properties = rule.get("properties").and_then(Value::as_object);
        properties
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// The tables of the inventory that have such a key.
    fn elsewhere(&self, key: &str) -> Option<String> {
        let sections = self.schema.get("properties")?.as_object()?;
        let tables: Vec<String> = sections
            .iter()
            .filter_map(|(name, rule)| {
                let has_key =
                    |rule: &Value| rule.get("properties").is_some_and(|keys| keys.get(key).is_some());
                let of_items = rule.get("items").is_some_and(has_key);
                (has_key(rule).then(|| format!("[{name}]"))).or(of_items.then(|| format!("[[{name}]]")))
            })
            .collect();
        (!tables.is_empty()).then(|| format!("`{key}` is a key of {}", tables.join(" and ")))
    }
}

fn not_one_of(name: &str, instance: &Value, rule: &Value) -> Wrong {
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

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Takes a mistaken value out; an item becomes null, so that the indexes of others stay.
fn leave_out(value: &mut Value, place: &Place) {
    let parent = place
        .parent()
        .and_then(|parent| value.pointer_mut(parent.pointer()));
    match (parent, place.steps().last()) {
        (Some(Value::Object(entries)), Some(key)) => {
            entries.shift_remove(key);
        }
        (Some(Value::Array(_)), Some(_)) => {
            if let Some(item) = value.pointer_mut(place.pointer()) {
                *item = Value::Null;
            }
        }
        _ => *value = Value::Object(Map::new()),
    }
}

/// What the key is for, and an example of it.
fn remedy(rule: &Value, name: &str) -> String {
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

fn missing_wrong(table: &Place, key: &str, rule: &Value) -> Wrong {
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

fn whole(number: &Value) -> String {
    number
        .as_f64()
        .map_or_else(|| number.to_string(), |number| format!("{number:.0}"))
}

fn kind_of(value: &Value) -> &'static str {
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

fn kinds(kind: &TypeKind) -> String {
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

fn internal(cause: &str) -> Wrong {
    Wrong::new(
        format!("hawser's own schema and reader disagree: {cause}"),
        "this inventory",
        "this is a defect of hawser; please report it with the inventory",
    )
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
