//! What each member says of itself and of its leader.

use super::*;

#[test]
fn etcd_may_grow_when_all_are_there_and_none_learns() {
    let may = |list, members, reported: &str| {
        with_each(&beside(&[("member list", list)]), |version, rig| {
            let status = Some(i32::from(!reported.is_empty()));
            let (found, reply) = rig.run(&may_grow("socket", members));
            assert_eq!(found, status, "{version}: {reply}");
            assert!(reply.contains(reported), "{version}: {reply}");
        });
    };
    may("list", 3, "");
    may("list", 4, "3 members have started, the quorum check expected 4\n");
    may("list-learner", 3, "a member is still a learner: ");
    may("list-unstarted", 3, "a member is still a learner: ");
}

#[test]
fn members_have_one_leader_whoever_learns_beside_them() {
    for list in ["list", "list-learner"] {
        let more = [
            ("member list", list),
            ("endpoint health 192.0.2.44", "health-4-learner"),
            ("endpoint status 192.0.2.44", "status-4-learner"),
        ];
        with_each(&beside(&more), |version, rig| {
            assert_eq!(
                rig.run(&has_one_leader("socket", 3)),
                (Some(0), String::new()),
                "{version}"
            );
            let reported = "3 of 4 members have a leader\n".to_owned();
            assert_eq!(
                rig.run(&has_one_leader("socket", 4)),
                (Some(1), reported),
                "{version}"
            );
        });
    }
}

#[test]
fn a_member_that_did_not_answer_in_time_is_unknown_and_one_that_refuses_is_told() {
    let asked = beside(&[
        ("member list", "list-four"),
        ("endpoint health 192.0.2.44", "health-refused"),
    ]);
    with_each(&asked, |version, rig| {
        let reported = "https://192.0.2.44:2379: unknown (no answer within 5 s)\n".to_owned();
        assert_eq!(
            rig.run(&has_one_leader("socket", 4)),
            (Some(1), reported),
            "{version}"
        );

        rig.write("bash says", "bash: connect: Connection refused\n");
        let reported = "https://192.0.2.44:2379 refuses the connection\n".to_owned();
        assert_eq!(rig.run(&may_grow("socket", 4)), (Some(1), reported), "{version}");
    });
}

#[test]
fn each_member_is_asked_by_itself_and_all_at_the_same_time() {
    let late = "== late 1\n[{\"endpoint\":\"https://192.0.2.43:2379\",\"health\":false,\"error\":\"context deadline exceeded\"}]\n";
    for (version, captured) in CAPTURED {
        let rig = Rig::new(&format!("{captured}{late}"), &beside(&[("member list", "list")]));
        // Each waits for all three to have been asked: one after the other they would wait for ever.
        let wait = "times=$(";
        let waits = "case $asked in endpoint*) until [ \"$(grep -c '^endpoint health' \"$here/asked\")\" -ge 3 ]; do sleep 0.05; done ;; esac\ntimes=$(";
        rig.program("etcdctl", &FAKE.replacen(wait, waits, 1));

        assert_eq!(
            rig.run(&may_grow("socket", 3)),
            (Some(0), String::new()),
            "{version}"
        );

        let limits = rig.read("arguments");
        let of_members = limits.iter().filter(|line| line.contains("endpoint health"));
        assert!(of_members.clone().count() == 3 && !limits.iter().any(|line| line.contains("--cluster")));
        assert!(
            of_members
                .into_iter()
                .all(|line| line.contains("--command-timeout=5s"))
        );
    }
}

/// What the learner's log comes to beside those of the others.
fn in_step(list: &str, status: &str, voters: usize) -> Vec<(Option<i32>, String)> {
    let asked = beside(&[]);
    let more = [("member list", list), ("endpoint status 192.0.2.44", status)];
    let asked: Vec<(&str, &str)> = asked.into_iter().chain(more).collect();
    let each = CAPTURED.iter();
    each.map(|(_, captured)| Rig::new(captured, &asked).run(&is_in_step("socket", JOINING_MEMBER, voters)))
        .collect()
}

#[test]
fn a_learner_is_in_step_when_it_answers_and_has_the_leaders_log() {
    let all =
        |reported: &str| vec![(Some(i32::from(!reported.is_empty())), reported.to_owned()); CAPTURED.len()];
    assert_eq!(in_step("list-learner", "status-4-learner", 3), all(""));
    assert_eq!(
        in_step("list-learner", "status-4-learner", 4),
        all("3 of 4 members with a vote answer\n")
    );
    assert_eq!(
        in_step("list-learner", "status-late", 3),
        all("it does not answer yet\n"),
        "etcd would promote it"
    );
    assert_eq!(
        in_step("list-unstarted", "status-late", 3),
        all("it has not published its client URL yet\n")
    );
}

#[test]
fn a_learner_that_lags_is_told_how_far_it_is() {
    let lags = |last: u64, own: u64| {
        let (_, captured) = CAPTURED[0];
        let index = |captured: &str, name: &str, index: u64| {
            let (before, after) = captured.split_once(&format!("== {name} 0\n")).unwrap();
            let (line, rest) = after.split_once('\n').unwrap();
            let (head, tail) = line.split_once("\"raftIndex\":").unwrap();
            let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}== {name} 0\n{head}\"raftIndex\":{index}{tail}\n{rest}")
        };
        let captured = index(&index(captured, "status-1", last), "status-4-learner", own);
        let more = [
            ("member list", "list-learner"),
            ("endpoint status 192.0.2.44", "status-4-learner"),
        ];
        Rig::new(&captured, &beside(&more)).run(&is_in_step("socket", JOINING_MEMBER, 3))
    };
    assert_eq!(lags(316, 310).0, Some(0));
    assert_eq!(
        lags(316, 290),
        (Some(1), "it has 290 of 316 entries of the log\n".to_owned())
    );
    assert_eq!(
        lags(9_000_000, 8_990_000).0,
        Some(1),
        "nine tenths of a long log are too few"
    );
}

#[test]
fn a_member_without_a_quorum_follows_no_leader_and_is_not_well() {
    let asked = [
        ("endpoint health 127.0.0.1", "health-noquorum"),
        ("endpoint status 127.0.0.1", "status-noquorum"),
    ];
    with_each(&asked, |version, rig| {
        let (status, reported) = rig.run(&is_well("socket"));
        assert_eq!(status, Some(1), "{version}");
        assert!(
            reported.ends_with("context deadline exceeded\n"),
            "{version}: {reported}"
        );
        let none = "it follows no leader yet\n".to_owned();
        assert_eq!(rig.run(&runs("socket")), (Some(1), none), "{version}");
    });
    let asked = [
        ("endpoint health 127.0.0.1", "health-1"),
        ("endpoint status 127.0.0.1", "status-4-learner"),
    ];
    with_each(&asked, |_, rig| {
        assert_eq!(rig.run(&is_well("socket")).0, Some(0));
        assert_eq!(rig.run(&runs("socket")).0, Some(0));
    });
}
