//! A small archive of images, as `docker save` writes it.

/// An archive of images for amd64, each of one layer of so many bytes.
pub fn archive_of(images: &[(&str, usize)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, content).unwrap();
    };
    let mut manifest = Vec::new();
    for (number, (name, size)) in images.iter().enumerate() {
        let configuration = serde_json::json!({ "architecture": "amd64", "os": "linux",
            "config": { "Labels": { "is": name } }, "rootfs": { "type": "layers", "diff_ids": [] } });
        let (config, layer) = (format!("{number}.json"), format!("{number}.tar"));
        add(&config, configuration.to_string().as_bytes());
        add(&layer, &vec![0; *size]);
        manifest.push(serde_json::json!({ "Config": config, "RepoTags": [name], "Layers": [layer] }));
    }
    add(
        "manifest.json",
        serde_json::Value::Array(manifest).to_string().as_bytes(),
    );
    tar.into_inner().unwrap()
}
