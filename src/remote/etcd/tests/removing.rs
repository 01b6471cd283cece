//! A member is removed only where the others can do without it.

use super::*;

/// What is asked of four members before one of them goes, and of the fourth.
fn before_it_goes<'a>(list: &'a str, remove: &'a [&'a str; 2]) -> Vec<(&'a str, &'a str)> {
    let asked = [
        ("member list", list),
        ("endpoint health 192.0.2.44", "health-late"),
        (remove[0], remove[1]),
    ];
    [asked.as_slice(), &HEALTHY].concat()
}

/// A rig on which the fourth member refuses the connection.
fn refusing(captured: &str, questions: &[(&str, &str)]) -> Rig {
    let rig = Rig::new(captured, questions);
    rig.write("bash says", "bash: connect: Connection refused");
    rig
}

#[test]
fn a_member_is_removed_by_its_whole_id() {
    for (version, captured) in CAPTURED {
        let id = id_of_etcd4(captured);
        let remove = format!("member remove {id}");
        let removed = [remove.as_str(), "remove"];
        let there = before_it_goes("list-four list", &removed);

        let (status, reported) = refusing(captured, &there).run(&remove_member(&id, "socket"));
        assert_eq!(
            (status, reported),
            (Some(0), format!("member {id} is removed\n")),
            "{version}"
        );

        // A part of an id, and the cluster's own id, are not listed.
        for other in [&id[1..], &id[..id.len() - 1], ""] {
            let rig = refusing(captured, &there);
            assert_eq!(rig.run(&remove_member(other, "socket")).0, Some(0));
            assert_eq!(rig.read("asked"), ["member list"], "{version}: {other}");
        }

        let again = [remove.as_str(), "remove-again"];
        let stays = refusing(captured, &before_it_goes("list-four", &again));
        let (_, reported) = stays.run(&remove_member(&id, "socket"));
        assert_eq!(reported, "Error: etcdserver: member not found\n");

        let silent = refusing(captured, &before_it_goes("list-four health-late", &again));
        let (status, reported) = silent.run(&remove_member(&id, "socket"));
        assert_eq!(status, Some(1), "{version}: {reported}");
        assert!(
            reported.starts_with("whether it was removed is unknown: "),
            "{version}: {reported}"
        );
    }
}

#[test]
fn a_member_that_may_run_or_that_the_others_cannot_do_without_is_not_removed() {
    for (version, captured) in CAPTURED {
        let id = id_of_etcd4(captured);
        let remove = format!("member remove {id}");
        let removed = [remove.as_str(), "remove"];
        let keeps = |change: &[(&'static str, &'static str)], says: &str, why: &str| {
            let mut questions = before_it_goes("list-four", &removed);
            for (asked, name) in change {
                questions.retain(|(question, _)| question != asked);
                questions.push((asked, name));
            }
            let rig = Rig::new(captured, &questions);
            rig.write("bash says", says);
            let (status, reported) = rig.run(&may_lose(&id, "socket"));
            assert_eq!((status, reported), (Some(1), format!("{why}\n")), "{version}");

            let (status, reported) = rig.run(&remove_member(&id, "socket"));

            assert_eq!(
                (status, reported),
                (Some(4), format!("changed since the plan: {why}\n")),
                "{version}"
            );
            assert!(!rig.read("asked").contains(&remove), "{version}");
        };
        let fourth = "endpoint health 192.0.2.44";
        keeps(&[(fourth, "health-1")], "", &format!("member {id} is healthy"));
        let unknown = format!("whether member {id} runs is unknown");
        keeps(&[], "bash: connect: Connection timed out", &unknown);
        keeps(
            &[
                ("endpoint health 192.0.2.42", "health-late"),
                ("endpoint health 192.0.2.43", "health-late"),
            ],
            "bash: connect: Connection refused",
            "without it 1 of 4 members with a vote are healthy, the quorum is 3",
        );
    }
}

/// Until it has told where clients reach it, a member that has started may run.
#[test]
fn a_member_with_a_name_and_no_url_for_clients_may_run() {
    for (version, captured) in CAPTURED {
        let id = id_of_etcd4(captured);
        let unreported = captured.replace(",\"clientURLs\":[\"https://192.0.2.44:2379\"]", "");
        let asked = beside(&[("member list", "list-four")]);

        let (status, reported) = Rig::new(&unreported, &asked).run(&may_lose(&id, "socket"));

        let unknown = format!("whether member {id} runs is unknown\n");
        assert_eq!((status, reported), (Some(1), unknown), "{version}");
    }
}

#[test]
fn a_learner_may_go_though_it_runs() {
    for (version, captured) in CAPTURED {
        let list = captured
            .split("== list-learner 0\n")
            .nth(1)
            .unwrap()
            .lines()
            .next();
        let list: serde_json::Value = serde_json::from_str(list.unwrap()).unwrap();
        let members = list["members"].as_array().unwrap();
        let learner = members.iter().find(|member| member["isLearner"] == true).unwrap();
        let id = format!("{:x}", learner["ID"].as_u64().unwrap());
        let questions = [
            ("member list", "list-learner"),
            ("endpoint health 192.0.2.44", "health-4-learner"),
        ];

        let (status, reported) = Rig::new(captured, &beside(&questions)).run(&may_lose(&id, "socket"));

        assert_eq!((status, reported.as_str()), (Some(0), ""), "{version}");
    }
}
