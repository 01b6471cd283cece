//! The lab's own kubeadm reads every file that is made for its version without a complaint of its strict decoder.
#![cfg(feature = "lab")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy.toml allows them in test functions; these are what those call"
)]

use std::io::Write;
use std::process::Command;

use hawser::remote::files::{RenderedFile, init, join_control_plane, join_worker, upload_certs};
use hawser::remote::join::reads_configuration;
use hawser::topology::{Topology, Version};

use builder::{external, external_uploading, filled, find, stacked, with_passthrough};

#[expect(dead_code, reason = "what only the other tests of files need")]
#[path = "files/builder.rs"]
mod builder;

fn kubeadm() -> std::path::PathBuf {
    let path =
        std::env::var("HAWSER_KUBEADM").expect("HAWSER_KUBEADM names the lab's kubeadm; `make test` sets it");
    path.into()
}

/// Its version.
fn version() -> Version {
    let output = Command::new(kubeadm())
        .args(["version", "-o", "short"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// What a host with this kubeadm answers to hawser's own question, and its last words.
fn ask(file: &RenderedFile) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeadm.yaml");
    std::fs::write(&path, filled(file)).unwrap();
    let programs = format!(
        "{}:{}",
        std::env::var("PATH").unwrap(),
        kubeadm().parent().unwrap().display()
    );
    let output = Command::new("sh")
        .args(["-c", &reads_configuration(path.to_str().unwrap()).line()])
        .env("PATH", programs)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// kubeadm reads the file (to write it anew in the same version); what it does not know it only warns about.
fn assert_kubeadm_reads(file: &RenderedFile) {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.yaml"), folder.path().join("new.yaml"));
    let mut written = std::fs::File::create(&old).unwrap();
    written.write_all(filled(file).as_bytes()).unwrap();

    let output = Command::new(kubeadm())
        .args(["config", "migrate", "--old-config"])
        .arg(&old)
        .arg("--new-config")
        .arg(&new)
        .output()
        .unwrap();

    let reply = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {reply}", file.path);
    let complaints = ["unknown field", "strict decoding", "error unmarshaling"];
    assert!(
        !complaints.iter().any(|complaint| reply.contains(complaint)),
        "{}: {reply}",
        file.path
    );
}

/// The inventory's target is one that this kubeadm can deploy.
fn for_the_lab(mut topology: Topology) -> Topology {
    topology.version = version();
    topology
}

fn assert_kubeadm_reads_all(topology: &Topology) {
    let [cp1, cp2, w1] = ["cp1", "cp2", "w1"].map(|name| find(topology, name));
    assert_kubeadm_reads(&init(topology, cp1, version()).unwrap());
    assert_kubeadm_reads(&upload_certs(topology, cp1, version()).unwrap());
    assert_kubeadm_reads(&join_control_plane(topology, cp2, version()).unwrap());
    assert_kubeadm_reads(&join_worker(topology, w1, version()).unwrap());
    for file in [
        init(topology, cp1, version()).unwrap(),
        join_control_plane(topology, cp2, version()).unwrap(),
        join_worker(topology, w1, version()).unwrap(),
    ] {
        assert_eq!(ask(&file), (Some(0), String::new()), "{}", file.path);
    }
}

#[test]
fn kubeadm_reads_the_files_of_a_stacked_cluster() {
    assert_kubeadm_reads_all(&for_the_lab(stacked()));
}

#[test]
fn kubeadm_reads_the_files_of_a_cluster_with_external_etcd() {
    assert_kubeadm_reads_all(&for_the_lab(external()));
}

#[test]
fn kubeadm_reads_the_files_of_a_cluster_with_external_etcd_and_uploaded_certificates() {
    assert_kubeadm_reads_all(&for_the_lab(external_uploading()));
}

#[test]
fn hawsers_question_finds_a_field_that_this_kubeadm_does_not_know() {
    let mut topology = for_the_lab(stacked());
    topology
        .kubeadm
        .cluster_configuration
        .insert("clusterNam".to_owned(), "demo".into());

    let (status, reply) = ask(&init(&topology, find(&topology, "cp1"), version()).unwrap());

    assert_eq!(status, Some(1));
    assert!(reply.starts_with("error unmarshaling configuration"), "{reply}");
    assert!(reply.ends_with("unknown field \"clusterNam\"\n"), "{reply}");
}

#[test]
fn kubeadm_reads_the_files_of_a_cluster_with_every_passthrough() {
    assert_kubeadm_reads_all(&for_the_lab(with_passthrough()));
}

#[test]
#[should_panic(expected = "unknown field")]
fn kubeadm_complains_of_a_field_that_it_does_not_know() {
    let mut topology = for_the_lab(stacked());
    topology
        .kubeadm
        .cluster_configuration
        .insert("clusterNam".to_owned(), "demo".into());

    assert_kubeadm_reads_all(&topology);
}
