//! The inventory's JSON Schema, made from the structs that read it.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::place::Place;
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

/// A list in which each item knows its index, also after a mistaken one was left out.
#[derive(Debug)]
pub(super) struct List<T>(Vec<(usize, T)>);

impl<T> List<T> {
    /// Items with their places, for a list at `place`.
    pub(super) fn placed<'a>(&'a self, place: &Place) -> impl Iterator<Item = (Place, &'a T)> + use<'a, T> {
        let place = place.clone();
        self.0.iter().map(move |(index, item)| (place.item(*index), item))
    }

    /// The items alone.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, item)| item)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Option<T>>::deserialize(deserializer)?;
        let present = items.into_iter().enumerate();
        Ok(Self(
            present.filter_map(|(index, item)| Some((index, item?))).collect(),
        ))
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

/// One CIDR, or a list of two.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Cidrs {
    One(String),
    Several(List<String>),
}

impl Cidrs {
    /// The CIDRs with their places, for a value at `place`.
    pub(super) fn placed(&self, place: &Place) -> Vec<(Place, &str)> {
        match self {
            Cidrs::One(cidr) => vec![(place.clone(), cidr)],
            Cidrs::Several(list) => list
                .placed(place)
                .map(|(place, cidr)| (place, cidr.as_str()))
                .collect(),
        }
    }
}

impl JsonSchema for Cidrs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cidrs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" }, "minItems": 1, "maxItems": 2 })
    }
}
