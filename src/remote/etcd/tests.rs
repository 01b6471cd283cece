//! The real scripts, beside an etcdctl that says what the real ones of 3.4, 3.5 and 3.6 said (`captured`).

mod starting;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::commands::*;
use crate::remote::removal::commands::{may_lose, remove_member};
use crate::remote::wire::RemoteCommand;
use crate::topology::{EtcdManager, HostName, Version};

/// What etcdctl said: `== NAME STATUS`, then its standard output, then its standard error behind `! `.
const CAPTURED: [(&str, &str); 3] = [
    ("3.4.23", include_str!("captured/etcdctl-3.4.23.txt")),
    ("3.5.1", include_str!("captured/etcdctl-3.5.1.txt")),
    ("3.6.8", include_str!("captured/etcdctl-3.6.8.txt")),
];

/// It looks up its question in `questions`, and says what stands under the name that is the next for it.
const FAKE: &str = r#"#!/bin/sh
here=${0%/*}
at= asked=
for word; do
  case $word in
    --endpoints=*) at=${word#*://}; at=${at%:*} ;;
    -* | json) ;;
    *) asked=${asked:+$asked }$word ;;
  esac
done
printf '%s\n' "$*" >>"$here/arguments"
case $asked in
  endpoint*) asked="$asked $at" ;;
  'member add'*) asked='member add' ;;
  get*) asked=get ;;
esac
printf '%s\n' "$asked" >>"$here/asked"
times=$(grep -cxF -e "$asked" "$here/asked")
name=$(awk -F '\t' -v asked="$asked" -v times="$times" '$1 == asked { n = split($2, names, " "); print names[times < n ? times : n] }' "$here/questions")
[ -n "$name" ] || { echo "nothing is known of: $asked" >&2; exit 99; }
[ -z "${ETCDCTL_API:-}" ] || echo '{"level":"warn","msg":"unrecognized environment variable"}' >&2
awk -v name="$name" '/^== / { is_it = ($2 == name); next } is_it && !/^! / { print }' "$here/captured"
awk -v name="$name" '/^== / { is_it = ($2 == name); next } is_it && /^! / { print substr($0, 3) }' "$here/captured" >&2
exit "$(awk -v name="$name" '/^== / && $2 == name { print $3 }' "$here/captured")"
"#;

/// A host with that etcdctl.
struct Rig {
    folder: TempDir,
}

impl Rig {
    /// `questions`: for each the names of what is said, one time after the other.
    fn new(captured: &str, questions: &[(&str, &str)]) -> Self {
        let rig = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        rig.write("captured", captured);
        let lines: Vec<String> = questions
            .iter()
            .map(|(asked, names)| format!("{asked}\t{names}\n"))
            .collect();
        rig.write("questions", &lines.concat());
        rig.program("etcdctl", FAKE);
        // Whether a host refuses a connection is asked of bash.
        rig.program(
            "bash",
            "#!/bin/sh\n{ echo hawser-dials; cat \"${0%/*}/bash says\"; } >&2; exit 1\n",
        );
        rig.write("bash says", "bash: connect: Connection timed out");
        rig
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(Path::new(&self.path(name)), mode).unwrap();
    }

    /// What a command comes to: its status, and what it says.
    fn run(&self, command: &RemoteCommand) -> (Option<i32>, String) {
        let moved = crate::remote::wire::PRELUDE
            .lines()
            .find(|line| line.starts_with("moved()"));
        let script = format!("set -eu\numask 077\n{}\n{}", moved.unwrap(), command.script);
        let path = format!(
            "{}:{}",
            self.folder.path().display(),
            std::env::var("PATH").unwrap()
        );
        let words = ["-c", script.as_str(), "hawser"];
        let mut shell = Command::new("sh");
        shell.args(words).args(&command.arguments).env("PATH", path);
        said(&shell.env("ETCDCTL_API", "3").output().unwrap())
    }
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

const NEWCOMER: &str = "https://192.0.2.44:2380";

fn etcd4() -> HostName {
    HostName("etcd4".to_owned())
}

/// Each version of etcdctl is asked the same.
fn with_each(questions: &[(&str, &str)], check: impl Fn(&str, &Rig)) {
    for (version, captured) in CAPTURED {
        check(version, &Rig::new(captured, questions));
    }
}

/// All members answer, and each follows a leader.
const WELL: [(&str, &str); 6] = [
    ("endpoint health 192.0.2.41", "health-1"),
    ("endpoint health 192.0.2.42", "health-2"),
    ("endpoint health 192.0.2.43", "health-3"),
    ("endpoint status 192.0.2.41", "status-1"),
    ("endpoint status 192.0.2.42", "status-2"),
    ("endpoint status 192.0.2.43", "status-3"),
];

fn beside(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [more, &WELL].concat()
}

#[test]
fn an_etcd_without_keys_is_empty_whatever_etcdctl_warns_of() {
    with_each(&[("get", "get-none")], |version, rig| {
        let captured = rig.read("captured").join("\n");
        let warning = "! {\"level\":\"warn\",\"msg\":\"/registry/ is a word in a warning\"}\n== ";
        rig.write("captured", &captured.replace("\n== ", &format!("\n{warning}")));

        assert_eq!(
            rig.run(&is_empty("socket")),
            (Some(0), String::new()),
            "{version}"
        );
    });
    with_each(&[("get", "get-one")], |version, rig| {
        let told = "a Kubernetes cluster keeps its objects in it, such as /registry/namespaces/default: a new cluster would treat them as its objects\n";
        assert_eq!(
            rig.run(&is_empty("socket")),
            (Some(1), told.to_owned()),
            "{version}"
        );
    });
}

/// A cluster with an `--etcd-prefix` of its own keeps nothing below /registry/.
#[test]
fn keys_below_any_prefix_are_keys() {
    let answer = |key: &str| {
        let key = STANDARD.encode(key);
        let text = format!("{{\"header\":{{\"cluster_id\":1}},\"kvs\":[{{\"key\":\"{key}\"}}],\"count\":1}}");
        Rig::new(&format!("== keys 0\n{text}\n"), &[("get", "keys")])
    };
    let rig = answer("/prod/namespaces/default");

    let (status, told) = rig.run(&is_empty("socket"));

    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains(", such as /prod/namespaces/default: "), "{told}");
    assert!(
        rig.read("arguments")[0].contains(" get  --prefix "),
        "the whole key space"
    );
    let (status, told) = answer("compact_rev_key").run(&is_empty("socket"));
    assert_eq!(status, Some(0), "every API server writes it: {told}");
}

#[test]
fn what_is_no_answer_does_not_tell_that_etcd_is_empty() {
    for nonsense in [
        "",
        "{\"header\":{\"cluster_id\":1",
        "{}",
        "NAME:\n\tget - Gets the key\n",
    ] {
        let rig = Rig::new(&format!("== nonsense 0\n{nonsense}\n"), &[("get", "nonsense")]);
        let (status, told) = rig.run(&is_empty("socket"));
        assert_eq!(status, Some(2), "{nonsense}: {told}");
    }
}

fn add(rig: &Rig) -> (Option<i32>, String) {
    rig.run(&add_learner("socket", &etcd4(), NEWCOMER))
}

#[test]
fn a_member_is_added_when_it_is_listed_whatever_etcdctl_calls_it() {
    with_each(
        &[("member add", "add"), ("member list", "list-unstarted")],
        |version, rig| {
            let (status, told) = add(rig);
            assert_eq!(status, Some(0), "{version}: {told}");
            assert!(told.ends_with("is listed at https://192.0.2.44:2380\n"), "{told}");
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
            let (status, told) = add(rig);
            assert_eq!(status, Some(0), "{version}: {told}");
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
            let told = "Error: etcdserver: member ID already exist\n";
            let (status, said) = add(rig);
            assert_eq!(
                (status, said.replace("already exists", "already exist").as_str()),
                (Some(1), told),
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
                rig.run(&is_listed("socket", NEWCOMER)).0,
                rig.run(&is_voting("socket", NEWCOMER)).0,
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
        for said in ["promote", "promote-early"] {
            let rig = Rig::new(captured, &[listed, (&promote_it, said)]);
            let (status, told) = rig.run(&promote("socket", NEWCOMER));
            assert_eq!(status, Some(0), "{version}: {told}");
            assert_eq!(rig.read("asked"), ["member list", &promote_it, "member list"]);
        }
        let early = [("member list", "list-learner"), (&*promote_it, "promote-early")];
        let told = rig_says(captured, &early, &promote("socket", NEWCOMER));
        assert!(
            told.contains("can only promote a learner member which is in sync with leader"),
            "{told}"
        );
    }
}

fn rig_says(captured: &str, questions: &[(&str, &str)], command: &RemoteCommand) -> String {
    let (status, told) = Rig::new(captured, questions).run(command);
    assert_eq!(status, Some(1), "{told}");
    told
}

/// Its id in the list, calculated here: more digits than a floating point number keeps.
fn id_of_etcd4(captured: &str) -> String {
    let list = captured
        .split("== list-four 0\n")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let list: serde_json::Value = serde_json::from_str(list).unwrap();
    let members = list["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["name"] == "etcd4").unwrap();
    format!("{:x}", member["ID"].as_u64().unwrap())
}

/// What is asked of four members before one of them goes, and of the fourth.
fn before_it_goes<'a>(list: &'a str, remove: &'a [&'a str; 2]) -> Vec<(&'a str, &'a str)> {
    let asked = [
        ("member list", list),
        ("endpoint health 192.0.2.44", "health-late"),
        (remove[0], remove[1]),
    ];
    [asked.as_slice(), &WELL].concat()
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

        let (status, told) = refusing(captured, &there).run(&remove_member(&id, "socket"));
        assert_eq!(
            (status, told),
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
        let (_, told) = stays.run(&remove_member(&id, "socket"));
        assert_eq!(told, "Error: etcdserver: member not found\n");

        let silent = refusing(captured, &before_it_goes("list-four health-late", &again));
        let (status, told) = silent.run(&remove_member(&id, "socket"));
        assert_eq!(status, Some(1), "{version}: {told}");
        assert!(
            told.starts_with("whether it was removed is unknown: "),
            "{version}: {told}"
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
            let (status, told) = rig.run(&may_lose(&id, "socket"));
            assert_eq!((status, told), (Some(1), format!("{why}\n")), "{version}");

            let (status, told) = rig.run(&remove_member(&id, "socket"));

            assert_eq!(
                (status, told),
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
        let untold = captured.replace(",\"clientURLs\":[\"https://192.0.2.44:2379\"]", "");
        let asked = beside(&[("member list", "list-four")]);

        let (status, told) = Rig::new(&untold, &asked).run(&may_lose(&id, "socket"));

        let unknown = format!("whether member {id} runs is unknown\n");
        assert_eq!((status, told), (Some(1), unknown), "{version}");
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

        let (status, told) = Rig::new(captured, &beside(&questions)).run(&may_lose(&id, "socket"));

        assert_eq!((status, told.as_str()), (Some(0), ""), "{version}");
    }
}

#[test]
fn etcd_may_grow_when_all_are_there_and_none_learns() {
    let may = |list, members, told: &str| {
        with_each(&beside(&[("member list", list)]), |version, rig| {
            let status = Some(i32::from(!told.is_empty()));
            let (found, said) = rig.run(&may_grow("socket", members));
            assert_eq!(found, status, "{version}: {said}");
            assert!(said.contains(told), "{version}: {said}");
        });
    };
    may("list", 3, "");
    may("list", 4, "3 members have started, and the sum was made with 4\n");
    may("list-learner", 3, "a member learns and has no vote yet: ");
    may("list-unstarted", 3, "a member learns and has no vote yet: ");
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
            let told = "3 of 4 members have a leader\n".to_owned();
            assert_eq!(
                rig.run(&has_one_leader("socket", 4)),
                (Some(1), told),
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
        let told = "https://192.0.2.44:2379: unknown (no answer within 5 s)\n".to_owned();
        assert_eq!(
            rig.run(&has_one_leader("socket", 4)),
            (Some(1), told),
            "{version}"
        );

        rig.write("bash says", "bash: connect: Connection refused\n");
        let told = "https://192.0.2.44:2379 refuses the connection\n".to_owned();
        assert_eq!(rig.run(&may_grow("socket", 4)), (Some(1), told), "{version}");
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
    each.map(|(_, captured)| Rig::new(captured, &asked).run(&is_in_step("socket", NEWCOMER, voters)))
        .collect()
}

#[test]
fn a_learner_is_in_step_when_it_answers_and_has_the_leaders_log() {
    let all = |told: &str| vec![(Some(i32::from(!told.is_empty())), told.to_owned()); CAPTURED.len()];
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
        Rig::new(&captured, &beside(&more)).run(&is_in_step("socket", NEWCOMER, 3))
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
        let (status, told) = rig.run(&is_well("socket"));
        assert_eq!(status, Some(1), "{version}");
        assert!(told.ends_with("context deadline exceeded\n"), "{version}: {told}");
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

#[test]
fn an_etcd_that_was_just_installed_is_seen_to_be_new_enough() {
    let found = |says: &str| {
        let rig = Rig::new("", &[]);
        rig.program(
            "etcd",
            &format!("#!/bin/sh\necho 'a warning: 9.9.9' >&2\nprintf '{says}'\n"),
        );
        rig.run(&is_new_enough(Version::new(3, 5, 24), Version::new(1, 36, 2)))
    };
    let told = "etcd 3.4.23 is too old for kubeadm 1.36.2, which wants 3.5.24 or newer\n".to_owned();
    assert_eq!(found("etcd Version: 3.4.23\nGit SHA: x\n"), (Some(1), told));
    for new in ["3.5.24", "3.5.100", "3.6.8"] {
        assert_eq!(found(&format!("etcd Version: {new}\n")).0, Some(0), "{new}");
    }
    assert_eq!(found("what?\n").0, Some(2));
}

/// The flags that a help lists, read here in another way than on the host.
fn listed(help: &str) -> String {
    let lines = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"));
    let names = lines.filter_map(|line| {
        line.split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
            .next()
    });
    let names: std::collections::BTreeSet<&str> = names.collect();
    let names: Vec<&str> = names.into_iter().collect();
    names.join("\n") + "\n"
}

#[test]
fn the_flags_of_a_hosts_etcd_are_those_that_its_help_lists() {
    for help in [
        include_str!("captured/etcd-help-3.4.23.txt"),
        include_str!("captured/etcd-help-3.5.1.txt"),
        include_str!("captured/etcd-help-3.6.8.txt"),
    ] {
        let rig = Rig::new("", &[]);
        rig.write("help", help);
        rig.program(
            "etcd",
            "#!/bin/sh\necho '  --not-a-flag: a warning' >&2\ncat \"${0%/*}/help\"\n",
        );
        let script = concat!(
            include_str!("../shell/apart.sh"),
            include_str!("../shell/probe_etcd.sh"),
            "etcd_flags\n"
        );

        let found = rig.run(&RemoteCommand::reads("test", script));

        assert_eq!(found, (Some(0), listed(help)));
        assert!(found.1.contains("\nlisten-metrics-urls\n"));
    }
}

/// A host's folders for data and for snapshots, and what its etcdctl saves.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new(snapshot: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data/member/snap", "snapshots"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("data/member/snap/db"), "database").unwrap();
        fs::write(folder.path().join("saved"), snapshot).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn save(&self) -> (Option<i32>, String) {
        self.save_with("", "snapshots")
    }

    /// With other programs of the host than its own, into a folder.
    fn save_with(&self, programs: &str, folder: &str) -> (Option<i32>, String) {
        let programs = format!(
            "etcd_ctl() {{ cp {} \"$3\"; echo a warning >&2\n}}\n{programs}",
            self.path("saved")
        );
        let script = concat!(
            "data_directory=$2 folder=$3 occasion=$4\n",
            include_str!("../shell/apart.sh"),
            include_str!("save_etcd_snapshot.sh")
        );
        let (data, folder) = (self.path("data"), self.path(folder));
        let text = format!("set -eu\numask 077\n{programs}\n{script}");
        let words = ["-c", text.as_str(), "hawser", "socket", &data, &folder, "etcd4"];
        said(&Command::new("sh").args(words).output().unwrap())
    }

    fn names(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A database, and behind it its sum, as etcdctl saves it.
fn snapshot() -> Vec<u8> {
    let database = b"database";
    [database.as_slice(), &Sha256::digest(database)].concat()
}

#[test]
fn a_snapshot_is_for_root_alone_and_the_five_newest_stay() {
    let rig = Disk::new(&snapshot());
    for day in 1..=6 {
        let old = format!("snapshots/etcd-2020010{day}T000000Z-before-x.db");
        fs::write(rig.path(&old), "").unwrap();
        made_ago(&rig.path(&old), 8 * DAY);
    }
    fs::write(rig.path("snapshots/the-users-own.db"), "").unwrap();

    let (code, told) = rig.save();

    assert_eq!(code, Some(0), "{told}");
    let left = rig.names("snapshots");
    assert_eq!(left.len(), 6, "{left:?}");
    assert_eq!(left[0], "etcd-20200103T000000Z-before-x.db");
    assert!(left[4].ends_with("-before-etcd4.db"), "{left:?}");
    let kept = rig.path(&format!("snapshots/{}", left[4]));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(&kept).unwrap(), snapshot());
    assert_eq!(rig.names("data"), ["member"], "nothing stays with the data");
}

const DAY: u64 = 24 * 60 * 60;

fn made_ago(path: &str, seconds: u64) {
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
    fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

#[test]
fn many_runs_of_an_incident_do_not_take_its_first_snapshot_away() {
    let rig = Disk::new(&snapshot());
    for (number, days) in [(1, 3), (2, 2), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0)] {
        let old = format!("snapshots/etcd-2020010{number}T000000Z-before-x.db");
        fs::write(rig.path(&old), "").unwrap();
        made_ago(&rig.path(&old), days * DAY + 60);
    }

    let (code, told) = rig.save();

    assert_eq!(code, Some(0), "{told}");
    let left = rig.names("snapshots");
    let days: Vec<&str> = left.iter().map(|name| &name[11..13]).collect();
    assert_eq!(days[..7], ["01", "03", "04", "05", "06", "07", "08"], "{left:?}");
}

#[test]
fn a_snapshot_that_did_not_come_whole_is_not_kept() {
    let cut = &snapshot()[..39];

    let rig = Disk::new(cut);

    let told = "the snapshot is incomplete: its checksum differs\n".to_owned();
    assert_eq!(rig.save(), (Some(1), told));
    assert_eq!(
        (rig.names("data"), rig.names("snapshots")),
        (vec!["member".to_owned()], vec![])
    );
}

#[test]
fn a_snapshot_is_not_begun_where_there_is_no_room_for_it() {
    // A database of 2 GiB, and what `df` tells of the two file systems, in KiB.
    let told = |data_kib: u64, kept_kib: u64| {
        let rig = Disk::new(&snapshot());
        let programs = format!(
            "stat() {{ case $* in *snap/db) echo 2147483648 ;; *) command stat \"$@\" ;; esac; }}\n\
             df() {{ case $3 in {}) free={data_kib} ;; {}) free={kept_kib} ;; *) free=0 ;; esac\n\
             printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/vda 99999999 1 %s 1%% /\\n' \"$free\"; }}",
            rig.path("data"),
            rig.path("snapshots"),
        );
        let (code, said) = rig.save_with(&programs, "snapshots/of/hawser");
        let place = rig.path("");
        (
            code,
            said.replace(&place, ""),
            rig.names("data"),
            rig.names("snapshots").len(),
        )
    };
    let member = || vec!["member".to_owned()];
    let enough = (2048 + 256) * 1024;

    let (code, said, _, kept) = told(enough, enough);
    assert_eq!((code, kept), (Some(0), 1), "{said}");
    let no_room = |place: &str, free: u64| {
        format!(
            "no room for a snapshot in {place}: it takes 2048 MiB, 256 MiB are to stay free beside it, and {free} MiB are free\n"
        )
    };
    assert_eq!(
        told(enough - 1, enough),
        (Some(1), no_room("data", 2303), member(), 0)
    );
    assert_eq!(
        told(enough, 1024),
        (Some(1), no_room("snapshots/of/hawser", 1), member(), 0)
    );
}

/// crictl and ctr of a host on which a user's pod has a container of that name too, and the cluster's own is in
/// kube-system.
const RUNTIME: &str = r#"#!/bin/sh
printf '%s\n' "${0##*/} $*" >>"${0%/*}/asked of the runtime"
case "$*" in
  *' ps '*'namespace=kube-system'* | *'containers list'*'pod.namespace"==kube-system'*) echo aaa ;;
  *' ps '* | *'containers list'*) echo bbb; echo aaa ;;
  *'tasks list'*) printf 'TASK PID STATUS\nbbb 1 RUNNING\naaa 2 RUNNING\n' ;;
  *exec*) shift $(($# - 1)); echo "$1" ;;
esac
"#;

/// What a host without etcdctl asks its container runtime, where this is its client.
fn asked_of(client: &str) -> Vec<String> {
    let rig = Rig::new("", &[]);
    fs::remove_file(rig.path("etcdctl")).unwrap();
    rig.program(client, RUNTIME);
    // Only what the script uses besides is there: this machine may have clients of its own.
    for name in ["sh", "timeout", "cat", "grep", "awk", "tail", "base64", "cut"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(name))
            .find(|path| path.exists());
        std::os::unix::fs::symlink(found.unwrap(), rig.path(name)).unwrap();
    }
    let script = concat!(
        "set -eu\ncri_socket=unix:///run/test.sock\n",
        include_str!("../shell/etcdctl.sh"),
        "etcd_ctl version\n"
    );
    let output = Command::new(rig.path("sh"))
        .args(["-c", script])
        .env("PATH", rig.folder.path())
        .output();
    assert_eq!(
        said(&output.unwrap()),
        (Some(0), "version\n".to_owned()),
        "{client}"
    );
    rig.read("asked of the runtime")
}

#[test]
fn a_container_named_etcd_in_a_users_pod_is_not_asked_in_etcds_place() {
    for client in ["crictl", "ctr"] {
        let asked = asked_of(client);
        // crictl takes a part of a name, too.
        let whole = |line: &String| !line.contains("--name") || line.contains("--name ^etcd$ ");
        assert!(asked.iter().all(whole), "{asked:#?}");
        let exec = asked.iter().find(|line| line.contains("exec")).unwrap();
        assert!(exec.contains(" aaa ") && !exec.contains("bbb"), "{asked:#?}");
    }
}

/// What etcdctl says of keys with `-w fields` (3.4 to 3.6 say the same).
fn fields(keys: &[&str], more: bool, count: usize) -> String {
    let header = "\"ClusterID\" : 14841639068965178418\n\"MemberID\" : 10276657743932975437\n\"Revision\" : 5\n\"RaftTerm\" : 2\n";
    let key = |key: &&str| {
        let rest =
            "\"CreateRevision\" : 2\n\"ModRevision\" : 2\n\"Version\" : 1\n\"Value\" : \"\"\n\"Lease\" : 0\n";
        let below = if key.starts_with(['/', '!']) {
            ""
        } else {
            "/registry/"
        };
        format!("\"Key\" : \"{below}{}\"\n{rest}", key.trim_start_matches('!'))
    };
    let keys = keys.iter().map(key).collect::<Vec<_>>().concat();
    format!("{header}{keys}\"More\" : {more}\n\"Count\" : {count}\n")
}

/// Some of what an init has written before its last phases, with names of 1.20 and of today.
const OF_AN_INIT: [&str; 33] = [
    "apiregistration.k8s.io/apiservices/v1.apps",
    "clusterrolebindings/cluster-admin",
    "clusterroles/system:node",
    "configmaps/default/kube-root-ca.crt",
    "configmaps/kube-system/extension-apiserver-authentication",
    "configmaps/kube-system/kubeadm-config",
    "configmaps/kube-system/kubelet-config-1.20",
    "csinodes/cp1",
    "endpointslices/default/kubernetes",
    "events/default/cp1.18a",
    "events/kube-system/kube-apiserver-cp1.18b",
    "flowschemas/catch-all",
    "ipaddresses/10.96.0.1",
    "leases/kube-node-lease/cp1",
    "leases/kube-system/kube-scheduler",
    "masterleases/192.0.2.21",
    "minions/cp1",
    "namespaces/default",
    "namespaces/kube-node-lease",
    "namespaces/kube-public",
    "namespaces/kube-system",
    "pods/kube-system/etcd-cp1",
    "priorityclasses/system-node-critical",
    "ranges/serviceips",
    "rolebindings/kube-public/system:controller:bootstrap-signer",
    "secrets/default/default-token-2xkzq",
    "secrets/kube-system/bootstrap-token-k3x9qz",
    "secrets/kube-system/kubeadm-certs",
    "serviceaccounts/default/default",
    "serviceaccounts/kube-system/node-controller",
    "servicecidrs/kubernetes",
    "services/endpoints/default/kubernetes",
    "services/specs/default/kubernetes",
];

fn held(keys: &[&str], more: bool, count: usize) -> (Option<i32>, String) {
    let captured = format!("== keys 0\n{}", fields(keys, more, count));
    let rig = Rig::new(&captured, &[("get", "keys")]);
    let told = rig.run(&holds_no_cluster("socket"));
    // Below whatever prefix they are.
    assert!(
        rig.read("arguments")[0].contains(" get  --prefix "),
        "{:?}",
        rig.read("arguments")
    );
    told
}

#[test]
fn what_an_init_has_written_is_no_cluster() {
    assert_eq!(held(&[], false, 0), (Some(0), String::new()));
    assert_eq!(
        held(&OF_AN_INIT, false, OF_AN_INIT.len()),
        (Some(0), String::new())
    );
}

#[test]
fn one_key_more_is_a_cluster() {
    for key in [
        "minions/w1",
        "configmaps/kube-public/cluster-info",
        "namespaces/shop",
        "daemonsets/kube-system/cilium",
        "deployments/kube-system/coredns",
        "pods/default/web",
        "secrets/default/password",
        "secrets/kube-system/cloud-credentials",
        "configmaps/kube-system/coredns",
        "apiextensions.k8s.io/customresourcedefinitions/ciliumnodes.cilium.io",
        "cilium.io/ciliumnodes/cp1",
        "persistentvolumes/data",
        "services/specs/default/web",
        "serviceaccounts/shop/default-of-another",
        "leases/kube-node-lease/w1",
    ] {
        let keys = [&OF_AN_INIT[..], &[key]].concat();
        let told = format!("a Kubernetes cluster keeps its objects in it: /registry/{key}\n");
        assert_eq!(held(&keys, false, keys.len()), (Some(1), told));
    }
    for key in [
        "/prod/minions/cp1",
        "/stranger/pods/kube-system/web",
        "/coreos.com/network/config",
    ] {
        let keys = [&OF_AN_INIT[..], &[key, "!compact_rev_key"]].concat();
        let told = format!("a Kubernetes cluster keeps its objects in it: {key}\n");
        assert_eq!(held(&keys, false, keys.len()), (Some(1), told));
    }
    let many = held(&OF_AN_INIT, true, 5000);
    assert_eq!(
        many,
        (
            Some(1),
            "a Kubernetes cluster keeps its objects in it: 5000 keys\n".to_owned()
        )
    );
}

#[test]
fn keys_that_are_not_all_told_are_not_taken_for_none() {
    for text in ["", "NAME:\n\tget - Gets the key\n", &fields(&[], false, 7)] {
        let rig = Rig::new(&format!("== keys 0\n{text}\n"), &[("get", "keys")]);
        assert_eq!(rig.run(&holds_no_cluster("socket")).0, Some(2), "{text}");
    }
    let failing = Rig::new("== keys 1\n! context deadline exceeded\n", &[("get", "keys")]);
    let told = failing.run(&holds_no_cluster("socket"));
    assert_eq!(told, (Some(2), "context deadline exceeded\n".to_owned()));
}
