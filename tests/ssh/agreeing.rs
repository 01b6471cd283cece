//! What was agreed to is what is done: the hosts may become others while the question stands, or after a
//! plan was saved. From outside, against an sshd whose every command answers as a fresh control plane did,
//! in need of one image more or less.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::endings::{Ending, Running, asked, inventory, sshd_that_runs};
use super::*;

/// Gives its lock to whoever wants it, and takes it back. To all else it answers from a file, whichever lies there;
/// from the other, where there is one, when it has been asked once.
const ANSWERS: &str = "#!/bin/sh\ncd \"${0%/*}\"\necho \"hawser-started $$\" >&2\n\
    case $SSH_ORIGINAL_COMMAND in *'echo taken'*) echo taken; exit ;; *'a command works here'*) exit ;; esac\n\
    echo >>asked\n\
    if [ -e next ] && [ \"$(wc -l <asked)\" -gt 1 ]; then cat next; else cat facts; fi\n";

const FRESH: &str = include_str!("../../src/facts/captured/control-plane-fresh.txt");

/// What a host answers whose kubeadm has no need of one image any more.
fn with_fewer_images() -> String {
    let answer = |line: &'static str| line.strip_prefix("hawser-fact needed_images ");
    let images = FRESH.lines().find_map(answer).unwrap();
    let text = String::from_utf8(BASE64_STANDARD.decode(images).unwrap()).unwrap();
    let fewer: Vec<&str> = text.lines().filter(|line| !line.contains("coredns")).collect();
    FRESH.replace(images, &BASE64_STANDARD.encode(fewer.join("\n")))
}

/// What the plan says then, in the place of the other.
const CHANGED: &str = "changed: cp1/pull-images: pull 6 images";

/// A fresh control plane.
fn control_plane() -> Option<Sshd> {
    let sshd = sshd_that_runs(ANSWERS)?;
    sshd.write("bin/facts", FRESH);
    inventory(&sshd.path(""), sshd.port, "user", "");
    Some(sshd)
}

fn change(sshd: &Sshd) {
    sshd.write("bin/facts", &with_fewer_images());
}

fn hawser(sshd: &Sshd, arguments: &[&str]) -> (i32, String) {
    let (code, text) = Running::without_a_terminal(&sshd.path(""), arguments).end();
    (code.unwrap(), text)
}

/// Saved by `plan --out`.
fn saved(sshd: &Sshd, more: &[&str]) -> PathBuf {
    let (code, text) = hawser(sshd, &[&["plan", "--out", "cp1.plan"], more].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("saved: `hawser apply cp1.plan`"), "{text}");
    sshd.path("cp1.plan")
}

#[test]
fn what_changes_while_the_question_stands_is_told_and_asked_about_again() {
    let Some(sshd) = control_plane() else { return };
    let Some(mut running) = Running::on_a_terminal(&sshd.path(""), "apply --skip-check") else {
        return;
    };
    running.reply.wait_for("[y/N] ");
    change(&sshd);

    running.act(Ending::Typed("y\n"));

    running.reply.wait_for_times("[y/N] ", 2);
    running.act(Ending::Typed("n\n"));
    let (code, text) = running.end_on_terminal();
    assert_eq!(code, 130, "{text}");
    let reported = text
        .split("the hosts have changed since the plan, and the plan with them")
        .nth(1);
    let reported = reported.unwrap_or_else(|| panic!("{text}"));
    assert!(reported.contains(CHANGED), "{text}");
    assert!(reported.contains("cp1  pull 6 images"), "{text}");
    assert!(reported.contains("before anything was changed"), "{text}");
    assert_eq!(asked(&sshd), 2, "{text}");
}

#[test]
fn where_nobody_is_asked_what_has_changed_is_told_and_done() {
    let Some(sshd) = control_plane() else { return };
    sshd.write("bin/next", &with_fewer_images());

    let (code, text) = hawser(&sshd, &["apply", "--skip-check", "--yes", "--limit", "cp1"]);

    let reported = text.split("warning: the hosts have changed since the plan, and the plan with them");
    assert_eq!(reported.count(), 2, "{text}");
    assert!(text.contains(CHANGED), "{text}");
    // No host that answers so can be initialised.
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("== load images"), "{text}");
}

#[test]
fn a_host_that_is_as_it_was_is_not_asked_about_again() {
    let Some(sshd) = control_plane() else { return };

    let (_, text) = hawser(&sshd, &["apply", "--skip-check", "--yes", "--limit", "cp1"]);

    assert!(!text.contains("have changed"), "{text}");
    assert!(text.contains("== load images"), "{text}");
}

#[test]
fn while_it_looks_at_the_hosts_again_a_signal_ends_it() {
    let Some(sshd) = control_plane() else { return };
    sshd.write("bin/answer", &ANSWERS.replace("cat next", "exec sleep 600"));
    sshd.write("bin/next", "");
    let arguments = ["apply", "--skip-check", "--yes", "--limit", "cp1"];
    let mut running = Running::without_a_terminal(&sshd.path(""), &arguments);
    support::wait::until("it looks again", Duration::from_mins(2), || {
        (asked(&sshd) == 2)
            .then_some(())
            .ok_or_else(|| "not yet".to_owned())
    });

    running.act(Ending::Terminated);

    let (code, text) = running.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(
        text.contains("stopped by you, before anything was changed"),
        "{text}"
    );
}

#[test]
fn a_saved_plan_is_done_while_everything_is_as_it_was() {
    let Some(sshd) = control_plane() else { return };
    let path = saved(&sshd, &["--limit", "cp1", "--skip-check"]);

    let (code, text) = hawser(&sshd, &["apply", "cp1.plan", "--yes"]);

    assert_eq!(code, 1, "{text}");
    assert!(text.contains("== load images"), "{text}");
    let text = std::fs::read_to_string(&path).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        (&file["format"], &file["version"]),
        (&"hawser-plan".into(), &2.into())
    );
    assert_eq!(file["options"]["limit"], serde_json::json!(["cp1"]));
    assert!(file["plan"].as_str().unwrap().contains("kubeadm init"), "{text}");
}

#[test]
fn a_saved_plan_is_refused_when_a_host_has_changed() {
    let Some(sshd) = control_plane() else { return };
    saved(&sshd, &["--skip-check"]);
    change(&sshd);

    let (code, text) = hawser(&sshd, &["apply", "cp1.plan", "--yes"]);

    assert_eq!(code, 4, "{text}");
    assert!(text.contains(CHANGED), "{text}");
    assert!(text.contains("nothing was changed; save a new plan"), "{text}");
    assert_eq!(asked(&sshd), 2);
}

#[test]
fn a_saved_plan_is_refused_when_the_host_changes_while_the_question_stands() {
    let Some(sshd) = control_plane() else { return };
    saved(&sshd, &["--skip-check"]);
    let Some(mut running) = Running::on_a_terminal(&sshd.path(""), "apply cp1.plan") else {
        return;
    };
    running.reply.wait_for("[y/N] ");
    change(&sshd);

    running.act(Ending::Typed("y\n"));

    let (code, text) = running.end_on_terminal();
    assert_eq!(code, 4, "{text}");
    assert!(text.contains(CHANGED), "{text}");
    assert_eq!(asked(&sshd), 3);
}

#[test]
fn a_saved_plan_is_refused_before_a_host_is_asked_when_the_inventory_or_hawser_is_another() {
    let Some(sshd) = control_plane() else { return };
    let path = saved(&sshd, &["--skip-check"]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"hawser\": \"", "\"hawser\": \"0.0.0+")).unwrap();
    let inventory = std::fs::read_to_string(sshd.path("inventory.toml")).unwrap();
    sshd.write("inventory.toml", &format!("{inventory}# seen\n"));

    let (code, text) = hawser(&sshd, &["apply", "cp1.plan", "--yes"]);

    assert_eq!(code, 4, "{text}");
    assert!(text.contains("changed: the inventory"), "{text}");
    assert!(text.contains("0.0.0+"), "{text}");
    assert_eq!(asked(&sshd), 1);
}

#[test]
fn a_saved_plan_has_the_sum_of_no_secret_file() {
    let Some(sshd) = control_plane() else { return };
    let files = ["open", "secret"].map(|name| {
        sshd.write(name, name);
        let is_secret = name == "secret";
        format!(
            "[[files]]\nroles = [\"control-plane\"]\npath = \"/etc/kubernetes/{name}\"\n\
             source = \"{name}\"\nsecret = {is_secret}\n"
        )
    });
    inventory(&sshd.path(""), sshd.port, "user", &files.concat());

    let text = std::fs::read_to_string(saved(&sshd, &[])).unwrap();

    assert!(text.contains("the file 1 for /etc/kubernetes/open"), "{text}");
    assert!(!text.contains("for /etc/kubernetes/secret"), "{text}");
}

#[test]
fn options_that_a_saved_plan_was_not_made_with_are_a_mistake_of_usage() {
    let Some(sshd) = control_plane() else { return };
    saved(&sshd, &["--limit", "cp1"]);

    for option in [
        &["--limit", "cp2"] as &[&str],
        &["--prepare-only"],
        &["--max-unreachable-workers", "1"],
        &["--skip-check"],
        &["--ignore", "swap"],
    ] {
        let (code, text) = hawser(&sshd, &[&["apply", "cp1.plan", "--yes"], option].concat());

        assert_eq!(code, 2, "{option:?}: {text}");
        assert!(text.contains(option[0]), "{option:?}: {text}");
    }
    assert_eq!(asked(&sshd), 1);
}

#[test]
fn a_plan_is_saved_over_another_and_over_nothing_else() {
    let Some(sshd) = control_plane() else { return };
    saved(&sshd, &[]);
    saved(&sshd, &["--limit", "cp1"]);
    sshd.write("notes.txt", "mine");

    let (code, text) = hawser(&sshd, &["plan", "--out", "notes.txt"]);
    let (other_code, other) = hawser(&sshd, &["apply", "notes.txt", "--yes"]);

    assert_eq!((code, other_code), (2, 2), "{text}{other}");
    assert!(text.contains("not a plan that this hawser saved"), "{text}");
    assert!(other.contains("it is no plan"), "{other}");
    assert_eq!(std::fs::read_to_string(sshd.path("notes.txt")).unwrap(), "mine");
    assert_eq!(asked(&sshd), 2);
}

#[test]
fn a_plan_that_is_refused_is_not_saved() {
    let Some(sshd) = control_plane() else { return };
    sshd.write("bin/facts", "hawser-fact cut\n");

    let (code, text) = hawser(&sshd, &["plan", "--out", "cp1.plan"]);

    assert_ne!(code, 0, "{text}");
    assert!(!sshd.path("cp1.plan").exists(), "{text}");
}
