//! Manifests from folders and URLs.

use std::io::{Read, Write};
use std::net::TcpListener;

use hawser::topology::PackageSource;

use crate::workshop::{good_but, load_text, rendered};

#[test]
fn a_folder_of_manifests_is_read_in_the_order_of_names() {
    let folder = load_text("folder.toml", &good_but(&[("pod-network.yaml", "manifests")])).unwrap();
    let (_, empty) = rendered(load_text(
        "empty.toml",
        &good_but(&[("pod-network.yaml", "empty")]),
    ));

    let sources: Vec<_> = folder
        .topology
        .manifests
        .iter()
        .map(|manifest| manifest.source.as_str())
        .collect();
    assert_eq!(sources, ["manifests/1.yaml", "manifests/2.yml"]);
    assert!(empty.contains("no manifest in empty"), "{empty}");
}

#[test]
fn a_manifest_at_a_url_is_fetched_and_its_hash_checked() {
    let url = serve("{apiVersion: v1, kind: Namespace}\n", 2);
    let right = "3a0a8bb40e8cc7b6eef4538b5ca383edbfcd5408910f10010b806d0f499485af";
    let entry = |hash: &str| format!("{{ url = \"{url}\", sha256 = \"{hash}\" }}");
    let with = |hash: &str| good_but(&[("{ path = \"pod-network.yaml\" }", entry(hash).as_str())]);

    let good = load_text("url.toml", &with(right)).unwrap();
    let (_, wrong) = rendered(load_text("url-wrong.toml", &with(&"0".repeat(64))));

    assert_eq!(
        good.topology.manifests[0].content,
        "{apiVersion: v1, kind: Namespace}\n"
    );
    assert!(
        wrong.contains(right) && wrong.contains(&"0".repeat(64)),
        "{wrong}"
    );
}

#[test]
fn a_url_without_tls_needs_a_hash() {
    let entry = "{ url = \"http://127.0.0.1:1/net.yaml\" }";
    let (_, rendered) = rendered(load_text(
        "plain-http.toml",
        &good_but(&[("{ path = \"pod-network.yaml\" }", entry)]),
    ));

    assert!(rendered.contains("not a URL to trust"), "{rendered}");
}

#[test]
fn a_repositorys_key_is_fetched_and_known_by_its_fingerprint() {
    let url = serve(include_str!("../data/repository.asc"), 2);
    let with = |fingerprint: &str| {
        let table = format!(
            "[preparation]\nrepository = \"https://p.example/v1.34/deb/\"\nkey_url = \"{url}\"\n\
             fingerprint = \"{fingerprint}\"\n\n[networks]"
        );
        good_but(&[
            ("[cluster]", "prepare = true\n\n[cluster]"),
            ("[networks]", table.as_str()),
        ])
    };
    let right = "E804F2B8DAD43FA89C4F21E6C8E8A914FECF7ACB";
    let wrong = "DE15B14486CD377B9E876E1A234654DA9A296436";

    let good = load_text("key-url.toml", &with(right)).unwrap();
    let (count, reported) = rendered(load_text("key-url-wrong.toml", &with(wrong)));

    let Some(PackageSource::Repository(repository)) = good.topology.preparation.map(|own| own.source) else {
        panic!("no repository");
    };
    assert_eq!(repository.fingerprint, right);
    assert!(
        repository
            .key
            .starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    );
    assert_eq!(count, 1, "{reported}");
    assert!(reported.contains("the key has another fingerprint"), "{reported}");
    assert!(reported.contains(right) && reported.contains(wrong), "{reported}");
}

/// A web server of one answer for `answers` requests.
fn serve(body: &'static str, answers: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(answers) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    format!("http://{address}/net.yaml")
}
