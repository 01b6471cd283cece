//! A user's fragment put into a document.

use serde_json::{Map, Value};

/// Puts a value at a key: maps are merged deeply, lists and scalars replaced.
pub(super) fn merge_key(into: &mut Map<String, Value>, key: &str, value: &Value) {
    match (into.get_mut(key), value) {
        (Some(Value::Object(inner)), Value::Object(fragment)) => {
            for (key, value) in fragment {
                merge_key(inner, key, value);
            }
        }
        _ => {
            into.insert(key.to_owned(), value.clone());
        }
    }
}
