//! What was agreed to is what is done: a host that becomes another while the question
//! stands, or after a plan was saved.

use std::time::Duration;

use support::hawser::{LOOK, Workstation};
use support::host;
use support::login::Typist;

use crate::evidence::PROFILE;

/// Takes hawser's block out of /etc/hosts of a host; the file may be one that cannot be renamed.
const WITHOUT_BLOCK: &str = "sed '/^# BEGIN hawser/,/^# END hawser/d' /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts && rm /tmp/hosts";

/// Puts everything back, and sees that it is.
fn put_back(workstation: &Workstation) {
    workstation.hawser(&["apply", "--yes"], LOOK).exits(0);
    workstation
        .hawser(&["plan", "--detailed-exitcode"], LOOK)
        .exits(0);
}

#[test]
fn a32_what_changes_while_the_question_stands_is_asked_about_again() {
    let workstation = Workstation::new(PROFILE);
    workstation.settles();
    host::exec("w1", WITHOUT_BLOCK);
    let mut apply = Typist::start(&workstation.command(&["apply"]));

    apply.waits_for("Apply this plan?");
    host::exec("cp2", WITHOUT_BLOCK);
    let before = host::exec("w1", "sha256sum /etc/hosts");
    apply.answer("Apply this plan?", "y");
    apply.answer(
        "the hosts have changed since the plan, and the plan with them",
        "n",
    );

    let (code, screen) = apply.finish(Duration::from_secs(60));
    assert_eq!(code, Some(130), "{screen}");
    assert!(screen.contains("new: cp2/write/etc/hosts"), "{screen}");
    assert_eq!(
        host::exec("w1", "sha256sum /etc/hosts"),
        before,
        "nothing was agreed to"
    );
    put_back(&workstation);
}

#[test]
fn a32_a_saved_plan_is_refused_when_a_host_has_changed_and_done_when_it_is_as_it_was() {
    let workstation = Workstation::new(PROFILE);
    workstation.settles();
    let path = workstation.folder().join("approved.plan");
    let file = path.to_str().unwrap();
    let original = host::exec("cp2", "cat /etc/hosts");
    host::exec("w1", WITHOUT_BLOCK);
    workstation.hawser(&["plan", "--out", file], LOOK).exits(0);

    host::exec("cp2", WITHOUT_BLOCK);
    let refused = workstation.hawser(&["apply", file, "--yes"], LOOK).exits(4);
    host::exec_with("cp2", "cat >/etc/hosts", original.as_bytes());
    workstation.hawser(&["apply", file, "--yes"], LOOK).exits(0);

    assert!(
        refused.reply().contains("new: cp2/write/etc/hosts"),
        "{}",
        refused.reply()
    );
    put_back(&workstation);
}
