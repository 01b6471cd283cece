//! What is made for joins and deleted after: the scripts as they are sent, beside a kubectl that keeps Secrets in a
//! folder, each a file with its labels, its owner and when it was made.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::commands::{self as kubernetes, Made};
use crate::remote::wire::RemoteCommand;

/// `get secret NAME` with a template prints the file; with `-l` the names and owners of those whose first line begins
/// with it.
const KUBECTL: &str = r#"#!/bin/sh
cd "${0%/*}/secrets" || exit 1
all=$*
printf '%s\n' "$*" >>../asked
case "$*" in
  *'get --raw /version'*) exit 0 ;;
  *'get secret -l '*)
    selector=${all#*-l }; selector=${selector%% *}
    for file in *; do
      if grep -q "^$selector" "$file"; then printf '%s %s ' "$file" "$(sed -n 2p "$file")"; fi
    done ;;
  *'get secret '*'.data.expiration'*)
    name=${all#*get secret }; name=${name%% *}
    [ ! -e "$name" ] || printf '%s %s' "$name" "$(sed -n 3p "$name" | base64 -w0)" ;;
  *'get secret '*'-o name'*)
    name=${all#*get secret }; name=${name%% *}
    [ ! -e "$name" ] || echo "secret/$name" ;;
  *'get secret '*)
    name=${all#*get secret }; name=${name%% *}
    [ ! -e "$name" ] || printf '%s %s %s' "$(sed -n 1p "$name" | sed 's/.*=//')" "$(sed -n 2p "$name")" "$(sed -n 3p "$name")" ;;
  *'delete secret '*)
    for name in ${all#*delete secret }; do rm -f -- "$name"; done ;;
  *'patch secret '*)
    name=${all#*patch secret }; name=${name%% *}
    printf '\n\n%s\n' "$(printf %s "$*" | sed 's/.*"expiration":"\([^"]*\)".*/\1/')" >"$name" ;;
  *'label --overwrite secret '*)
    set -- ${all#*overwrite secret }
    printf '%s\n' "$2" >"$1.new"; tail -n +2 "$1" >>"$1.new"; mv "$1.new" "$1" ;;
esac
"#;

struct Cluster(TempDir);

impl Cluster {
    /// With these Secrets: name, label, owner, when it was made or ends.
    fn with(secrets: &[(&str, &str, &str, &str)]) -> Self {
        let cluster = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(cluster.0.path().join("secrets")).unwrap();
        cluster.program("kubectl", KUBECTL);
        cluster.program(
            "kubeadm",
            "#!/bin/sh\ncd \"${0%/*}\"\necho \"kubeadm $*\" >>asked\ncase \"$*\" in *upload-certs*) printf '\\nbootstrap-token-proxy\\nnow\\n' >secrets/kubeadm-certs ;; *token*) printf '\\n\\n\\n' >secrets/bootstrap-token-k3x9qz ;; esac\n",
        );
        std::fs::write(cluster.0.path().join("admin.conf"), "").unwrap();
        for (name, label, owner, time) in secrets {
            let text = format!("{label}\n{owner}\n{time}\n");
            std::fs::write(cluster.0.path().join("secrets").join(name), text).unwrap();
        }
        cluster
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, command: &RemoteCommand) -> Output {
        let folder = self.0.path().display();
        let usual = "export LC_ALL=C PATH=\"";
        let line = command
            .line()
            .replace(usual, &format!("{usual}{folder}:"))
            .replace("/etc/kubernetes/admin.conf", &format!("{folder}/admin.conf"));
        let mut child = Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"k3x9qz\n").unwrap();
        child.wait_with_output().unwrap()
    }

    fn secrets(&self) -> Vec<String> {
        let all = std::fs::read_dir(self.0.path().join("secrets")).unwrap();
        let mut names: Vec<String> = all
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn label(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.0.path().join("secrets").join(name)).unwrap();
        text.lines().next().unwrap().to_owned()
    }
}

const THEIRS: (&str, &str, &str, &str) = (
    "kubeadm-certs",
    "",
    "bootstrap-token-theirs",
    "2026-11-30T22:00:00Z",
);
const THEIR_TOKEN: (&str, &str, &str, &str) = ("bootstrap-token-theirs", "", "", "2026-11-30T23:59:00Z");

fn succeeds(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn certificates_that_somebody_else_has_uploaded_stay_at_the_end() {
    let own = ("bootstrap-token-k3x9qz", "hawser/run=k3x9qz", "", "");
    let cluster = Cluster::with(&[own, THEIRS, THEIR_TOKEN]);

    succeeds(&cluster.run(&kubernetes::delete_run_secrets(Made::ForRun)));

    assert_eq!(cluster.secrets(), ["bootstrap-token-theirs", "kubeadm-certs"]);
}

#[test]
fn what_the_run_and_earlier_ones_have_made_goes() {
    let cluster = Cluster::with(&[
        ("bootstrap-token-k3x9qz", "", "", ""),
        ("bootstrap-token-before", "hawser/run=before", "", ""),
        ("bootstrap-token-guest0", "hawser/invited=guest0", "", ""),
        ("kubeadm-certs", "hawser/run=before", "bootstrap-token-proxy", ""),
        ("bootstrap-token-proxy", "", "", ""),
        THEIR_TOKEN,
    ]);

    succeeds(&cluster.run(&kubernetes::delete_run_secrets(Made::ForRun)));

    assert_eq!(
        cluster.secrets(),
        ["bootstrap-token-guest0", "bootstrap-token-theirs"]
    );
}

#[test]
fn an_invitation_that_is_withdrawn_takes_nothing_else_with_it() {
    let cluster = Cluster::with(&[
        ("bootstrap-token-k3x9qz", "hawser/invited=k3x9qz", "", ""),
        ("bootstrap-token-guest0", "hawser/invited=guest0", "", ""),
        ("bootstrap-token-before", "hawser/run=before", "", ""),
    ]);

    succeeds(&cluster.run(&kubernetes::delete_run_secrets(Made::ToStay)));

    assert_eq!(
        cluster.secrets(),
        ["bootstrap-token-before", "bootstrap-token-guest0"]
    );
}

#[test]
fn certificates_of_somebody_else_are_not_replaced_as_long_as_they_are_good() {
    let cluster = Cluster::with(&[THEIRS, THEIR_TOKEN]);

    let output = cluster.run(&kubernetes::upload_certificates(Made::ForRun));

    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{words}");
    let reported = "changed since the plan: the Secret kubeadm-certs was uploaded by another user at 2026-11-30T22:00:00Z";
    assert!(words.contains(reported), "{words}");
    assert_eq!(cluster.label("kubeadm-certs"), "");
}

#[test]
fn certificates_of_which_the_api_does_not_tell_are_not_replaced() {
    let cluster = Cluster::with(&[THEIRS, THEIR_TOKEN]);
    let silent = "*'get secret '*'-o name'*) echo 'context deadline exceeded' >&2; exit 1 ;;\n";
    let kubectl = KUBECTL.replacen("*'get --raw", &format!("{silent}  *'get --raw"), 1);
    cluster.program("kubectl", &kubectl);

    let output = cluster.run(&kubernetes::upload_certificates(Made::ForRun));

    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("context deadline exceeded"), "{words}");
    assert_eq!(cluster.label("kubeadm-certs"), "");
}

#[test]
fn certificates_of_an_earlier_run_or_that_have_expired_are_replaced() {
    let of_earlier = (
        "kubeadm-certs",
        "hawser/run=before",
        "bootstrap-token-proxy",
        "then",
    );
    for found in [of_earlier, THEIRS] {
        let cluster = Cluster::with(&[found]);

        succeeds(&cluster.run(&kubernetes::upload_certificates(Made::ForRun)));

        assert_eq!(cluster.label("kubeadm-certs"), "hawser/run=k3x9qz");
    }
}

#[test]
fn a_token_that_is_made_has_a_label() {
    let cluster = Cluster::with(&[]);

    succeeds(&cluster.run(&kubernetes::create_token(Made::ForRun)));

    assert_eq!(cluster.label("bootstrap-token-k3x9qz"), "hawser/run=k3x9qz");
}

#[test]
fn a_token_is_renewed_before_it_ends_and_after() {
    let lasts = || kubernetes::token_lasts(Duration::from_secs(3600));
    for found in [
        &[("bootstrap-token-k3x9qz", "", "", "2020-11-30T22:00:00Z")][..],
        &[],
    ] {
        let cluster = Cluster::with(found);
        assert_eq!(cluster.run(&lasts()).status.code(), Some(1));

        succeeds(&cluster.run(&kubernetes::renew_token()));

        if found.is_empty() {
            assert_eq!(cluster.label("bootstrap-token-k3x9qz"), "hawser/run=k3x9qz");
        } else {
            succeeds(&cluster.run(&lasts()));
        }
    }
}
