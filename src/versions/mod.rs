//! Versions, and everything that is chosen by one: a table of rows for each project, each with its source.
//!
//! Code asks the functions of [`kubernetes`], [`etcd`] and [`containerd`]; none compares a version with a number of its
//! own. docs/reference/versions.md shows the tables.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

mod api_version;
pub mod containerd;
pub mod etcd;
pub mod kubernetes;

/// A version of Kubernetes, etcd or containerd: `vX.Y.Z`, as kubeadm prints and takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Always 1 so far.
    pub major: u32,
    /// The minor release: what version skew is counted in.
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// A version of three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// `1.34` where all of that minor release are meant, else `1.34.2`.
    fn short(self) -> String {
        let Self { major, minor, patch } = self;
        if patch == 0 {
            format!("{major}.{minor}")
        } else {
            format!("{major}.{minor}.{patch}")
        }
    }
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<C> {
    /// Whose version counts: a program, or `cluster` for the version that the inventory names.
    pub of: &'static str,
    /// For which versions it is so.
    pub versions: Versions,
    pub choice: C,
    /// Where that was read.
    pub source: &'static str,
}

/// Some versions of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// This one and all newer ones.
    From(Version),
    /// All that are older than this one.
    Before(Version),
    /// From the first on, older than the second.
    Within(Version, Version),
}

impl Versions {
    pub fn contain(self, version: Version) -> bool {
        match self {
            Versions::From(first) => first <= version,
            Versions::Before(end) => version < end,
            Versions::Within(first, end) => first <= version && version < end,
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Versions::From(first) => write!(f, "from {}", first.short()),
            Versions::Before(end) => write!(f, "before {}", end.short()),
            Versions::Within(first, end) => write!(f, "from {}, before {}", first.short(), end.short()),
        }
    }
}

/// Whether a table says for a version that something is so.
fn is_so<C: PartialEq>(table: &[Row<C>], choice: &C, version: Version) -> bool {
    let mut rows = table.iter();
    rows.any(|row| row.choice == *choice && row.versions.contain(version))
}

/// What a table says for a version; where several rows do, the last of them.
fn chosen<C, T>(table: &[Row<C>], version: Version, value: impl Fn(&C) -> Option<T>) -> Option<T> {
    let rows = table.iter().rev();
    let mut rows = rows.filter(|row| row.versions.contain(version));
    rows.find_map(|row| value(&row.choice))
}

impl FromStr for Version {
    type Err = String;

    /// Takes `v1.34.2`, `1.34.2` and, from a program's own answer, trailing `-alpha.1` or `+build` parts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a version of the form vX.Y.Z");
        let core = text
            .trim()
            .trim_start_matches('v')
            .split(['-', '+'])
            .next()
            .unwrap_or_default();
        let numbers: Vec<u32> = core
            .split('.')
            .map(|part| part.parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        match numbers.as_slice() {
            &[major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!("v1.34.2".parse(), Ok(Version::new(1, 34, 2)));
        assert_eq!("v1.20.2-dirty+abc".parse(), Ok(Version::new(1, 20, 2)));
        assert!("1.34".parse::<Version>().is_err());
        assert!("stable-1".parse::<Version>().is_err());
    }

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(Version::new(1, 9, 0) < Version::new(1, 10, 0));
    }
}
