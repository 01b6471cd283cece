//! The user's fragments of kubeadm's documents, and the one field of which the shape depends on the version.

use serde_json::{Map, Value, json};

use super::ApiVersion;
use crate::remote::files::merge::merge_key;

/// Where a `ClusterConfiguration` has extra arguments.
pub(super) const ARGUMENTS: [&str; 4] = [
    "/apiServer/extraArgs",
    "/controllerManager/extraArgs",
    "/scheduler/extraArgs",
    "/etcd/local/extraArgs",
];

/// Merges a fragment into a document: maps deeply, lists and scalars replaced. What the document is (`apiVersion`,
/// `kind`) stays, so that a whole document pasted as a fragment does no harm.
pub(super) fn merge(document: &mut Map<String, Value>, fragment: &Map<String, Value>) {
    for (key, value) in fragment {
        if key != "apiVersion" && key != "kind" {
            merge_key(document, key, value);
        }
    }
}

/// Gives extra arguments the shape that the version wants, whichever the user wrote.
pub(super) fn arrange_arguments(document: &mut Value, api: ApiVersion) {
    for pointer in ARGUMENTS {
        let Some(place) = document.pointer_mut(pointer) else {
            continue;
        };
        // Of another shape than either: left as it is, for kubeadm to say what it thinks of it.
        if let Some(pairs) = arguments(place) {
            *place = if api.arguments_are_lists() {
                as_list(pairs)
            } else {
                as_map(pairs)
            };
        }
    }
}

/// Names and values of extra arguments written either way.
pub(super) fn arguments(value: &Value) -> Option<Vec<(String, String)>> {
    match value {
        Value::Object(map) => Some(
            map.iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .map(|item| Some((item.get("name")?.as_str()?.to_owned(), text(item.get("value")?))))
            .collect(),
        _ => None,
    }
}

fn as_list(pairs: Vec<(String, String)>) -> Value {
    pairs
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

/// A map holds each name once: of a repeated one the last stays, as kube-apiserver itself does with most flags.
fn as_map(pairs: Vec<(String, String)>) -> Value {
    pairs.into_iter().collect()
}

/// The value of an argument is a string, though people write `v = 4` and `profiling = false`.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(document: &str) -> Map<String, Value> {
        serde_norway::from_str(document).unwrap()
    }

    fn maps() -> impl Strategy<Value = Map<String, Value>> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            "[a-z]{0,3}".prop_map(Value::from)
        ];
        let value = leaf.prop_recursive(3, 16, 4, |inner| {
            proptest::collection::vec(("[a-d]", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
        });
        proptest::collection::vec(("[a-d]", value), 0..4).prop_map(|pairs| pairs.into_iter().collect())
    }

    /// Whether everything in `fragment` stands in `document`, and every key of `base` is still there.
    fn holds(document: &Value, base: Option<&Value>, fragment: Option<&Value>) -> bool {
        let keys = |value: Option<&Value>| -> Vec<String> {
            value
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|map| map.keys().cloned())
                .collect()
        };
        match (document, base, fragment) {
            (_, _, Some(fragment)) if !fragment.is_object() => document == fragment,
            (_, Some(base), None) => document == base,
            // A scalar that a map replaces is gone, and the other way about.
            (_, Some(base), Some(fragment)) if !base.is_object() => document == fragment,
            _ => keys(base).iter().chain(&keys(fragment)).all(|key| {
                let at = |value: Option<&Value>| value.and_then(|value| value.get(key)).cloned();
                at(Some(document))
                    .is_some_and(|inner| holds(&inner, at(base).as_ref(), at(fragment).as_ref()))
            }),
        }
    }

    proptest! {
        #[test]
        fn a_merge_loses_no_key_of_either_side(base in maps(), fragment in maps()) {
            let mut document = base.clone();

            merge(&mut document, &fragment);

            prop_assert!(holds(&document.into(), Some(&base.into()), Some(&fragment.into())));
        }

        #[test]
        fn merging_twice_is_merging_once(base in maps(), fragment in maps()) {
            let mut once = base;
            merge(&mut once, &fragment);
            let mut twice = once.clone();

            merge(&mut twice, &fragment);

            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn a_pasted_document_does_not_change_what_the_document_is() {
        let mut document = parse("apiVersion: v1\nkind: A\n");

        merge(&mut document, &parse("apiVersion: v2\nkind: B\nkey: 1\n"));

        assert_eq!(
            Value::from(document),
            json!({"apiVersion": "v1", "kind": "A", "key": 1})
        );
    }

    #[test]
    fn arguments_take_the_shape_of_the_version() {
        let as_map = json!({"apiServer": {"extraArgs": {"v": "4", "profiling": "false"}}});
        let as_list = json!({"apiServer": {"extraArgs": [{"name": "v", "value": "4"}, {"name": "profiling", "value": "false"}]}});
        let written = json!({"apiServer": {"extraArgs": {"v": 4, "profiling": false}}});
        let arranged = |document: &Value, api| {
            let mut document = document.clone();
            arrange_arguments(&mut document, api);
            document
        };

        assert_eq!(arranged(&written, ApiVersion::V1Beta3), as_map);
        assert_eq!(arranged(&written, ApiVersion::V1Beta4), as_list);
        assert_eq!(arranged(&as_list, ApiVersion::V1Beta2), as_map);
        assert_eq!(arranged(&as_list, ApiVersion::V1Beta4), as_list);
    }
}
