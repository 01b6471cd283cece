//! What is chosen by the version of etcd.

use super::Versions::{Before, From};
use super::{Row, Version, Versions};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// hawser knows how to ask and run it.
    IsKnown,
    /// It looks for corrupt data before it serves, as kubeadm has its own etcd do.
    CorruptCheck(&'static str, &'static str),
    /// It tells watchers how far they are, as often as kubeadm has its own etcd do.
    WatchProgress(&'static str, &'static str),
}

#[rustfmt::skip]
pub const TABLE: &[Row<Choice>] = &[
    row(From(OLDEST), Choice::IsKnown, "CHANGELOG-3.4: `ETCDCTL_API=3` is the default"),
    row(Before(GATES), Choice::CorruptCheck("experimental-initial-corrupt-check", "true"), "`etcd --help`; kubeadm's phases/etcd/local.go, 1.31"),
    row(From(GATES), Choice::CorruptCheck("feature-gates", "InitialCorruptCheck=true"), "`etcd --help`; kubeadm's phases/etcd/local.go, 1.36"),
    row(Before(GATES), Choice::WatchProgress("experimental-watch-progress-notify-interval", "5s"), "`etcd --help`; kubeadm's phases/etcd/local.go, 1.31"),
    row(From(GATES), Choice::WatchProgress("watch-progress-notify-interval", "5s"), "`etcd --help`; kubeadm's phases/etcd/local.go, 1.36"),
];

/// The oldest etcd that is looked for.
pub const OLDEST: Version = Version::new(3, 4, 0);

/// The first etcd with gates for its features, and without `experimental-` before what has proved itself.
const GATES: Version = Version::new(3, 6, 0);

const fn row(versions: Versions, choice: Choice, source: &'static str) -> Row<Choice> {
    Row {
        of: "etcd",
        versions,
        choice,
        source,
    }
}

/// The flag, and its value, by which an etcd looks for corrupt data before it serves.
pub fn corrupt_check(etcd: Version) -> Option<(&'static str, &'static str)> {
    super::chosen(TABLE, etcd, |choice| match choice {
        Choice::CorruptCheck(flag, value) => Some((*flag, *value)),
        _ => None,
    })
}

/// The flag, and its value, by which an etcd tells watchers how far they are.
pub fn watch_progress(etcd: Version) -> Option<(&'static str, &'static str)> {
    super::chosen(TABLE, etcd, |choice| match choice {
        Choice::WatchProgress(flag, value) => Some((*flag, *value)),
        _ => None,
    })
}
