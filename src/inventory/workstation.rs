//! The workstation's side of an inventory: paths, and files that are read whole.

use std::path::{Path, PathBuf};

use super::mistake::Wrong;

/// What is asked of private keys and `known_hosts` on this workstation, which only a connection needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFiles {
    /// Hosts will be connected to: one that cannot be used is a mistake.
    Required,
    /// Nothing is connected to, and the inventory is judged: it is a warning.
    Noted,
    /// Nothing is connected to, and nobody asked: they are not looked at.
    Unneeded,
}

/// What relative paths and `~` mean.
#[derive(Debug, Clone)]
pub(super) struct Workstation {
    /// The inventory's folder.
    pub(super) directory: PathBuf,
    /// The user's home, where it is known.
    pub(super) home: Option<PathBuf>,
    pub(super) key_files: KeyFiles,
}

impl Workstation {
    pub(super) fn beside(path: &Path, key_files: KeyFiles) -> Self {
        Self {
            key_files,
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

/// Every file of a folder and of those below it, in the order of paths; what begins with a dot is not looked at.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Wrong> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| unlisted(&folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| unlisted(&folder, &error))?.path();
            let is_hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            match (is_hidden, path.is_dir()) {
                (true, _) => {}
                (false, true) => folders.push(path),
                (false, false) => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

fn unlisted(folder: &Path, error: &std::io::Error) -> Wrong {
    match error.kind() {
        std::io::ErrorKind::NotADirectory => Wrong::new(
            format!("{} is no folder", folder.display()),
            "it is a file",
            "name the folder that holds it",
        ),
        std::io::ErrorKind::NotFound => Wrong::new(
            format!("cannot read {}", folder.display()),
            "there is no such folder",
            "a relative path starts at the inventory's folder (on the command line: where you are), and `~/` at your home",
        ),
        _ => unreadable(folder, error),
    }
}
