//! The real scripts, beside an etcdctl that says what the real ones of 3.4, 3.5 and 3.6 said (`captured`).

mod contents;
mod snapshots;
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
        reply(&shell.env("ETCDCTL_API", "3").output().unwrap())
    }
}

fn reply(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

const JOINING_MEMBER: &str = "https://192.0.2.44:2380";

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
const HEALTHY: [(&str, &str); 6] = [
    ("endpoint health 192.0.2.41", "health-1"),
    ("endpoint health 192.0.2.42", "health-2"),
    ("endpoint health 192.0.2.43", "health-3"),
    ("endpoint status 192.0.2.41", "status-1"),
    ("endpoint status 192.0.2.42", "status-2"),
    ("endpoint status 192.0.2.43", "status-3"),
];

fn beside(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [more, &HEALTHY].concat()
}

fn add(rig: &Rig) -> (Option<i32>, String) {
    rig.run(&add_learner("socket", &etcd4(), JOINING_MEMBER))
}

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

fn rig_says(captured: &str, questions: &[(&str, &str)], command: &RemoteCommand) -> String {
    let (status, reported) = Rig::new(captured, questions).run(command);
    assert_eq!(status, Some(1), "{reported}");
    reported
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
    let reported = "etcd 3.4.23 is too old for kubeadm 1.36.2, which wants 3.5.24 or newer\n".to_owned();
    assert_eq!(found("etcd Version: 3.4.23\nGit SHA: x\n"), (Some(1), reported));
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
        reply(&output.unwrap()),
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
        let complete = |line: &String| !line.contains("--name") || line.contains("--name ^etcd$ ");
        assert!(asked.iter().all(complete), "{asked:#?}");
        let exec = asked.iter().find(|line| line.contains("exec")).unwrap();
        assert!(exec.contains(" aaa ") && !exec.contains("bbb"), "{asked:#?}");
    }
}
