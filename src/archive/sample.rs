//! Small archives for tests, as programs write them.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// A configuration, which differs for each name.
pub(crate) fn configuration(name: &str, architecture: &str) -> Vec<u8> {
    let value = json!({ "architecture": architecture, "os": "linux", "config": { "Labels": { "is": name } },
        "rootfs": { "type": "layers", "diff_ids": [] } });
    value.to_string().into_bytes()
}

/// A tar archive on its way to a file.
pub(crate) struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(crate) fn file(mut self, name: &str, content: &[u8]) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        self.0.append_data(&mut header, name, content).unwrap();
        self
    }

    pub(crate) fn json(self, name: &str, content: &Value) -> Self {
        self.file(name, content.to_string().as_bytes())
    }

    pub(crate) fn link(mut self, name: &str, target: &str) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_cksum();
        self.0.append_link(&mut header, name, target).unwrap();
        self
    }

    /// A file of `blobs`; its descriptor.
    pub(crate) fn blob(self, content: &[u8], kind: &str) -> (Self, Value) {
        let digest = digest(content);
        let path = format!("blobs/{}", digest.replace(':', "/"));
        let descriptor = json!({ "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": digest, "size": content.len() });
        (self.file(&path, content), descriptor)
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// As `docker save` writes images, each of one layer: name, processor, layer.
pub(crate) fn docker(images: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut tar = Tar::new();
    let mut manifest = Vec::new();
    for (name, architecture, layer) in images {
        let configuration = configuration(name, architecture);
        let file = format!("{}.json", digest(&configuration).trim_start_matches("sha256:"));
        let layer_file = format!("{}/layer.tar", digest(layer).trim_start_matches("sha256:"));
        tar = tar.file(&file, &configuration).file(&layer_file, layer);
        manifest.push(json!({ "Config": file, "RepoTags": [name], "Layers": [layer_file] }));
    }
    tar.json("manifest.json", &Value::Array(manifest)).bytes()
}

/// As an OCI layout: each image is a list of one manifest for each processor.
pub(crate) fn oci(images: &[(&str, &[&str], &[u8])]) -> Vec<u8> {
    let mut tar = Tar::new();
    let mut index = Vec::new();
    for (name, architectures, layer) in images {
        let mut list = Vec::new();
        for architecture in *architectures {
            let (with_config, config) = tar.blob(&configuration(name, architecture), "config.v1+json");
            let (with_layer, layer) = with_config.blob(layer, "layer.v1.tar");
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
            let (with_all, descriptor) = with_layer.blob(manifest.to_string().as_bytes(), "manifest.v1+json");
            tar = with_all;
            list.push(descriptor);
        }
        let absent = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(name.as_bytes()), "size": 1 });
        list.push(absent);
        let list = json!({ "schemaVersion": 2, "manifests": list });
        let (with_list, mut descriptor) = tar.blob(list.to_string().as_bytes(), "index.v1+json");
        tar = with_list;
        descriptor["annotations"] = json!({ "io.containerd.image.name": name });
        index.push(descriptor);
    }
    tar.json("oci-layout", &json!({ "imageLayoutVersion": "1.0.0" }))
        .json("index.json", &json!({ "schemaVersion": 2, "manifests": index }))
        .bytes()
}

/// Compressed as a whole.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Writes an archive into a folder.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}
