//! Hosts that give something else than they should, and who keeps a door from its giver.

use std::time::Duration;

use support::hawser::{ended, report};
use support::{host, lab};

use crate::builds::{Build, FIRST, id};
use crate::ten::{clear, held, warnings};

/// Has a host give an archive of two images where it is to give one: what it reads in its store is packed by tar.
const WITH_MORE: &str = r#"tar=$(command -v tar)
    printf '#!/bin/sh\ncase "$*" in *oci-layout*) cat /run/given.tar ;; *) exec %s "$@" ;; esac\n' "$tar" >/usr/local/sbin/tar
    chmod 755 /usr/local/sbin/tar"#;

/// Connects to the door of `to` as soon as it opens, again and again, and says nothing.
const SILENT: &str = ": >/run/silent
    nohup bash -c 'end=$((SECONDS + 120))
    while [ $SECONDS -lt $end ]; do
      if exec 3<>/dev/tcp/ADDRESS/7791; then echo in >>/run/silent; read -r -t 60 <&3; exec 3>&-; fi 2>/dev/null
    done' >/dev/null 2>&1 & echo $! >/run/silent.pid";

/// Runs while a host stays silent at the door of `to`; how often it got in.
fn silent_at<T>(from: &str, to: &str, act: impl FnOnce() -> T) -> (T, usize) {
    let script = SILENT.replace("ADDRESS", &lab::address("images", to));
    host::exec(from, &script);
    let acted = act();
    host::exec(from, "kill $(cat /run/silent.pid) || :");
    let often = host::exec(from, "cat /run/silent; rm -f /run/silent /run/silent.pid");
    (acted, often.lines().count())
}

#[test]
fn a30_who_gives_more_than_was_asked_for_is_named_and_nothing_of_it_stays() {
    for name in ["w1", "w2"] {
        clear(name);
    }
    let (asked, given) = (Build::of(1), Build::of(2));
    asked.push(&["--limit", "w1"]).exits(0);
    host::exec_with("w1", "cat >/run/given.tar", &given.bytes());
    host::exec("w1", WITH_MORE);

    let ran = asked.push(&["--relay", "--limit", "w2"]);

    host::exec("w1", "rm -f /usr/local/sbin/tar /run/given.tar");
    assert_ne!(ran.code, Some(0), "{}", ran.reply());
    let problems = report(&ran.stdout)["problems"].to_string();
    assert!(problems.contains("w1 sent something else"), "{problems}");
    assert!(problems.contains("lab.local/bench-2:1"), "{problems}");
    assert_eq!(held("w2").len(), 0, "{:?}", held("w2"));

    asked.push(&["--relay", "--limit", "w2"]).exits(0);
    assert_eq!(id("w2", FIRST), id("w1", FIRST));
}

#[test]
fn a31_a_strangers_silence_at_the_door_keeps_no_giver_out() {
    clear("w2");
    let build = Build::of(1);
    build.push(&["--limit", "w1"]).exits(0);

    let (ran, often) = silent_at("w3", "w2", || build.push(&["--relay", "--limit", "w2"]).exits(0));

    println!("{often} connections, {:.1} s", ran.took.as_secs_f64());
    assert_eq!(warnings(&ran.stdout), [serde_json::Value::Null; 0]);
    assert_eq!(ended(&ran.stdout, "changed").len(), 1);
    assert_eq!(id("w2", FIRST), id("w1", FIRST));
}

/// From the giver's own address anybody there may connect; it costs seconds, and the image comes all the same.
#[test]
fn a32_a_silent_user_of_the_giver_holds_a_door_for_seconds() {
    clear("w2");
    let build = Build::of(1);
    build.push(&["--limit", "w1"]).exits(0);

    let (ran, often) = silent_at("w1", "w2", || build.push(&["--relay", "--limit", "w2"]).exits(0));

    println!("{often} connections, {:.1} s", ran.took.as_secs_f64());
    assert!(ran.took < Duration::from_secs(90), "{:?}", ran.took);
    assert!(warnings(&ran.stdout).len() <= 1, "{}", ran.reply());
    assert_eq!(id("w2", FIRST), id("w1", FIRST));
}
