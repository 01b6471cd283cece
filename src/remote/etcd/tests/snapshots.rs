//! Snapshots of a member, on a disk that may be full.

use super::*;

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
            include_str!("../../shell/apart.sh"),
            include_str!("../save_etcd_snapshot.sh")
        );
        let (data, folder) = (self.path("data"), self.path(folder));
        let text = format!("set -eu\numask 077\n{programs}\n{script}");
        let words = ["-c", text.as_str(), "hawser", "socket", &data, &folder, "etcd4"];
        reply(&Command::new("sh").args(words).output().unwrap())
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

    let (code, reported) = rig.save();

    assert_eq!(code, Some(0), "{reported}");
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

    let (code, reported) = rig.save();

    assert_eq!(code, Some(0), "{reported}");
    let left = rig.names("snapshots");
    let days: Vec<&str> = left.iter().map(|name| &name[11..13]).collect();
    assert_eq!(days[..7], ["01", "03", "04", "05", "06", "07", "08"], "{left:?}");
}

#[test]
fn a_snapshot_that_did_not_come_whole_is_not_kept() {
    let cut = &snapshot()[..39];

    let rig = Disk::new(cut);

    let reported = "the snapshot is incomplete: its checksum differs\n".to_owned();
    assert_eq!(rig.save(), (Some(1), reported));
    assert_eq!(
        (rig.names("data"), rig.names("snapshots")),
        (vec!["member".to_owned()], vec![])
    );
}

#[test]
fn a_snapshot_is_not_begun_where_there_is_no_room_for_it() {
    // A database of 2 GiB, and what `df` tells of the two file systems, in KiB.
    let reported = |data_kib: u64, kept_kib: u64| {
        let rig = Disk::new(&snapshot());
        let programs = format!(
            "stat() {{ case $* in *snap/db) echo 2147483648 ;; *) command stat \"$@\" ;; esac; }}\n\
             df() {{ case $3 in {}) free={data_kib} ;; {}) free={kept_kib} ;; *) free=0 ;; esac\n\
             printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/vda 99999999 1 %s 1%% /\\n' \"$free\"; }}",
            rig.path("data"),
            rig.path("snapshots"),
        );
        let (code, reply) = rig.save_with(&programs, "snapshots/of/hawser");
        let place = rig.path("");
        (
            code,
            reply.replace(&place, ""),
            rig.names("data"),
            rig.names("snapshots").len(),
        )
    };
    let member = || vec!["member".to_owned()];
    let enough = (2048 + 256) * 1024;

    let (code, reply, _, kept) = reported(enough, enough);
    assert_eq!((code, kept), (Some(0), 1), "{reply}");
    let no_room = |place: &str, free: u64| {
        format!(
            "no room for a snapshot in {place}: it takes 2048 MiB, 256 MiB are to stay free beside it, and {free} MiB are free\n"
        )
    };
    assert_eq!(
        reported(enough - 1, enough),
        (Some(1), no_room("data", 2303), member(), 0)
    );
    assert_eq!(
        reported(enough, 1024),
        (Some(1), no_room("snapshots/of/hawser", 1), member(), 0)
    );
}
