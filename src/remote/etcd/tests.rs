//! The real scripts, beside an etcdctl that says what the real ones of 3.4, 3.5 and 3.6 said (`captured`).

mod adding;
mod contents;
mod health;
mod removing;
mod snapshots;
mod starting;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::commands::*;
use crate::remote::removal::commands::{may_lose, remove_member};
use crate::remote::wire::RemoteCommand;
use crate::topology::{EtcdManager, HostName, Version};

/// What etcdctl said: `== NAME STATUS`, then its standard output, then its standard error behind `! `.
const CAPTURED: [(&str, &str); 3] = [
    ("3.4.23", include_str!("captured/etcdctl-3.4.23.txt")),
    ("3.5.1", include_str!("captured/etcdctl-3.5.1.txt")),
    ("3.6.8", include_str!("captured/etcdctl-3.6.8.txt")),
];

/// It looks up its question in `questions`, and says what stands under the name that is the next for it.
const FAKE: &str = r#"#!/bin/sh
here=${0%/*}
at= asked=
for word; do
  case $word in
    --endpoints=*) at=${word#*://}; at=${at%:*} ;;
    -* | json) ;;
    *) asked=${asked:+$asked }$word ;;
  esac
done
printf '%s\n' "$*" >>"$here/arguments"
case $asked in
  endpoint*) asked="$asked $at" ;;
  'member add'*) asked='member add' ;;
  get*) asked=get ;;
esac
printf '%s\n' "$asked" >>"$here/asked"
times=$(grep -cxF -e "$asked" "$here/asked")
name=$(awk -F '\t' -v asked="$asked" -v times="$times" '$1 == asked { n = split($2, names, " "); print names[times < n ? times : n] }' "$here/questions")
[ -n "$name" ] || { echo "nothing is known of: $asked" >&2; exit 99; }
[ -z "${ETCDCTL_API:-}" ] || echo '{"level":"warn","msg":"unrecognized environment variable"}' >&2
awk -v name="$name" '/^== / { is_it = ($2 == name); next } is_it && !/^! / { print }' "$here/captured"
awk -v name="$name" '/^== / { is_it = ($2 == name); next } is_it && /^! / { print substr($0, 3) }' "$here/captured" >&2
exit "$(awk -v name="$name" '/^== / && $2 == name { print $3 }' "$here/captured")"
"#;

/// A host with that etcdctl.
struct Rig {
    folder: TempDir,
}

impl Rig {
    /// `questions`: for each the names of what is said, one time after the other.
    fn new(captured: &str, questions: &[(&str, &str)]) -> Self {
        let rig = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        rig.write("captured", captured);
        let lines: Vec<String> = questions
            .iter()
            .map(|(asked, names)| format!("{asked}\t{names}\n"))
            .collect();
        rig.write("questions", &lines.concat());
        rig.program("etcdctl", FAKE);
        // Whether a host refuses a connection is asked of bash.
        rig.program(
            "bash",
            "#!/bin/sh\n{ echo hawser-dials; cat \"${0%/*}/bash says\"; } >&2; exit 1\n",
        );
        rig.write("bash says", "bash: connect: Connection timed out");
        rig
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(Path::new(&self.path(name)), mode).unwrap();
    }

    /// What a command comes to: its status, and what it says.
    fn run(&self, command: &RemoteCommand) -> (Option<i32>, String) {
        let moved = crate::remote::wire::PRELUDE
            .lines()
            .find(|line| line.starts_with("moved()"));
        let script = format!("set -eu\numask 077\n{}\n{}", moved.unwrap(), command.script);
        let path = format!(
            "{}:{}",
            self.folder.path().display(),
            std::env::var("PATH").unwrap()
        );
        let words = ["-c", script.as_str(), "hawser"];
        let mut shell = Command::new("sh");
        shell.args(words).args(&command.arguments).env("PATH", path);
        reply(&shell.env("ETCDCTL_API", "3").output().unwrap())
    }
}

fn reply(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

const JOINING_MEMBER: &str = "https://192.0.2.44:2380";

fn etcd4() -> HostName {
    HostName("etcd4".to_owned())
}

/// Each version of etcdctl is asked the same.
fn with_each(questions: &[(&str, &str)], check: impl Fn(&str, &Rig)) {
    for (version, captured) in CAPTURED {
        check(version, &Rig::new(captured, questions));
    }
}

/// All members answer, and each follows a leader.
const HEALTHY: [(&str, &str); 6] = [
    ("endpoint health 192.0.2.41", "health-1"),
    ("endpoint health 192.0.2.42", "health-2"),
    ("endpoint health 192.0.2.43", "health-3"),
    ("endpoint status 192.0.2.41", "status-1"),
    ("endpoint status 192.0.2.42", "status-2"),
    ("endpoint status 192.0.2.43", "status-3"),
];

fn beside(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [more, &HEALTHY].concat()
}

fn add(rig: &Rig) -> (Option<i32>, String) {
    rig.run(&add_learner("socket", &etcd4(), JOINING_MEMBER))
}

#[test]
fn an_etcd_that_was_just_installed_is_seen_to_be_new_enough() {
    let found = |says: &str| {
        let rig = Rig::new("", &[]);
        rig.program(
            "etcd",
            &format!("#!/bin/sh\necho 'a warning: 9.9.9' >&2\nprintf '{says}'\n"),
        );
        rig.run(&is_new_enough(Version::new(3, 5, 24), Version::new(1, 36, 2)))
    };
    let reported = "etcd 3.4.23 is too old for kubeadm 1.36.2, which wants 3.5.24 or newer\n".to_owned();
    assert_eq!(found("etcd Version: 3.4.23\nGit SHA: x\n"), (Some(1), reported));
    for new in ["3.5.24", "3.5.100", "3.6.8"] {
        assert_eq!(found(&format!("etcd Version: {new}\n")).0, Some(0), "{new}");
    }
    assert_eq!(found("what?\n").0, Some(2));
}

/// The flags that a help lists, read here in another way than on the host.
fn listed(help: &str) -> String {
    let lines = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"));
    let names = lines.filter_map(|line| {
        line.split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
            .next()
    });
    let names: std::collections::BTreeSet<&str> = names.collect();
    let names: Vec<&str> = names.into_iter().collect();
    names.join("\n") + "\n"
}

#[test]
fn the_flags_of_a_hosts_etcd_are_those_that_its_help_lists() {
    for help in [
        include_str!("captured/etcd-help-3.4.23.txt"),
        include_str!("captured/etcd-help-3.5.1.txt"),
        include_str!("captured/etcd-help-3.6.8.txt"),
    ] {
        let rig = Rig::new("", &[]);
        rig.write("help", help);
        rig.program(
            "etcd",
            "#!/bin/sh\necho '  --not-a-flag: a warning' >&2\ncat \"${0%/*}/help\"\n",
        );
        let script = concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/probe_etcd.sh"),
            "etcd_flags\n"
        );

        let found = rig.run(&RemoteCommand::reads("test", script));

        assert_eq!(found, (Some(0), listed(help)));
        assert!(found.1.contains("\nlisten-metrics-urls\n"));
    }
}

/// crictl and ctr of a host on which a user's pod has a container of that name too, and the cluster's own is in
/// kube-system.
const RUNTIME: &str = r#"#!/bin/sh
printf '%s\n' "${0##*/} $*" >>"${0%/*}/asked of the runtime"
case "$*" in
  *' ps '*'namespace=kube-system'* | *'containers list'*'pod.namespace"==kube-system'*) echo aaa ;;
  *' ps '* | *'containers list'*) echo bbb; echo aaa ;;
  *'tasks list'*) printf 'TASK PID STATUS\nbbb 1 RUNNING\naaa 2 RUNNING\n' ;;
  *exec*) shift $(($# - 1)); echo "$1" ;;
esac
"#;

/// What a host without etcdctl asks its container runtime, where this is its client.
fn asked_of(client: &str) -> Vec<String> {
    let rig = Rig::new("", &[]);
    fs::remove_file(rig.path("etcdctl")).unwrap();
    rig.program(client, RUNTIME);
    // Only what the script uses besides is there: this machine may have clients of its own.
    for name in ["sh", "timeout", "cat", "grep", "awk", "tail", "base64", "cut"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(name))
            .find(|path| path.exists());
        std::os::unix::fs::symlink(found.unwrap(), rig.path(name)).unwrap();
    }
    let script = concat!(
        "set -eu\ncri_socket=unix:///run/test.sock\n",
        include_str!("../shell/etcdctl.sh"),
        "etcd_ctl version\n"
    );
    let output = Command::new(rig.path("sh"))
        .args(["-c", script])
        .env("PATH", rig.folder.path())
        .output();
    assert_eq!(
        reply(&output.unwrap()),
        (Some(0), "version\n".to_owned()),
        "{client}"
    );
    rig.read("asked of the runtime")
}

#[test]
fn a_container_named_etcd_in_a_users_pod_is_not_asked_in_etcds_place() {
    for client in ["crictl", "ctr"] {
        let asked = asked_of(client);
        // crictl takes a part of a name, too.
        let complete = |line: &String| !line.contains("--name") || line.contains("--name ^etcd$ ");
        assert!(asked.iter().all(complete), "{asked:#?}");
        let exec = asked.iter().find(|line| line.contains("exec")).unwrap();
        assert!(exec.contains(" aaa ") && !exec.contains("bbb"), "{asked:#?}");
    }
}

fn rig_says(captured: &str, questions: &[(&str, &str)], command: &RemoteCommand) -> String {
    let (status, reported) = Rig::new(captured, questions).run(command);
    assert_eq!(status, Some(1), "{reported}");
    reported
}

/// Its id in the list, calculated here: more digits than a floating point number keeps.
fn id_of_etcd4(captured: &str) -> String {
    let list = captured
        .split("== list-four 0\n")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let list: serde_json::Value = serde_json::from_str(list).unwrap();
    let members = list["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["name"] == "etcd4").unwrap();
    format!("{:x}", member["ID"].as_u64().unwrap())
}
