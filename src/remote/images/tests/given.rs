//! What a host hands on.

use super::machine::{LIST, MANIFEST, Machine, NAME, digest, giving, image, manifest_of, row};

#[test]
fn what_is_given_is_read_where_containerd_keeps_it_and_the_index_comes_last() {
    let id = image().id;
    let manifest = manifest_of(&id).replace("}]}", "}], \"annotations\": {\"base.digest\": \"BASE\"}}");
    let manifest = manifest.replace("BASE", &digest("of another registry"));
    let machine = Machine::with(&[row(NAME, MANIFEST, "m1"), row("other:1", MANIFEST, "m2")])
        .keeps("m1", &manifest)
        .keeps("m2", "{}")
        .keeps("layer", "files");
    let hash = |digest: String| digest.trim_start_matches("sha256:").to_owned();
    let folder = machine.path("containerd/io.containerd.content.v1.content/blobs/sha256");
    std::fs::write(folder.join(hash(id.clone())), "configuration").unwrap();

    assert_eq!(machine.runs(&giving()), (Some(0), String::new()));

    let mut given = tar::Archive::new(std::fs::File::open(machine.path("given")).unwrap());
    let files: Vec<(String, String)> = given
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let content = std::io::read_to_string(&mut entry).unwrap();
            (path, content)
        })
        .collect();
    let mut blobs = [
        (hash(digest("m1")), manifest.as_str()),
        (hash(digest("layer")), "files"),
        (hash(id), "configuration"),
    ]
    .map(|(hash, content)| (format!("blobs/sha256/{hash}"), content.to_owned()));
    blobs.sort();
    assert_eq!(files[0].0, "oci-layout");
    assert_eq!(files[1..4], blobs);
    assert_eq!(files.len(), 5);
    assert_eq!(files[4].0, "index.json");
    let index: serde_json::Value = serde_json::from_str(&files[4].1).unwrap();
    let expected = serde_json::json!({"schemaVersion": 2, "manifests": [{
        "mediaType": MANIFEST,
        "digest": digest("m1"),
        "size": manifest.len(),
        "annotations": {"io.containerd.image.name": NAME},
    }]});
    assert_eq!(index, expected);
}

/// Of a list, as of an image that was pulled, only some manifests may be there; the files are kept elsewhere; or layers
/// are kept as what was unpacked of them.
#[test]
fn what_cannot_be_read_where_it_lies_is_exported() {
    let list = Machine::with(&[row(NAME, LIST, "list")]).keeps("list", "{}");
    let elsewhere = Machine::with(&[row(NAME, MANIFEST, "m1")]);
    let without_layer = Machine::with(&[row(NAME, MANIFEST, "m1")])
        .keeps("m1", &manifest_of(&digest("configuration")))
        .keeps("configuration", "{}");

    for machine in [list, elsewhere, without_layer] {
        assert_eq!(machine.runs(&giving()), (Some(0), String::new()));
        assert_eq!(machine.written("given"), format!("exported {NAME}\n"));
    }
}
