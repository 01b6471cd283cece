//! The pod network's manifests as objects of the API.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Where the API keeps it, such as `/apis/apps/v1/namespaces/kube-system/daemonsets/pod-network`.
    pub path: String,
    pub document: Value,
}

/// The objects of YAML documents (also of `List`s), in order; `Err` says which document is no object.
pub fn objects(documents: &str) -> Result<Vec<Object>, String> {
    use serde::Deserialize;
    let mut objects = Vec::new();
    for (index, document) in serde_norway::Deserializer::from_str(documents).enumerate() {
        let value =
            Value::deserialize(document).map_err(|cause| format!("document {}: {cause}", index + 1))?;
        match value.get("items").and_then(Value::as_array) {
            _ if value.is_null() => {}
            Some(items) => objects.extend(items.iter().filter_map(object)),
            None => {
                objects
                    .push(object(&value).ok_or_else(|| format!("document {} names no object", index + 1))?);
            }
        }
    }
    Ok(objects)
}

/// The images of every pod that the documents make, as they are named there, each once. What is no object names none.
pub fn images(documents: &str) -> Vec<String> {
    let mut found = Vec::new();
    for object in objects(documents).unwrap_or_default() {
        gather(&object.document, &mut found);
    }
    found
}

fn gather(value: &Value, found: &mut Vec<String>) {
    let each: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(entries) => entries.values().collect(),
        _ => Vec::new(),
    };
    for key in ["initContainers", "containers"] {
        let containers = value.get(key).and_then(Value::as_array).into_iter().flatten();
        for image in containers.filter_map(|container| container.get("image")?.as_str()) {
            if !found.iter().any(|known| known == image) {
                found.push(image.to_owned());
            }
        }
    }
    for value in each {
        gather(value, found);
    }
}

fn object(document: &Value) -> Option<Object> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let (version, kind, name) = (text("/apiVersion")?, text("/kind")?, text("/metadata/name")?);
    let group = if version.contains('/') {
        format!("/apis/{version}")
    } else {
        format!("/api/{version}")
    };
    let namespace = text("/metadata/namespace")
        .map(|namespace| format!("/namespaces/{namespace}"))
        .unwrap_or_default();
    Some(Object {
        path: format!("{group}{namespace}/{}/{name}", plural(kind)),
        document: document.clone(),
    })
}

/// As the API names the collection of a kind.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_bytes() {
        b"endpoints" => kind,
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => format!("{kind}es"),
        [stem @ .., b'y'] => format!("{}ies", String::from_utf8_lossy(stem)),
        _ => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_found_where_the_api_keeps_it() {
        let documents = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: net, namespace: kube-system}\n---\n\
            apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\n---\n\
            apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: net}\n---\n";

        let paths: Vec<String> = objects(documents)
            .unwrap()
            .into_iter()
            .map(|object| object.path)
            .collect();

        assert_eq!(
            paths,
            [
                "/api/v1/namespaces/kube-system/serviceaccounts/net",
                "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/p",
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/net",
            ]
        );
    }

    #[test]
    fn every_pods_images_are_found_once() {
        let documents = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: net}\nspec: {template: {spec: {\
            initContainers: [{image: 'a:1'}], containers: [{image: 'b:2'}, {image: 'a:1'}]}}}\n---\n\
            apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {image: 'no image of any pod'}\n";

        assert_eq!(images(documents), ["a:1", "b:2"]);
    }

    #[test]
    fn what_is_no_object_is_told() {
        assert!(objects("kind: x\n").unwrap_err().contains("document 1"));
    }
}
