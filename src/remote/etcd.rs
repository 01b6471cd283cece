//! etcd on hosts of its own: written, started, asked.

use super::RemoteCommand;
use crate::error::hints::LOGGED_CAUSES;
use crate::topology::{EtcdManager, HostName};

/// Writes the static pod's manifest from `/run/hawser/kubeadm-etcd.yaml`.
pub fn write_manifest(flags: &[String]) -> RemoteCommand {
    RemoteCommand::changes(
        "kubeadm init phase etcd local",
        include_str!("scripts/etcd_manifest.sh"),
    )
    .args(flags)
}

/// Whether the manifest is there, and of a member of this name, data directory and initial cluster.
pub fn manifest_is(name: &str, data_directory: &str, initial_cluster: &str) -> RemoteCommand {
    RemoteCommand::reads(
        "look at etcd's manifest",
        include_str!("scripts/etcd_manifest_is.sh"),
    )
    .args([name, data_directory, initial_cluster])
}

/// Makes the kubelet, or systemd, start etcd, without waiting for it.
pub fn start(manager: EtcdManager, data_directory: &str) -> RemoteCommand {
    match manager {
        EtcdManager::Kubelet => RemoteCommand::changes(
            "start the kubelet for etcd",
            include_str!("scripts/start_etcd_pod.sh"),
        ),
        EtcdManager::Systemd => {
            RemoteCommand::changes("start etcd", include_str!("scripts/start_etcd_unit.sh"))
                .arg(data_directory)
        }
    }
}

/// Whether the host's own member answers, with a quorum behind it.
pub fn is_well(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads("ask the etcd member", etcd_script!("etcd_is_well.sh")).arg(cri_socket)
}

/// Whether the host's own member answers and follows a leader, with or without a vote.
pub fn runs(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads("ask the etcd member", etcd_script!("etcd_runs.sh")).arg(cri_socket)
}

/// Whether so many members with a vote are healthy and follow one leader.
pub fn has_one_leader(cri_socket: &str, members: usize) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for its leader", etcd_script!("etcd_has_one_leader.sh"))
        .args([cri_socket, &members.to_string()])
}

/// Whether so many members are listed, each with a vote, started and healthy.
pub fn may_grow(cri_socket: &str, members: usize) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for its members", etcd_script!("etcd_may_grow.sh"))
        .args([cri_socket, &members.to_string()])
}

/// Where snapshots are saved.
pub const SNAPSHOTS: &str = "/var/backups/hawser";

/// Saves a snapshot of the host's own member on the host, as it is before `newcomer` is added.
pub fn save_snapshot(cri_socket: &str, data_directory: &str, newcomer: &HostName) -> RemoteCommand {
    RemoteCommand::changes("save a snapshot of etcd", etcd_script!("save_etcd_snapshot.sh")).args([
        cri_socket,
        data_directory,
        SNAPSHOTS,
        &newcomer.0,
    ])
}

/// Adds a member without a vote.
pub fn add_learner(cri_socket: &str, name: &HostName, peer_url: &str) -> RemoteCommand {
    RemoteCommand::changes("add the etcd member", etcd_script!("add_etcd_member.sh"))
        .args([cri_socket, &name.0, peer_url])
}

/// Whether a member is listed, with or without a vote.
pub fn is_listed(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    member_is(cri_socket, peer_url, "listed")
}

/// Whether a learner answers and has the leader's log, while so many members with a vote answer.
pub fn is_in_step(cri_socket: &str, peer_url: &str, voters: usize) -> RemoteCommand {
    RemoteCommand::reads("compare the members' logs", etcd_script!("etcd_in_step.sh")).args([
        cri_socket,
        peer_url,
        &voters.to_string(),
    ])
}

/// Gives a learner its vote.
pub fn promote(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    RemoteCommand::changes("promote the etcd member", etcd_script!("promote_etcd_member.sh"))
        .args([cri_socket, peer_url])
}

/// Whether a member is listed and has a vote.
pub fn is_voting(cri_socket: &str, peer_url: &str) -> RemoteCommand {
    member_is(cri_socket, peer_url, "voting")
}

fn member_is(cri_socket: &str, peer_url: &str, what: &str) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for the member", etcd_script!("etcd_member_is.sh"))
        .args([cri_socket, peer_url, what])
}

/// Whether no Kubernetes cluster keeps its objects there.
pub fn is_empty(cri_socket: &str) -> RemoteCommand {
    RemoteCommand::reads("ask etcd for objects", etcd_script!("etcd_is_empty.sh")).arg(cri_socket)
}

/// The last lines of etcd, and of what runs it.
pub fn story(manager: EtcdManager) -> RemoteCommand {
    let name = match manager {
        EtcdManager::Kubelet => "kubelet",
        EtcdManager::Systemd => "systemd",
    };
    RemoteCommand::reads("look at etcd", journal_script!("etcd_story.sh"))
        .arg(name)
        .arg(LOGGED_CAUSES.join("\n"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    use sha2::{Digest, Sha256};

    /// A script on a host whose etcdctl answers as `answers` does.
    fn run(script: &str, answers: &str, arguments: &[&str]) -> Output {
        run_with(script, &format!("etcd_ctl() {{ {answers}\n}}"), arguments)
    }

    /// A script on a host with these programs.
    fn run_with(script: &str, programs: &str, arguments: &[&str]) -> Output {
        let text = format!("set -eu\numask 077\n{programs}\n{script}");
        let words = ["-c", text.as_str(), "hawser"];
        Command::new("sh").args(words).args(arguments).output().unwrap()
    }

    fn said(output: &Output) -> (Option<i32>, String) {
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    const NEWCOMER: &str = "https://192.0.2.44:2380";

    /// As etcdctl 3.4.23 lists a sole voter and a newcomer.
    fn listed(newcomer: &str) -> String {
        format!(
            "echo '811eee7ba10fc2f2, started, etcd1, https://192.0.2.41:2380, https://192.0.2.41:2379, false'; echo '{newcomer}'"
        )
    }

    const STARTED: &str =
        "e3b9d58207aa2022, started, etcd4, https://192.0.2.44:2380, https://192.0.2.44:2379, true";
    const UNSTARTED: &str = "e3b9d58207aa2022, unstarted, , https://192.0.2.44:2380, , true";
    const VOTER: &str =
        "e3b9d58207aa2022, started, etcd4, https://192.0.2.44:2380, https://192.0.2.44:2379, false";

    /// What the members say of their logs, as far as it matters.
    fn in_step(newcomer: &str, logs: &[(&str, u64, bool)]) -> (Option<i32>, String) {
        let told: Vec<String> = logs
            .iter()
            .map(|(host, index, learns)| {
                let learns = if *learns { ",\"isLearner\":true" } else { "" };
                format!(
                    r#"{{"Endpoint":"https://192.0.2.{host}:2379","Status":{{"header":{{}},"leader":9,"raftIndex":{index},"raftTerm":2,"raftAppliedIndex":{index}{learns}}}}}"#
                )
            })
            .collect();
        let answers = format!(
            "case $1 in member) {} ;; *) echo '[{}]' ;; esac",
            listed(newcomer),
            told.join(",")
        );
        let script = include_str!("scripts/etcd_in_step.sh");
        said(&run(script, &answers, &["socket", NEWCOMER, "1"]))
    }

    #[test]
    fn a_learner_is_in_step_when_it_has_the_leaders_log() {
        assert_eq!(
            in_step(STARTED, &[("41", 316, false), ("44", 310, true)]),
            (Some(0), String::new())
        );
    }

    #[test]
    fn a_learner_that_lags_is_told_how_far_it_is() {
        let lags = |last, own| in_step(STARTED, &[("41", last, false), ("44", own, true)]);
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
    fn a_learner_that_does_not_answer_is_not_in_step_though_etcd_would_promote_it() {
        assert_eq!(
            in_step(STARTED, &[("41", 316, false)]),
            (Some(1), "it does not answer yet\n".to_owned())
        );
        assert_eq!(
            in_step(UNSTARTED, &[("41", 316, false)]),
            (Some(1), "it has not told yet where it answers\n".to_owned())
        );
    }

    #[test]
    fn no_learner_is_in_step_with_members_that_do_not_run() {
        assert_eq!(
            in_step(STARTED, &[("44", 316, true)]),
            (Some(1), "0 of 1 members with a vote answer\n".to_owned())
        );
    }

    fn add(answers: &str) -> (Option<i32>, String) {
        let script = include_str!("scripts/add_etcd_member.sh");
        said(&run(script, answers, &["socket", "etcd4", NEWCOMER]))
    }

    #[test]
    fn a_member_that_etcd_does_not_take_yet_is_offered_again() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("asked").display().to_string();
        let answers = format!(
            "echo \"$*\" >>{seen}; [ \"$(wc -l <{seen})\" -gt 1 ] || {{ echo 'Error: etcdserver: unhealthy cluster' >&2; return 1; }}; \
             echo 'Member e3b9d58207aa2022 added to cluster 937511a8c2121b6b'"
        );

        let (code, told) = add(&answers);

        assert_eq!(code, Some(0), "{told}");
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        let once = "member add etcd4 --peer-urls=https://192.0.2.44:2380 --learner\n";
        assert_eq!(asked, once.repeat(2));
    }

    #[test]
    fn a_member_that_etcd_refuses_is_not_offered_again() {
        let (code, told) = add("echo 'Error: etcdserver: too many learner members in cluster' >&2; return 1");

        assert_eq!(
            (code, told.as_str()),
            (
                Some(1),
                "Error: etcdserver: too many learner members in cluster\n"
            )
        );
    }

    #[test]
    fn a_member_is_listed_before_it_has_a_vote() {
        let is = |member: &str, what| {
            let script = include_str!("scripts/etcd_member_is.sh");
            run(script, &listed(member), &["socket", NEWCOMER, what])
                .status
                .code()
        };
        assert_eq!(
            (is(UNSTARTED, "listed"), is(UNSTARTED, "voting")),
            (Some(0), Some(1))
        );
        assert_eq!((is(VOTER, "listed"), is(VOTER, "voting")), (Some(0), Some(0)));
        assert_eq!((is("", "listed"), is("", "voting")), (Some(1), Some(1)));
    }

    #[test]
    fn etcd_may_grow_when_all_are_there_and_none_learns() {
        let may = |member: &str, members| {
            let script = include_str!("scripts/etcd_may_grow.sh");
            said(&run(script, &listed(member), &["socket", members]))
        };
        assert_eq!(may(VOTER, "2").0, Some(0));
        assert_eq!(
            may(VOTER, "3").1,
            "2 members have started, and the sum was made with 3\n"
        );
        assert_eq!(
            may(STARTED, "2").1,
            "a member learns and has no vote yet: e3b9d58207aa2022 etcd4 https://192.0.2.44:2380\n"
        );
    }

    /// A host's folders for data and for snapshots, and what its etcdctl saves.
    struct Rig {
        folder: tempfile::TempDir,
    }

    impl Rig {
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
            let programs = format!("etcd_ctl() {{ cp {} \"$3\"\n}}\n{programs}", self.path("saved"));
            let script = include_str!("scripts/save_etcd_snapshot.sh");
            let (data, folder) = (self.path("data"), self.path(folder));
            said(&run_with(script, &programs, &["socket", &data, &folder, "etcd4"]))
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
        let rig = Rig::new(&snapshot());
        for day in 1..=6 {
            let old = format!("snapshots/etcd-2020010{day}T000000Z-before-x.db");
            fs::write(rig.path(&old), "").unwrap();
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

    #[test]
    fn a_snapshot_that_did_not_come_whole_is_not_kept() {
        let cut = &snapshot()[..39];

        let rig = Rig::new(cut);

        let told = "the snapshot is not whole: its sum differs\n".to_owned();
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
            let rig = Rig::new(&snapshot());
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
}
