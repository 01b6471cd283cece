//! The scripts for half-joined hosts, with /etc/kubernetes in another place and programs that stand in for kubeadm and
//! kubectl.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::commands::*;
use crate::remote::join::commands::has_joined;
use crate::topology::Role;
use crate::values::Slot;

/// As kubelet writes it before it asks for its certificate (1.20 to 1.36).
const WRITTEN_BY_KUBELET: &str = "apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://192.0.2.22:6443
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
";

/// As kubeadm init writes it at first.
const EMBEDDED: &str = "kind: Config\nusers:\n- user:\n    client-certificate-data: LS0tLS1CRUdJTg==
    client-key-data: LS0tLS1CRUdJTg==\n";

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// A host's /etc/kubernetes and what its programs say.
pub(in crate::remote) struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    pub(in crate::remote) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pki")).unwrap();
        let host = Self { folder };
        host.put("pki/ca.crt", CERTIFICATE);
        host
    }

    pub(in crate::remote) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(in crate::remote) fn put(&self, name: &str, content: &str) {
        let content = content.replace("/var/lib/kubelet/pki", self.path().to_str().unwrap());
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub(in crate::remote) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(in crate::remote) fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    pub(in crate::remote) fn program(&self, name: &str, body: &str) {
        let path = self.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(in crate::remote) fn run(&self, script: &str, arguments: &[&str], input: &str) -> Output {
        let script = script.replace("/etc/kubernetes", self.path().to_str().unwrap());
        let path = format!("{}:{}", self.path().display(), std::env::var("PATH").unwrap());
        let mut child = Command::new("sh")
            .args(["-euc", &script, "hawser"])
            .args(arguments)
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn has_identity(&self) -> bool {
        let asked = self.run(kubelet_has_certificate().script, &[], "");
        asked.status.success()
    }
}

#[test]
fn a_kubeconfig_is_an_identity_when_the_certificate_that_it_names_is_there() {
    let host = Host::new();
    assert!(!host.has_identity(), "nothing is there");

    host.put("kubelet.conf", WRITTEN_BY_KUBELET);
    assert!(!host.has_identity(), "the certificate is not there");

    symlink("dated.pem", host.path().join("kubelet-client-current.pem")).unwrap();
    assert!(!host.has_identity(), "it leads nowhere");

    host.put("dated.pem", "");
    assert!(!host.has_identity(), "it is empty");

    host.put("dated.pem", &"\0".repeat(1200));
    assert!(!host.has_identity(), "power was lost before it was on the disk");

    host.put("dated.pem", CERTIFICATE);
    assert!(host.has_identity());
}

#[test]
fn a_kubeconfig_that_names_no_certificate_is_an_identity_unless_it_is_empty() {
    let host = Host::new();
    for content in [EMBEDDED, r#"{"kind": "Config", "users": []}"#] {
        host.put("kubelet.conf", content);
        assert!(host.has_identity(), "{content}");
    }

    host.put("kubelet.conf", "");
    assert!(!host.has_identity());
}

#[test]
fn names_may_be_relative_and_in_quotes() {
    let host = Host::new();
    host.put(
        "kubelet.conf",
        "users:\n- user:\n    client-certificate: \"mine.pem\"\n",
    );
    assert!(!host.has_identity());

    host.put("mine.pem", CERTIFICATE);

    assert!(host.has_identity());
}

#[test]
fn the_probe_tells_of_a_certificate_that_is_not_there() {
    let host = Host::new();
    let script = concat!(
        include_str!("../shell/kubelet_identity.sh"),
        include_str!("../shell/etcd_data.sh"),
        include_str!("../shell/listens.sh"),
        include_str!("../shell/run_folder.sh"),
        include_str!("../shell/probe_host.sh"),
        "set +e\netcd_data=/nonexistent\nkubernetes\n"
    );
    let reported = |host: &Host| String::from_utf8(host.run(script, &[], "").stdout).unwrap();
    assert!(!reported(&host).contains("client-certificate"));
    host.put("kubelet.conf", WRITTEN_BY_KUBELET);
    assert!(
        reported(&host).contains("\nlacks client-certificate\n"),
        "{}",
        reported(&host)
    );

    host.put("kubelet-client-current.pem", CERTIFICATE);
    assert!(!reported(&host).contains("client-certificate"));
}

#[test]
fn a_worker_has_joined_when_its_kubelet_has_its_certificate() {
    let host = Host::new();
    host.put("kubelet.conf", WRITTEN_BY_KUBELET);
    let joined = || host.run(has_joined(Role::Worker, "-").script, &["worker", "-"], "");
    assert_eq!(joined().status.code(), Some(1));

    host.put("kubelet-client-current.pem", CERTIFICATE);

    assert_eq!(joined().status.code(), Some(0));
}

/// The bootstrap kubeconfig that a script left on the host.
fn bootstrap(host: &Host) -> serde_json::Value {
    serde_norway::from_str(&host.read("bootstrap-kubelet.conf")).unwrap()
}

#[test]
fn a_bootstrap_identity_keeps_the_server_that_kubeadm_chose() {
    let command = write_bootstrap_identity("https://192.0.2.99:6443");
    let write = |host: &Host| {
        let wrote = host.run(
            command.script,
            &["https://192.0.2.99:6443"],
            "abcdef.0123456789abcdef\n",
        );
        assert!(wrote.status.success(), "{wrote:?}");
        bootstrap(host)["clusters"][0]["cluster"]["server"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let host = Host::new();

    // Nothing tells.
    assert_eq!(write(&host), "https://192.0.2.99:6443");

    // kubeadm took the bootstrap identity away, as its time was out.
    std::fs::remove_file(host.path().join("bootstrap-kubelet.conf")).unwrap();
    host.put("kubelet.conf", WRITTEN_BY_KUBELET);
    assert_eq!(write(&host), "https://192.0.2.22:6443");

    host.put(
        "bootstrap-kubelet.conf",
        "clusters:\n- cluster:\n    server: https://api.demo.example:8443\n  name: kubernetes\n",
    );
    assert_eq!(write(&host), "https://api.demo.example:8443");

    // Power was lost before it was on the disk.
    host.put("bootstrap-kubelet.conf", "");
    assert_eq!(write(&host), "https://192.0.2.22:6443");
}

#[test]
fn a_bootstrap_identity_is_the_roots_alone_and_holds_the_token_and_the_ca() {
    let host = Host::new();
    let command = write_bootstrap_identity("https://192.0.2.22:6443");
    let values = crate::values::Values::for_new_run();
    let token = values.get(Slot::BootstrapToken).unwrap();
    assert!(!command.line().contains(token));

    let input = command.stdin().fill(&values).unwrap();
    host.run(
        command.script,
        &["https://192.0.2.22:6443"],
        std::str::from_utf8(&input).unwrap(),
    );

    let written = bootstrap(&host);
    assert_eq!(written["users"][0]["user"]["token"], token);
    let authority = &written["clusters"][0]["cluster"]["certificate-authority-data"];
    assert_eq!(
        authority,
        &base64::Engine::encode(&base64::prelude::BASE64_STANDARD, CERTIFICATE)
    );
    let context = &written["contexts"][0];
    assert_eq!(context["name"], written["current-context"]);
    assert_eq!(context["context"]["cluster"], written["clusters"][0]["name"]);
    assert_eq!(context["context"]["user"], written["users"][0]["name"]);
    let mode = std::fs::metadata(host.path().join("bootstrap-kubelet.conf"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let left = std::fs::read_dir(host.path()).unwrap();
    assert!(
        left.flatten()
            .all(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
    );
}

#[test]
fn a_kubelet_without_its_certificate_keeps_its_bootstrap_identity() {
    let host = Host::new();
    host.put("kubelet.conf", WRITTEN_BY_KUBELET);
    host.put("bootstrap-kubelet.conf", "token: abcdef.0123456789abcdef\n");
    let remove = || {
        host.run(remove_bootstrap_identity().script, &[], "")
            .status
            .success()
    };

    assert!(remove());
    assert!(host.has("bootstrap-kubelet.conf"));

    host.put("kubelet-client-current.pem", CERTIFICATE);
    assert!(remove());
    assert!(!host.has("bootstrap-kubelet.conf"));
}

/// Finishes a join with these programs; the phases are given one second.
fn finish(kubectl: &str, kubeadm: &str) -> (Output, Host) {
    let host = Host::new();
    host.program("kubectl", kubectl);
    host.program("kubeadm", kubeadm);
    let command = finish_control_plane("https://192.0.2.22:6443", &["mark-control-plane"]);
    let script = command.script.replace("timeout -k 5 100 ", "timeout -k 1 1 ");
    assert_ne!(script, command.script);
    let arguments: Vec<&str> = command.arguments.iter().map(String::as_str).collect();
    let output = host.run(&script, &arguments, "");
    (output, host)
}

#[test]
fn a_kubeadm_that_waits_for_ever_is_ended_on_the_host() {
    let since = Instant::now();
    let (output, host) = finish(
        "echo ok",
        "echo $$ >\"${0%/*}/pid\"; trap '' TERM; while :; do sleep 60; done",
    );

    assert!(since.elapsed() < Duration::from_secs(30));
    assert!(!output.status.success());
    // Nobody may have asked yet how it ended.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", host.read("pid").trim()));
    assert!(state.map_or(true, |state| state.contains(") Z ")));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("mark-control-plane did not end within 100 s"),
        "{words}"
    );
}

#[test]
fn a_kubeadm_that_was_ended_is_named() {
    let (output, _) = finish("echo ok", "exec sleep 60");

    assert_eq!(output.status.code(), Some(124));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("mark-control-plane did not end within 100 s"),
        "{words}"
    );
}

#[test]
fn nothing_is_begun_where_the_api_does_not_answer() {
    let (output, host) = finish("echo 'connection refused' >&2; exit 1", "touch \"${0%/*}/begun\"");

    assert_eq!(output.status.code(), Some(1));
    assert!(!host.has("begun"));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        words,
        "https://192.0.2.22:6443/readyz, asked with admin.conf: connection refused\n"
    );
}

#[test]
fn what_kubeadm_fails_with_is_passed_on() {
    let (output, _) = finish("echo ok", "echo 'error execution phase' >&2; exit 3");

    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("error execution phase")
    );
}
