//! What is chosen by the version of containerd.

use super::Versions::{Before, From};
use super::{Row, Version, Versions, chosen, is_so};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It reads this form of its configuration; a newer containerd takes it as if it were of its own form.
    ReadsConfig(u32),
    /// The plugin that has the settings of the CRI's runtime.
    CriPlugin(&'static str),
    /// It tells a kubelet which cgroup driver it uses (`RuntimeConfig` of the CRI).
    TellsDriver,
}

#[rustfmt::skip]
pub const TABLE: &[Row<Choice>] = &[
    row(From(Version::new(1, 3, 0)), Choice::ReadsConfig(CONFIG), "containerd's docs/man/containerd-config.toml.5.md"),
    row(Before(TWO), Choice::CriPlugin(GRPC_PLUGIN), "`containerd config default`"),
    row(From(TWO), Choice::CriPlugin("io.containerd.cri.v1.runtime"), "`containerd config default`"),
    row(From(TWO), Choice::TellsDriver, "containerd's docs/cri/config.md"),
];

/// The form that hawser writes.
pub const CONFIG: u32 = 2;

/// The plugin of the CRI in that form.
pub const GRPC_PLUGIN: &str = "io.containerd.grpc.v1.cri";

const TWO: Version = Version::new(2, 0, 0);

const fn row(versions: Versions, choice: Choice, source: &'static str) -> Row<Choice> {
    Row {
        of: "containerd",
        versions,
        choice,
        source,
    }
}

pub fn cri_plugin(containerd: Version) -> Option<&'static str> {
    chosen(TABLE, containerd, |choice| match choice {
        Choice::CriPlugin(name) => Some(*name),
        _ => None,
    })
}

/// The names that the CRI's plugin has had, the newest first.
pub fn cri_plugins() -> impl Iterator<Item = &'static str> {
    let rows = TABLE.iter().rev();
    rows.filter_map(|row| match row.choice {
        Choice::CriPlugin(name) => Some(name),
        _ => None,
    })
}

pub fn tells_driver(containerd: Version) -> bool {
    is_so(TABLE, &Choice::TellsDriver, containerd)
}
