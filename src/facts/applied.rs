//! What `kubectl apply` last applied of the pod network, by the annotation that it leaves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{Answer, Answers};

const LAST_APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

pub(super) fn read(answers: &Answers) -> Result<BTreeMap<String, Option<Value>>, String> {
    answers.all("object").map(object).collect()
}

/// The path on the first line, then the object; one that the API does not have is `None`.
fn object(answer: &Answer) -> Result<(String, Option<Value>), String> {
    let (path, text) = answer.text.split_once('\n').unwrap_or((&answer.text, ""));
    let applied = match answer.code {
        0 => {
            let object: Value = serde_json::from_str(text).map_err(|cause| format!("{path}: {cause}"))?;
            let annotation = object.pointer(LAST_APPLIED).and_then(Value::as_str);
            annotation
                .and_then(|text| serde_json::from_str(text).ok())
                .map(without_what_kubectl_adds)
        }
        _ if answer.failure().contains("NotFound") || answer.failure().contains("could not find") => None,
        _ => return Err(answer.failure()),
    };
    Ok((path.to_owned(), applied))
}

/// kubectl writes an empty map of annotations where the manifest had none.
fn without_what_kubectl_adds(mut document: Value) -> Value {
    if let Some(metadata) = document.pointer_mut("/metadata").and_then(Value::as_object_mut)
        && metadata
            .get("annotations")
            .is_some_and(|annotations| annotations.as_object().is_some_and(serde_json::Map::is_empty))
    {
        metadata.remove("annotations");
    }
    document
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::line;
    use super::*;

    #[test]
    fn an_applied_object_an_absent_one_and_silence_are_told_apart() {
        let object = r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"X\",\"metadata\":{\"annotations\":{},\"name\":\"a\"}}"}}}"#;
        let found = line("object", &format!("/a\n{object}"), 0, "")
            + &line("object", "/b\n", 1, "Error from server (NotFound): b not found")
            + &line("end", "", 0, "");
        let silent = line("object", "/a\n", 1, "connection refused") + &line("end", "", 0, "");

        let found = read(&Answers::read(found.as_bytes()).unwrap()).unwrap();

        assert_eq!(
            found.get("/a").unwrap().as_ref().unwrap(),
            &serde_json::json!({"kind": "X", "metadata": {"name": "a"}})
        );
        assert_eq!(found.get("/b"), Some(&None));
        assert!(read(&Answers::read(silent.as_bytes()).unwrap()).is_err());
    }
}
