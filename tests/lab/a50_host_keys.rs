//! A host key that is unknown, another, or revoked: that host is told nothing, and no host is changed.

use std::process::Command;
use std::time::Duration;

use support::hawser::{LOOK, Workstation};
use support::process::{Ran, run};
use support::{host, lab, record};

use crate::evidence::PROFILE;

/// The host whose key is not as it should be.
const ODD: &str = "w1";

/// An operator who has something to change (a label of w2, through cp1), with known_hosts of his own.
fn operator(known_hosts: &str) -> (tempfile::TempDir, Workstation) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    std::fs::write(&file, known_hosts).unwrap();
    let inventory = lab::inventory_text(PROFILE)
        .replace(
            &lab::known_hosts().display().to_string(),
            &file.display().to_string(),
        )
        .replace(
            "name = \"w2\"",
            "name = \"w2\"\nlabels = { \"lab.test/key\" = \"value\" }",
        );
    (folder, Workstation::with_text(&inventory))
}

fn known_hosts() -> String {
    std::fs::read_to_string(lab::known_hosts()).unwrap()
}

/// The lines about the odd host, and those about others.
fn parted() -> (String, String) {
    let address = lab::address(PROFILE, ODD);
    let all = known_hosts();
    let is_odd = |line: &&str| line.starts_with(&format!("{address},"));
    let (odd, others): (Vec<&str>, Vec<&str>) = all.lines().partition(is_odd);
    assert!(!odd.is_empty() && !others.is_empty());
    (odd.join("\n") + "\n", others.join("\n") + "\n")
}

/// hawser's whole way to w1 under these known_hosts: refused, and nothing done anywhere.
fn is_refused(known_hosts: &str) -> Ran {
    let (_folder, workstation) = operator(known_hosts);
    lab::record("on");
    lab::record("clear");
    let bookmark = host::bookmark(ODD);

    let ran = workstation.hawser(&["apply", "--yes"], LOOK).exits(5);

    let fingerprints = host::exec(
        ODD,
        "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done",
    );
    let mut hashes = fingerprints.lines().filter_map(|line| line.split(' ').nth(1));
    assert!(
        hashes.any(|hash| ran.stdout.contains(hash)),
        "{fingerprints}{}",
        ran.reply()
    );
    nothing_reached(&bookmark);
    others_were_only_looked_at();
    ran
}

fn nothing_reached(bookmark: &host::Bookmark) {
    let lines = bookmark.lines_since();
    assert!(
        lines.iter().any(|line| line.contains("Connection from")),
        "{lines:#?}"
    );
    for word in ["userauth-request", "Accepted", "Failed", "server_input_channel"] {
        assert!(
            !lines.iter().any(|line| line.contains(word)),
            "{word}: {lines:#?}"
        );
    }
    assert!(record::of(ODD, "root").is_empty());
}

fn others_were_only_looked_at() {
    for (name, _) in lab::hosts(PROFILE).iter().filter(|(name, _)| name != ODD) {
        let record = record::of(name, "root");
        assert!(record.len() <= 1, "{name}: {record:#?}");
        let looks = record
            .iter()
            .all(|one| one.command.contains("What is asked of a host, in one go"));
        assert!(looks, "{name}: {record:#?}");
    }
}

#[test]
fn a50_where_all_keys_are_known_there_is_something_to_do() {
    let (_folder, workstation) = operator(&known_hosts());

    workstation
        .hawser(&["plan", "--detailed-exitcode"], LOOK)
        .exits(6);
}

#[test]
fn a50_an_unknown_key_is_refused() {
    let (_, others) = parted();

    let ran = is_refused(&others);

    assert!(ran.stdout.contains("known_hosts"), "{}", ran.reply());
}

#[test]
fn a50_a_changed_key_is_refused() {
    let (_, others) = parted();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    run(&mut keygen, Duration::from_secs(20)).exits(0);
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let address = lab::address(PROFILE, ODD);

    let ran = is_refused(&format!("{others}{address} {public}"));

    assert!(
        ran.stdout.contains("another machine may answer"),
        "{}",
        ran.reply()
    );
}

#[test]
fn a50_a_revoked_key_is_refused() {
    let (odd, others) = parted();
    let revoked: Vec<String> = odd.lines().map(|line| format!("@revoked {line}\n")).collect();

    let ran = is_refused(&format!("{others}{odd}{}", revoked.concat()));

    assert!(ran.stdout.contains("revoked"), "{}", ran.reply());
}
