//! Whether a kubeadm reads all of its configuration, by those of every age.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use super::commands::reads_configuration;

const KLOG: &str = "W1122 08:46:33.123456    1234 strict.go:54] error unmarshaling configuration \
    schema.GroupVersionKind{Group:\"kubeadm.k8s.io\", Version:\"v1beta2\", Kind:\"ClusterConfiguration\"}: error \
    unmarshaling JSON: while decoding JSON: json: unknown field \"clusterNam\"";

/// What a host says whose kubeadm has these subcommands of `config`, and answers each as `answer` does.
fn ask(subcommands: &str, answer: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let kubeadm = folder.path().join("kubeadm");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n'config --help') printf '  %s  does something\\n' {subcommands} ;;\n\
         *) {answer} ;;\nesac\n"
    );
    std::fs::write(&kubeadm, script).unwrap();
    std::fs::set_permissions(&kubeadm, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", std::env::var("PATH").unwrap(), folder.path().display());
    let line = reads_configuration("/run/hawser/kubeadm-join.yaml").line();
    Command::new("sh")
        .args(["-c", &line])
        .env("PATH", path)
        .output()
        .unwrap()
}

fn reply(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_kubeadm_that_can_validate_is_asked_to() {
    let asked = ask("migrate validate", "echo \"$*\" >&2; exit 3");

    assert_eq!(asked.status.code(), Some(1));
    assert_eq!(
        reply(&asked),
        "config validate --config /run/hawser/kubeadm-join.yaml\n"
    );
}

#[test]
fn an_older_one_reads_the_file_as_if_to_write_it_anew_and_writes_nothing() {
    let asked = ask("migrate print", "echo \"$*\" >&2; exit 3");

    let expected = "config migrate --old-config /run/hawser/kubeadm-join.yaml --new-config /dev/null\n";
    assert_eq!(reply(&asked), expected);
}

#[test]
fn a_warning_of_an_unknown_field_is_a_no_whatever_the_exit_status() {
    let asked = ask("migrate", &format!("echo '{KLOG}' >&2"));

    assert_eq!(asked.status.code(), Some(1));
    assert!(
        reply(&asked).starts_with("error unmarshaling configuration"),
        "{}",
        reply(&asked)
    );
    assert!(
        reply(&asked).ends_with("unknown field \"clusterNam\"\n"),
        "{}",
        reply(&asked)
    );
}

#[test]
fn a_document_that_kubeadm_passes_over_is_a_no_in_the_words_of_every_version() {
    for what in ["configuration", "YAML"] {
        let warning = format!(
            "Ignored {what} document with GroupVersionKind kubeadm.k8s.io/v1beta4, Kind=ClusterConfigurations"
        );
        let asked = ask(
            "migrate validate",
            &format!("echo 'W1122 08:46:33.1 1 x.go:1] WARNING: {warning}' >&2"),
        );

        assert_eq!(
            (asked.status.code(), reply(&asked)),
            (Some(1), format!("WARNING: {warning}\n"))
        );
    }
}

#[test]
fn other_warnings_are_no_reason() {
    let asked = ask(
        "migrate",
        "echo 'W1122 08:46:33.1 1 x.go:1] cannot determine the OS' >&2",
    );

    assert_eq!((asked.status.code(), reply(&asked)), (Some(0), String::new()));
}
