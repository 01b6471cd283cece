//! From bare hosts to a cluster, with users at its API from the moment that init has finished. etcd is whole all the
//! while, so nobody may notice anything.

use support::hawser::{BUILD, reached, report};
use support::needles::Needles;
use support::requests::failed;
use support::users::{Fared, Users};
use support::{lab, record, sampling};

use crate::{CLUSTER, ENDPOINT, NODES, PROFILE};

#[test]
fn a10_no_request_fails_and_no_watch_ends_during_all_joins_and_no_key_is_seen() {
    let workstation = CLUSTER.builder();
    lab::record("on");
    let sampling = sampling::start();

    let run = workstation.start(&["apply", "--yes", "-o", "json"]);
    let users = Users::after_init(&run, ENDPOINT, &lab::address(PROFILE, "cp1"));
    reached(&run, |event| {
        event["event"] == "phase-started" && event["phase"] == "clean-up"
    });
    let seen = users.map(Users::have_seen_the_joins);
    let ran = run.finish(BUILD);
    let arguments = Vec::from_iter(sampling.end()).join("\n");
    let ran = ran.exits(0);

    println!("built in {:.1} s", ran.took.as_secs_f64());
    assert_eq!(report(&ran.stdout)["skipped"], 0);
    let seen = seen.expect("init did not finish");
    println!("watch straight at cp1: {:?}", seen.direct.watched());
    assert_undisturbed(&seen.through_vip);
    let sent: Vec<String> = CLUSTER
        .hosts()
        .iter()
        .flat_map(|name| record::of(name, "root"))
        .map(|recorded| recorded.command)
        .collect();
    assert!(arguments.contains("kubeadm join --config /run/hawser/kubeadm-join.yaml"));
    let needles = Needles::of_keys(&CLUSTER.hosts());
    for text in [&arguments, &sent.join("\n"), &ran.stdout, &ran.stderr] {
        assert_eq!(needles.found_in(text), None);
    }
    let (found, looked_at) = needles.files_here(workstation.folder());
    assert!(
        found.is_empty() && looked_at > 0,
        "{found:?} of {looked_at} files"
    );
}

/// From init to the end of all joins; the watch goes on and sees every node become Ready.
fn assert_undisturbed(user: &Fared) {
    let failed = failed(&user.requests);
    assert!(failed.is_empty(), "{failed:#?}");
    let watched = user.watched();
    println!("watch through the VIP: {watched:?}");
    assert_eq!((watched.asked, watched.ended.len()), (1, 0), "{watched:?}");
    assert_eq!((watched.connections, watched.cut), (1, 0), "{watched:?}");
    let ready: Vec<&str> = watched.ready.iter().map(String::as_str).collect();
    assert_eq!(ready, NODES);
}
