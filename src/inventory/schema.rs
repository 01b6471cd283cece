//! The inventory's JSON Schema, made from the structs that read it.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use super::written::Inventory;

/// The JSON Schema (draft 7, which editors' TOML extensions take) of an inventory.
pub fn schema() -> Value {
    // Inlined: `shape` looks up a key's description by the path of the error, and there is no recursion.
    let settings = SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(without_null));
    let mut schema = settings.into_generator().into_root_schema_for::<Inventory>();
    RecursiveTransform(flatten_single).transform(&mut schema);
    schema.to_value()
}

/// TOML has no null: an optional key is one that may be absent.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
    }
}

/// Puts the only branch of an `anyOf` in its place; what is said of the key itself prevails.
fn flatten_single(schema: &mut Schema) {
    let only = match schema.get_mut("anyOf") {
        Some(Value::Array(branches)) if branches.len() == 1 => branches.pop(),
        _ => None,
    };
    if let Some(Value::Object(only)) = only {
        schema.remove("anyOf");
        for (key, value) in only {
            if schema.get(&key).is_none() {
                schema.insert(key, value);
            }
        }
    }
}
