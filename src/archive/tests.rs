//! Archives as programs write them, and what comes out of them.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use serde_json::{Value, json};

use super::sample::{Tar, configuration, digest, docker, gzipped, oci, write};
use super::{Archive, Image, open};

const NAMES: [&str; 2] = ["registry.k8s.io/a:1", "registry.k8s.io/b:2"];

fn opened(bytes: &[u8]) -> Result<Archive, String> {
    let folder = tempfile::tempdir().unwrap();
    open(&write(folder.path(), "images.tar", bytes))
}

/// The image of a name, out of an archive, as an archive of its own: its files.
fn single(image: &Image) -> BTreeMap<String, Vec<u8>> {
    let mut bytes = Vec::new();
    image.single.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, image.single.size());
    let mut archive = tar::Archive::new(bytes.as_slice());
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (name, content)
    });
    entries.collect()
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}

#[test]
fn one_image_comes_out_of_a_docker_archive_with_nothing_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = docker(&[(NAMES[0], "amd64", &[1; 700]), (NAMES[1], "amd64", &[2; 512])]);
    let archive = open(&write(folder.path(), "images.tar", &bytes)).unwrap();

    let files = single(&archive.images[1]);

    let id = digest(&configuration(NAMES[1], "amd64"));
    assert_eq!(
        (archive.images[1].id.as_str(), archive.images[1].name()),
        (id.as_str(), NAMES[1])
    );
    let config = format!("{}.json", &id[7..]);
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [config.as_str(), "layers/1.tar", "manifest.json"]
    );
    assert_eq!(files["layers/1.tar"], [2; 512]);
    assert_eq!(
        json_of(&files, "manifest.json"),
        json!([{ "Config": config, "RepoTags": [NAMES[1]], "Layers": ["layers/1.tar"] }])
    );
}

#[test]
fn an_image_of_an_oci_layout_keeps_its_manifest_and_is_there_once_for_each_processor() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = oci(&[
        (NAMES[0], &["amd64", "arm64"], &[1; 700]),
        (NAMES[1], &["amd64"], &[2; 3]),
    ]);
    let archive = open(&write(folder.path(), "images.tar", &bytes)).unwrap();
    let seen: Vec<_> = archive
        .images
        .iter()
        .map(|image| (image.name(), image.architecture.as_str()))
        .collect();
    assert_eq!(
        seen,
        [(NAMES[0], "amd64"), (NAMES[0], "arm64"), (NAMES[1], "amd64")]
    );

    let files = single(&archive.images[1]);

    let index = json_of(&files, "index.json");
    let descriptor = &index["manifests"][0];
    assert_eq!(
        descriptor["annotations"],
        json!({ "io.containerd.image.name": NAMES[0] })
    );
    let manifest = json_of(
        &files,
        &format!(
            "blobs/{}",
            descriptor["digest"].as_str().unwrap().replace(':', "/")
        ),
    );
    assert_eq!(manifest["config"]["digest"], archive.images[1].id.as_str());
    // Manifest, configuration, layer; and the layout's own two.
    assert_eq!(files.len(), 5);
}

#[test]
fn the_index_comes_last_so_that_a_cut_archive_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, last) in [
        (docker(&[(NAMES[0], "amd64", &[1; 700])]), "manifest.json"),
        (oci(&[(NAMES[0], &["amd64"], &[1; 700])]), "index.json"),
    ] {
        let archive = open(&write(folder.path(), "images.tar", &bytes)).unwrap();
        let mut bytes = Vec::new();
        archive.images[0]
            .single
            .open()
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let mut read = tar::Archive::new(bytes.as_slice());
        let names: Vec<_> = read
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(names.last().unwrap(), last);
    }
}

#[test]
fn packed_archives_give_what_plain_ones_do() {
    let folder = tempfile::tempdir().unwrap();
    // Beyond one buffer of any reader.
    let layer: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    let bytes = docker(&[(NAMES[0], "amd64", &[1; 700]), (NAMES[1], "amd64", &layer)]);
    let plain = open(&write(folder.path(), "plain", &bytes)).unwrap();

    let (front, back) = bytes.split_at(1_000_001);
    let zstd =
        |part: &[u8]| ruzstd::encoding::compress_to_vec(part, ruzstd::encoding::CompressionLevel::Fastest);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    xz.write_all(&bytes).unwrap();
    let packed = [
        ("gzip", gzipped(&bytes)),
        ("zstd of two frames", [zstd(front), zstd(back)].concat()),
        ("xz", xz.finish().unwrap()),
    ];

    for (name, bytes) in packed {
        let archive = open(&write(folder.path(), name, &bytes)).unwrap();
        for (one, other) in archive.images.iter().zip(&plain.images) {
            assert_eq!(one.id, other.id, "{name}");
            assert!(one.single.is_packed() && !other.single.is_packed(), "{name}");
            assert!(single(one) == single(other), "{name}");
        }
    }
}

/// docker up to 24 writes a layer once, and links to it; an empty layer may stand in an image twice.
#[test]
fn layers_that_are_links_are_found_and_equal_ones_go_once() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = Tar::new()
        .file("aa/layer.tar", b"layer")
        .link("bb/layer.tar", "../aa/layer.tar")
        .file("cfg.json", &configuration("x", "amd64"))
        .json(
            "./manifest.json",
            &json!([{ "Config": "cfg.json", "RepoTags": ["x"], "Layers": ["bb/layer.tar", "aa/layer.tar"] }]),
        )
        .bytes();
    let archive = open(&write(folder.path(), "images.tar", &bytes)).unwrap();

    let files = single(&archive.images[0]);

    assert_eq!(archive.images[0].names, ["docker.io/library/x:latest"]);
    assert_eq!(files["layers/1.tar"], b"layer");
    assert_eq!(
        json_of(&files, "manifest.json")[0]["Layers"],
        json!(["layers/1.tar", "layers/1.tar"])
    );
}

#[test]
fn what_is_no_image_archive_says_why() {
    let reported = |bytes: &[u8]| opened(bytes).unwrap_err();

    assert!(reported(&[b'x'; 2000]).starts_with("it is no tar archive"));
    assert_eq!(
        reported(&Tar::new().file("a", b"").bytes()),
        "it is no image archive: neither index.json nor manifest.json is in it"
    );
    let nameless = json!([{ "Config": "cfg.json", "RepoTags": null, "Layers": [] }]);
    let bytes = Tar::new()
        .file("cfg.json", &configuration("x", "amd64"))
        .json("manifest.json", &nameless);
    assert!(reported(&bytes.bytes()).starts_with("no image in it has a name"));
    let lacking = json!([{ "Config": "cfg.json", "RepoTags": ["x"], "Layers": ["gone"] }]);
    let bytes = Tar::new()
        .file("cfg.json", &configuration("x", "amd64"))
        .json("manifest.json", &lacking);
    assert_eq!(reported(&bytes.bytes()), "gone is named in it, and is not there");
    let complete = docker(&[(NAMES[0], "amd64", &vec![1; 70_000])]);
    assert!(opened(&complete[..40_000]).is_err());
}

#[test]
fn an_archive_that_shrinks_while_it_is_read_is_not_sent_as_if_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = docker(&[(NAMES[0], "amd64", &vec![1; 70_000])]);
    let path = write(folder.path(), "images.tar", &bytes);
    let archive = open(&path).unwrap();
    write(folder.path(), "images.tar", &bytes[..40_000]);

    let error = archive.images[0]
        .single
        .open()
        .unwrap()
        .read_to_end(&mut Vec::new())
        .unwrap_err();

    assert_eq!(error.to_string(), "the archive has become shorter");
}
