//! Lists whose items know their places.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::place::Place;

/// A list in which each item knows its index, also after a mistaken one was left out.
#[derive(Debug)]
pub(super) struct List<T>(Vec<(usize, T)>);

impl<T> List<T> {
    /// Items with their places, for a list at `place`.
    pub(super) fn placed<'a>(&'a self, place: &Place) -> impl Iterator<Item = (Place, &'a T)> + use<'a, T> {
        let place = place.clone();
        self.0.iter().map(move |(index, item)| (place.item(*index), item))
    }

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
