//! The closed schemas of what kubeadm reads: a misspelt or misplaced field fails here, where kubeadm only warns.

use serde::Deserialize;
use serde_json::Value;

/// The documents of a YAML file.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    serde_norway::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

/// Fails where a document does not follow its schema, or where anything in it is null.
pub(crate) fn assert_valid(text: &str) {
    for document in documents(text) {
        assert!(!has_null(&document), "a null in {document:#}");
        if let Some(schema) = schema(document["apiVersion"].as_str().unwrap()) {
            let kind = document["kind"].as_str().unwrap();
            let errors: Vec<String> = validator(&schema, kind)
                .iter_errors(&document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:#?} in {document:#}");
        }
    }
}

/// v1beta2 has no schema: the lab's kubeadm 1.20 reads it.
fn schema(api_version: &str) -> Option<Value> {
    let text = match api_version {
        "kubeadm.k8s.io/v1beta2" => return None,
        "kubeadm.k8s.io/v1beta3" => include_str!("../schema/kubeadm-v1beta3.schema.json"),
        "kubeadm.k8s.io/v1beta4" => include_str!("../schema/kubeadm-v1beta4.schema.json"),
        "kubelet.config.k8s.io/v1beta1" => include_str!("../schema/kubelet-v1beta1.schema.json"),
        "kubeproxy.config.k8s.io/v1alpha1" => include_str!("../schema/kubeproxy-v1alpha1.schema.json"),
        other => panic!("no schema for {other}"),
    };
    Some(serde_json::from_str(text).unwrap())
}

/// One kind's schema rather than the file's `oneOf`, so that an error names the field and not five alternatives.
fn validator(schema: &Value, kind: &str) -> jsonschema::Validator {
    let one = serde_json::json!({
        "$schema": schema["$schema"],
        "$defs": schema["$defs"],
        "$ref": format!("#/$defs/{kind}"),
        "required": ["apiVersion", "kind"],
    });
    jsonschema::validator_for(&one).unwrap()
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

#[test]
#[should_panic(expected = "Additional properties are not allowed")]
fn a_misspelt_field_fails() {
    assert_valid("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterNam: demo\n");
}

#[test]
#[should_panic(expected = "a null in")]
fn an_empty_block_fails() {
    assert_valid("apiVersion: kubeadm.k8s.io/v1beta2\nkind: JoinConfiguration\ncontrolPlane:\n");
}
