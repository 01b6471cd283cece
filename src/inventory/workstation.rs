//! The workstation's side of an inventory: paths, and files that are read whole.

use std::path::{Path, PathBuf};

use super::mistake::Wrong;

/// What relative paths and `~` mean.
#[derive(Debug, Clone)]
pub(super) struct Workstation {
    /// The inventory's folder.
    pub(super) directory: PathBuf,
    /// The user's home, where it is known.
    pub(super) home: Option<PathBuf>,
}

impl Workstation {
    /// For an inventory at `path`.
    pub(super) fn beside(path: &Path) -> Self {
        Self {
            directory: path.parent().map(Path::to_path_buf).unwrap_or_default(),
            home: etcetera::home_dir().ok(),
        }
    }

    /// A path as written: `~/` is the user's home, a relative one starts at the inventory's folder.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        match (written.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.directory.join(written),
        }
    }

    /// The text of a file.
    pub(super) fn read(&self, written: &str) -> Result<String, Wrong> {
        let path = self.path(written);
        std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
    }
}

/// A file that cannot be read, and why.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Wrong {
    let label = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    Wrong::new(
        format!("cannot read {}", path.display()),
        label,
        "a relative path starts at the inventory's folder, and `~/` at your home",
    )
}
