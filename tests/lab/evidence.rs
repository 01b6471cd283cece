//! What the build leaves for the tests that look at it afterwards.

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::hawser::Workstation;
use support::lab;

/// The profile that the tests of this binary share.
pub(crate) const PROFILE: &str = "stacked";

/// A folder of the build's.
pub(crate) struct Evidence(PathBuf);

impl Evidence {
    /// An empty one.
    pub(crate) fn fresh() -> Self {
        let evidence = Self::kept();
        let _ = std::fs::remove_dir_all(&evidence.0);
        std::fs::create_dir_all(&evidence.0).unwrap();
        evidence
    }

    /// The one that the build left.
    pub(crate) fn kept() -> Self {
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab-evidence"))
    }

    /// The workstation that built.
    pub(crate) fn workstation(&self) -> Workstation {
        Workstation::at(&self.0.join("workstation"), lab::inventory(PROFILE))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.0.join(name);
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}: a10 has to run first", path.display()))
    }

    /// A file of JSON.
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }
}
