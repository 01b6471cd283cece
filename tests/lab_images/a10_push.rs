//! From nothing to all images, with the program killed on the way.

use std::cell::RefCell;
use std::collections::BTreeSet;

use support::hawser::{LOOK, ended, events, reached, sent};
use support::host;

use crate::builds::{Build, FIRST, id};
use crate::ten::{PUSH, archive, held, names, up_without_images, wanted, warnings, workstation};

#[test]
fn a10_what_a_killed_push_has_brought_is_not_sent_again() {
    up_without_images();
    let workstation = workstation();
    let archive = archive();
    let push = ["images", "push", "-o", "json", archive.to_str().unwrap()];

    let mut first = workstation.start(&push);
    let brought = RefCell::new(BTreeSet::new());
    let enough = reached(&first, |event| {
        let mut brought = brought.borrow_mut();
        if event["outcome"] == "changed" {
            brought.insert(event["step"].as_str().unwrap_or_default().to_owned());
        }
        brought.len() == 8
    });
    let goes_on = enough && first.is_running();
    assert!(goes_on, "it ended before: {}", first.finish(PUSH).reply());
    drop(first);
    let brought = brought.into_inner();
    let second = workstation.hawser(&push, PUSH).exits(0);

    let again = ended(&second.stdout, "changed");
    assert!(again.is_disjoint(&brought), "{brought:?} {again:?}");
    let steps = events(&second.stdout)
        .into_iter()
        .filter(|event| event["event"] == "phase-started");
    let planned: u64 = steps
        .map(|event| event["bytes"].as_u64().unwrap_or_default())
        .sum();
    // What the first one had sent whole may have been unpacked meanwhile.
    assert!(sent(&second.stdout) <= planned);
    for name in names() {
        assert_eq!(held(&name), wanted(&name), "{name}");
        // A host that lacked nothing keeps the lease of the killed run until a run changes
        // something there, and says so then.
        host::exec(&name, "rm -f /run/hawser.lease");
    }
}

#[test]
fn a11_a_second_push_sends_nothing() {
    let archive = archive();

    let ran = workstation()
        .hawser(&["images", "push", "-o", "json", archive.to_str().unwrap()], LOOK)
        .exits(0);

    assert_eq!((ended(&ran.stdout, "changed").len(), sent(&ran.stdout)), (0, 0));
}

#[test]
fn a12_what_hosts_will_run_is_listed() {
    let ran = workstation().hawser(&["images", "list"], LOOK).exits(0);

    let listed: BTreeSet<String> = ran.stdout.lines().map(str::to_owned).collect();
    let mut expected = wanted("cp1");
    expected.retain(|image| !image.contains("/coredns:"));
    assert_eq!(listed, expected);
}

/// containerd's runtime service does not see by itself that a name which it knows leads to another image.
#[test]
fn a13_another_build_of_a_tag_replaces_the_first_and_is_known_by_its_own_id() {
    let (first, second) = (Build::of(1), Build::of(1));
    let two = ["--relay", "--limit", "w1", "--limit", "w2"];

    first.push(&two).exits(0);
    let before = id("w1", FIRST);
    let replaced = second.push(&two).exits(0);
    let again = second.push(&two).exits(0);

    let after = id("w1", FIRST);
    assert_ne!(before, after);
    assert_eq!(id("w2", FIRST), after);
    assert_eq!(ended(&replaced.stdout, "changed").len(), 2);
    assert_eq!(warnings(&replaced.stdout), [serde_json::Value::Null; 0]);
    assert_eq!(
        (ended(&again.stdout, "changed").len(), sent(&again.stdout)),
        (0, 0)
    );
    let steps = events(&again.stdout)
        .into_iter()
        .filter(|event| event["event"] == "step-started");
    assert_eq!(
        steps.count(),
        0,
        "hosts are seen to have it before anything is planned"
    );
}
