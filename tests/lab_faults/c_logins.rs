//! Whole clusters built as users that are not root, by every way of logging in.

use support::hawser::{BUILD, Workstation};
use support::lab;
use support::login::{Agent, Typist, encrypted_key, inventory};
use support::process::run;

use crate::cluster::assert_whole;

const PASSPHRASE: &str = "tar and hemp";
/// What `ops-pw` types for sudo: see lab/README.md.
const PASSWORD: &str = "correct horse";

#[test]
fn c10_a_cluster_is_built_with_the_key_in_an_agent() {
    lab::up("stacked");
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(folder.path());
    let workstation = Workstation::with(inventory(&folder, "user = \"ops\"\nidentities = []"));

    let mut apply = workstation.command(&["apply", "--yes"]);
    run(apply.env("SSH_AUTH_SOCK", &agent.socket), BUILD).exits(0);

    assert_whole(&Workstation::new("stacked"));
}

#[test]
fn c20_a_cluster_is_built_with_a_passphrase_and_a_password_that_are_typed_once() {
    lab::up("stacked");
    let folder = tempfile::tempdir().unwrap();
    let key = encrypted_key(&folder, PASSPHRASE);
    let ssh = format!(
        "user = \"ops-pw\"\nsudo = \"password\"\nidentities = [\"{}\"]",
        key.display()
    );
    let workstation = Workstation::with(inventory(&folder, &ssh));

    let mut apply = Typist::start(&workstation.command(&["apply"]));
    apply.answer("Passphrase of", PASSPHRASE);
    apply.answer("Password of ops-pw for sudo on the hosts:", PASSWORD);
    apply.answer("Apply this plan?", "y");
    let (code, screen) = apply.finish(BUILD);

    assert_eq!(code, Some(0), "{screen}");
    assert_eq!(screen.matches("Passphrase of").count(), 1, "{screen}");
    assert_eq!(screen.matches("Password of").count(), 1, "{screen}");
    for secret in [PASSPHRASE, PASSWORD] {
        assert!(!screen.contains(secret), "{screen}");
        assert_eq!(files_with(&workstation, secret), "");
    }
    assert_whole(&Workstation::new("stacked"));
}

/// The workstation's files that hold a secret.
fn files_with(workstation: &Workstation, secret: &str) -> String {
    let mut search = std::process::Command::new("grep");
    search.args(["-rlF", secret]).arg(workstation.folder());
    run(&mut search, support::wait::LONG).stdout
}
