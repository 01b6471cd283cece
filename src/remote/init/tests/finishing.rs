//! An init that was begun is finished by what is missing, and only that.

use super::*;

/// What is asked where the last phases of an init are done, and kubectl answers the question for kubeadm-config so.
fn finished(configured: &str, nodes: &str) -> (Output, String) {
    finished_with(configured, nodes, "true")
}

/// The same, and the questions for Secrets and for cluster-info so.
fn finished_with(configured: &str, nodes: &str, secrets: &str) -> (Output, String) {
    let host = before_init();
    host.program(
        "kubectl",
        &format!(
            "case \"$*\" in *readyz*) ;; *'get nodes'*) {nodes} ;; *'get secret'* | *cluster-info*) {secrets} ;; *'get configmap'*) {configured} ;; *) echo \"kubectl $*\" >>\"${{0%/*}}/asked\" ;; esac"
        ),
    );
    let phases = [
        "upload-config kubeadm",
        "upload-certs",
        "bootstrap-token",
        "addon coredns",
    ];
    let arguments = ["https://192.0.2.21:6443"].into_iter().chain(phases);
    let script = format!(
        "moved() {{ echo \"changed since the plan: $1\" >&2; exit 4; }}\n{}",
        finish_init("", &[]).script
    );
    let output = host.run(&script, &arguments.collect::<Vec<_>>(), "k3x9qz\n");
    let asked = if host.has("asked") {
        host.read("asked")
    } else {
        String::new()
    };
    (output, asked)
}

#[test]
fn an_init_is_finished_by_the_phases_that_are_missing() {
    for (configured, is_written) in [
        ("echo configmap/kubeadm-config", false),
        ("true", true),
        (
            "echo 'Error from server (Forbidden): configmaps is forbidden' >&2; exit 1",
            true,
        ),
    ] {
        let (output, asked) = finished(configured, "echo node/cp1");

        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            asked.contains("init phase upload-config kubeadm "),
            is_written,
            "{asked}"
        );
        let phases: Vec<&str> = asked.lines().filter(|line| line.starts_with("kubeadm")).collect();
        assert!(
            phases
                .last()
                .unwrap()
                .starts_with("kubeadm init phase addon coredns --config ")
        );
        for secret in ["kubeadm-certs", "bootstrap-token-k3x9qz"] {
            assert!(
                asked.contains(&format!("secret {secret} hawser/run=k3x9qz")),
                "{asked}"
            );
        }
    }
}

#[test]
fn an_init_is_not_finished_while_the_api_does_not_tell_what_is_there() {
    let late = "echo 'Unable to connect to the server: context deadline exceeded' >&2; exit 1";
    for (configured, nodes, secrets) in [
        (late, "echo node/cp1", "true"),
        ("true", late, "true"),
        ("true", "echo node/cp1", late),
    ] {
        let (output, asked) = finished_with(configured, nodes, secrets);

        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains("context deadline exceeded"), "{words}");
        assert_eq!(asked, "");
    }
}

/// kubectl that has an unlabelled Secret, whose owner and cluster-info were made at these times.
fn uploaded(owner: &str, info: &str) -> String {
    format!(
        "case \"$*\" in *kubeadm-certs*) printf '%s' ' bootstrap-token-abcdef 2026-01-01T10:00:00Z' ;; \
         *cluster-info*) printf '%s' '{info}' ;; *'-o name'*) echo secret/bootstrap-token-abcdef ;; *) printf '%s' '{owner}' ;; esac"
    )
}

#[test]
fn an_init_is_not_finished_over_somebody_elses_certificates() {
    let (output, asked) = finished_with(
        "true",
        "echo node/cp1",
        &uploaded("2026-01-01T10:07:00Z", "2026-01-01T10:00:04Z"),
    );

    expect_moved(&output, "the Secret kubeadm-certs was uploaded by another user");
    assert_eq!(asked, "");

    // What the init itself has uploaded is older than cluster-info.
    for info in ["", "2026-01-01T10:00:04Z"] {
        let (output, asked) = finished_with("true", "echo node/cp1", &uploaded("2026-01-01T10:00:04Z", info));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        assert!(asked.contains("init phase upload-certs"), "{asked}");
    }
}

#[test]
fn certificates_are_looked_at_again_once_there_are_rights() {
    let theirs = uploaded("2026-01-01T10:07:00Z", "2026-01-01T10:00:04Z");
    let forbidden = "echo 'Error from server (Forbidden): secrets is forbidden' >&2; exit 1";
    let secrets =
        format!("[ -e \"${{0%/*}}/rights\" ] || {{ : >\"${{0%/*}}/rights\"; {forbidden}; }}; {theirs}");

    let (output, asked) = finished_with("true", "echo node/cp1", &secrets);

    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("was uploaded by another user"), "{words}");
    assert!(!asked.contains("upload-certs"), "{asked}");
}

#[test]
fn an_init_that_others_have_joined_is_not_finished() {
    let (output, asked) = finished("true", "echo node/cp1; echo node/w1");

    expect_moved(&output, "other nodes have joined");
    assert_eq!(asked, "");
}
