//! A member is added, and gets its vote.

use super::*;

#[test]
fn a_member_is_added_when_it_is_listed_whatever_etcdctl_calls_it() {
    with_each(
        &[("member add", "add"), ("member list", "list-unstarted")],
        |version, rig| {
            let (status, reported) = add(rig);
            assert_eq!(status, Some(0), "{version}: {reported}");
            assert!(
                reported.ends_with("is listed at https://192.0.2.44:2380\n"),
                "{reported}"
            );
            assert_eq!(rig.read("asked"), ["member add", "member list"]);
        },
    );
    // etcd added it, and its answer was lost.
    with_each(
        &[("member add", "add-again"), ("member list", "list-unstarted")],
        |version, rig| {
            assert_eq!(add(rig).0, Some(0), "{version}");
            assert_eq!(rig.read("asked"), ["member add", "member list"]);
        },
    );
}

#[test]
fn a_member_that_etcd_does_not_take_yet_is_offered_again() {
    with_each(
        &[("member add", "add-early add"), ("member list", "list-unstarted")],
        |version, rig| {
            let (status, reported) = add(rig);
            assert_eq!(status, Some(0), "{version}: {reported}");
            assert_eq!(rig.read("asked"), ["member add", "member add", "member list"]);
            let flags = "--peer-urls=https://192.0.2.44:2380 --learner";
            assert!(rig.read("arguments")[0].ends_with(&format!("member add etcd4 {flags}")));
        },
    );
}

#[test]
fn a_member_that_etcd_refuses_is_not_offered_again() {
    with_each(
        &[("member add", "add-again"), ("member list", "list")],
        |version, rig| {
            let reported = "Error: etcdserver: member ID already exist\n";
            let (status, reply) = add(rig);
            assert_eq!(
                (status, reply.replace("already exists", "already exist").as_str()),
                (Some(1), reported),
                "{version}"
            );
            assert_eq!(rig.read("asked"), ["member add", "member list"]);
        },
    );
}

#[test]
fn a_member_is_listed_before_it_has_a_vote() {
    let cases = [
        ("list", Some(1), Some(1)),
        ("list-unstarted", Some(0), Some(1)),
        ("list-learner", Some(0), Some(1)),
        ("list-four", Some(0), Some(0)),
    ];
    for (list, listed, voting) in cases {
        with_each(&[("member list", list)], |version, rig| {
            let found = (
                rig.run(&is_listed("socket", JOINING_MEMBER)).0,
                rig.run(&is_voting("socket", JOINING_MEMBER)).0,
            );
            assert_eq!(found, (listed, voting), "{version}: {list}");
            // Another's URL that begins alike is not its.
            assert_eq!(rig.run(&is_listed("socket", "https://192.0.2.4")).0, Some(1));
        });
    }
}

#[test]
fn a_learner_gets_its_vote_once_and_the_list_tells() {
    let listed = ("member list", "list-learner list-four");
    for (version, captured) in CAPTURED {
        let id = id_of_etcd4(captured);
        let promote_it = format!("member promote {id}");
        for reply in ["promote", "promote-early"] {
            let rig = Rig::new(captured, &[listed, (&promote_it, reply)]);
            let (status, reported) = rig.run(&promote("socket", JOINING_MEMBER));
            assert_eq!(status, Some(0), "{version}: {reported}");
            assert_eq!(rig.read("asked"), ["member list", &promote_it, "member list"]);
        }
        let early = [("member list", "list-learner"), (&*promote_it, "promote-early")];
        let reported = rig_says(captured, &early, &promote("socket", JOINING_MEMBER));
        assert!(
            reported.contains("can only promote a learner member which is in sync with leader"),
            "{reported}"
        );
    }
}
