//! What the schema says of the inventory: unknown, missing and mistyped keys, all of them.
//!
//! Patterns are left to `resolve`, which knows a better remedy; they are in the schema for editors.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};

use super::document::Document;
use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;
use super::schema::schema;
use super::wording;
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
            let near = wording::nearest(key, known.iter().map(String::as_str).filter(absent));
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
                let label = format!("this is {}", wording::kind_of(error.instance()));
                Wrong::new(
                    format!("`{name}` must be {}", wording::kinds(kind)),
                    label,
                    wording::remedy(&rule, &name),
                )
            }
            ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::Enum { .. } => {
                wording::not_one_of(&name, error.instance(), &rule)
            }
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
                let bound = |key: &str| rule.get(key).map(wording::complete);
                let message = match (bound("minimum"), bound("maximum")) {
                    (Some(least), Some(most)) => format!("`{name}` must be from {least} to {most}"),
                    (Some(least), None) => format!("`{name}` must be at least {least}"),
                    _ => format!("`{name}` is out of range"),
                };
                Wrong::new(
                    message,
                    format!("this is {}", error.instance()),
                    wording::remedy(&rule, &name),
                )
            }
            ValidationErrorKind::MinItems { .. } => Wrong::new(
                format!("`{name}` is empty"),
                "at least one is needed",
                wording::remedy(&rule, &name),
            ),
            ValidationErrorKind::MaxItems { limit } => Wrong::new(
                format!("`{name}` has too many items"),
                format!("at most {limit}"),
                wording::remedy(&rule, &name),
            ),
            _ => Wrong::new(
                format!("`{name}`: {error}"),
                "here",
                wording::remedy(&rule, &name),
            ),
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
            let wrong = wording::missing(table, key, rule);
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

fn internal(cause: &str) -> Wrong {
    Wrong::new(
        format!("the schema and the reader of hawser disagree: {cause}"),
        "this inventory",
        "this is a defect of hawser; please report it with the inventory",
    )
}
