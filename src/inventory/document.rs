//! The TOML text as values, with the bytes that each of them, and its key, came from.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Mistakes, Wrong};
use super::place::Place;

#[derive(Debug, Default)]
pub(super) struct Document {
    value: Value,
    spans: BTreeMap<Place, Span>,
}

#[derive(Debug)]
struct Span {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

impl Document {
    /// Reads TOML; where it is none, every syntax error becomes a mistake.
    pub(super) fn parse(text: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in &errors {
                mistakes.push(syntax_mistake(error, text));
            }
            return None;
        }
        let mut spans = BTreeMap::new();
        let place = Place::root();
        spans.insert(
            place.clone(),
            Span {
                key: None,
                value: 0..0,
            },
        );
        let value = table_value(table.get_ref(), &place, &mut spans);
        Some(Self { value, spans })
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// The bytes of a value; of the nearest table that was written where it was not.
    pub(super) fn value_bytes(&self, place: &Place) -> Range<usize> {
        self.nearest(place).map_or(0..0, |span| span.value.clone())
    }

    pub(super) fn key_bytes(&self, place: &Place) -> Range<usize> {
        self.nearest(place).map_or(0..0, |span| {
            span.key.clone().unwrap_or_else(|| span.value.clone())
        })
    }

    fn nearest(&self, place: &Place) -> Option<&Span> {
        self.spans
            .get(place)
            .or_else(|| place.parent().and_then(|parent| self.nearest(&parent)))
    }
}

fn syntax_mistake(error: &toml::de::Error, text: &str) -> Mistake {
    let bytes = error.span().unwrap_or(text.len()..text.len());
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let help = if message.contains("duplicate key") {
        "write each key once in a table; a second table of a list starts with its [[header]]"
    } else {
        "write `key = value`, one per line, with text in quotes; see https://toml.io/en/v1.0.0"
    };
    Mistake::bytes(bytes, Wrong::new(format!("not TOML: {message}"), "here", help))
}

fn table_value(table: &DeTable<'_>, place: &Place, spans: &mut BTreeMap<Place, Span>) -> Value {
    let entries = table.iter().map(|(key, value)| {
        let here = place.key(key.get_ref());
        let value = spanned_value(value, Some(key.span()), &here, spans);
        (key.get_ref().to_string(), value)
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

fn spanned_value(
    value: &Spanned<DeValue<'_>>,
    key: Option<Range<usize>>,
    place: &Place,
    spans: &mut BTreeMap<Place, Span>,
) -> Value {
    spans.insert(
        place.clone(),
        Span {
            key,
            value: value.span(),
        },
    );
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(claim) => Value::Bool(*claim),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| Value::String(number.to_string()), Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().enumerate();
            Value::Array(
                items
                    .map(|(index, item)| spanned_value(item, None, &place.item(index), spans))
                    .collect(),
            )
        }
        DeValue::Table(table) => table_value(table, place, spans),
    }
}
