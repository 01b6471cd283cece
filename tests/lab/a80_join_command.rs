//! A host that the inventory does not name joins by the line that hawser prints.

use std::time::Duration;

use support::hawser::{LOOK, Workstation, administrator};
use support::{host, lab, wait};

use crate::evidence::PROFILE;

const GUEST: &str = "w9";

#[test]
fn a80_the_line_brings_in_a_worker_and_leaves_no_trace_of_itself() {
    let workstation = Workstation::new(PROFILE);

    let ran = workstation.hawser(&["join-command"], LOOK).exits(0);

    let line = ran.stdout.trim_end();
    let token = line
        .split_whitespace()
        .skip_while(|word| *word != "--token")
        .nth(1)
        .unwrap();
    assert!(
        line.starts_with("kubeadm join api.lab.test:6443 --token ") && !line.contains('\n'),
        "{line}"
    );
    assert!(!ran.stderr.contains(token));
    assert!(!host::is_so("cp1", "test -e /run/hawser"));
    assert_eq!(
        holds(workstation.folder(), token),
        Vec::<std::path::PathBuf>::new()
    );

    // There would be nine hosts, and their inotify instances are those of one machine.
    lab::kill("w2");
    lab::add(GUEST, "10.77.0.39");
    let containers_cannot = "--ignore-preflight-errors=all";
    host::exec(
        GUEST,
        &format!("echo 10.77.0.100 api.lab.test >>/etc/hosts; {line} {containers_cannot}"),
    );
    wait::until("the guest is Ready", Duration::from_secs(180), || {
        let ready = administrator(PROFILE).kubectl.ready_nodes()?;
        let is_there = ready.iter().any(|name| name == GUEST);
        is_there.then_some(()).ok_or_else(|| ready.join(" "))
    });
    lab::power_cycle("w2");
}

/// The files below a folder that hold a text.
fn holds(folder: &std::path::Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holds(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path);
        }
    }
    found
}
