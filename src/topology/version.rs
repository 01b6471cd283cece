//! Versions of Kubernetes, as kubeadm prints and takes them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A Kubernetes version, `vX.Y.Z`, as kubeadm prints and takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Always 1 so far.
    pub major: u32,
    /// The minor release: what version skew is counted in.
    pub minor: u32,
    /// The patch release.
    pub patch: u32,
}

impl Version {
    /// A version of three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Why a kubeadm of this version cannot make a cluster of another; `None` where it can.
    /// Source: Kubernetes' version skew policy.
    pub fn cannot_deploy(self, target: Version) -> Option<&'static str> {
        let fits = self.minor == target.minor || self.minor == target.minor + 1;
        (!fits).then_some("it deploys its own minor release and the one before")
    }

    /// Why a kubelet of this version cannot be in a cluster of another; `None` where it can.
    /// Source: Kubernetes' version skew policy.
    pub fn cannot_join(self, target: Version) -> Option<&'static str> {
        // How many minor releases a kubelet may be behind.
        let behind = if target.minor >= 28 { 3 } else { 2 };
        if self.minor > target.minor {
            Some("a kubelet must not be newer than the API server")
        } else if self.minor + behind < target.minor {
            Some("the kubelet is too old for the API server")
        } else {
            None
        }
    }
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
