//! A second apply finds everything done: it changes nothing, and asks each host hardly anything.

use std::collections::BTreeMap;

use support::hawser::{LOOK, Workstation};
use support::{host, lab};

use crate::evidence::PROFILE;

/// ctime and hash of every file, and each active service with its process. Login sessions come and go by themselves,
/// and so does a kubelet that kubeadm has not set up: balancers have one that starts every few seconds and ends.
const STATE: &str = r"
    files() {
      find /etc -xdev -type f -print0
      for file in /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env; do
        [ -e $file ] && printf '%s\0' $file
      done
    }
    files | xargs -0 stat -c '%n changed at %z'
    files | xargs -0 sha256sum
    systemctl list-units --type=service --state=active --plain --no-legend | while read -r unit rest; do
      case $unit in
        user@*|user-runtime-dir@*) continue ;;
        kubelet.service) [ -e /var/lib/kubelet/config.yaml ] || continue ;;
      esac
      echo $unit $(systemctl show -p MainPID $unit)
    done";

fn state() -> BTreeMap<String, Vec<String>> {
    let hosts = lab::hosts(PROFILE).into_iter();
    hosts
        .map(|(name, _)| {
            let mut lines: Vec<String> = host::exec(&name, STATE).lines().map(str::to_owned).collect();
            lines.sort();
            (name, lines)
        })
        .collect()
}

#[test]
fn a30_a_second_apply_changes_nothing() {
    let workstation = Workstation::new(PROFILE);
    workstation.settles();
    let before = state();
    let bookmarks = before.keys().map(|name| (name.clone(), host::bookmark(name)));
    let bookmarks: BTreeMap<String, host::Bookmark> = bookmarks.collect();

    let ran = workstation.hawser(&["apply", "--yes"], LOOK).exits(0);

    let requests: BTreeMap<&String, usize> = bookmarks
        .iter()
        .map(|(name, bookmark)| (name, channel_requests(bookmark)))
        .collect();
    println!(
        "took {:.1} s; {} lines of state on {} hosts; channel requests: {requests:?}",
        ran.took.as_secs_f64(),
        before.values().map(Vec::len).sum::<usize>(),
        before.len()
    );
    assert!(ran.stdout.contains("Nothing to do"), "{}", ran.reply());
    for (name, after) in state() {
        assert_eq!(difference(&before[&name], &after), Vec::<String>::new(), "{name}");
    }
    assert!(
        before["cp1"]
            .iter()
            .any(|line| line.starts_with("kubelet.service MainPID="))
    );
    for (name, count) in requests {
        assert!((1..=3).contains(&count), "{name}: {count} channel requests");
    }
}

fn channel_requests(bookmark: &host::Bookmark) -> usize {
    let lines = bookmark.lines_since();
    lines
        .iter()
        .filter(|line| line.contains("server_input_channel_req"))
        .count()
}

fn difference(before: &[String], after: &[String]) -> Vec<String> {
    let gone = before
        .iter()
        .filter(|line| !after.contains(line))
        .map(|line| format!("- {line}"));
    let new = after
        .iter()
        .filter(|line| !before.contains(line))
        .map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}

#[test]
fn a30_a_plan_of_a_healthy_cluster_has_no_changes() {
    let workstation = Workstation::new(PROFILE);

    workstation
        .hawser(&["plan", "--detailed-exitcode"], LOOK)
        .exits(0);

    assert_eq!(workstation.plan()["changes"], false);
}
