//! The run log: every event, to find the cause later. Only its user may read it.
//!
//! Events are redacted where they are made, so no secret reaches the log.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;

use super::event_lines::EventLines;
use super::json::now;
use super::paint::Paint;
use super::summary;
use crate::error::Problem;
use crate::events::Event;

pub struct RunLog {
    file: File,
    path: PathBuf,
    lines: EventLines,
}

impl RunLog {
    /// Starts the log of a run under `state` (see [`state_folder`]), as `CLUSTER/RUN.log`, and removes the cluster's
    /// oldest logs over [`KEPT`].
    pub fn create(state: &Path, cluster: &str, run: &str) -> Result<Self, Problem> {
        let folder = state.join(cluster);
        let path = folder.join(format!("{run}.log"));
        let file = open(&folder, &path).map_err(|error| Problem::LocalFile {
            path: path.display().to_string(),
            verb: "write",
            cause: error.to_string(),
        })?;
        // A log too many does no harm.
        let _ = remove_oldest(&folder);
        Ok(Self {
            file,
            path,
            lines: EventLines::default(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn handle(&mut self, event: &Event) {
        if matches!(event, Event::ImageSent { .. } | Event::ImageReceived { .. }) {
            return;
        }
        let line = self.lines.line(event);
        let host = line.host.map(|host| format!("{host}  ")).unwrap_or_default();
        let _ = writeln!(self.file, "{}  {host}{}", now(), line.text);
        if let Event::RunFinished { report } = event {
            let _ = write!(self.file, "{}", summary::render(report, &[], Paint::Plain));
        }
    }
}

/// Where logs are kept: `$XDG_STATE_HOME/hawser`, or `~/.local/state/hawser`.
pub fn state_folder() -> Result<PathBuf, Problem> {
    let state = Xdg::new().ok().and_then(|folders| folders.state_dir());
    state
        .map(|state| state.join("hawser"))
        .ok_or_else(|| Problem::LocalFile {
            path: "~/.local/state/hawser".to_owned(),
            verb: "write",
            cause: "the home directory is not known; set HOME or XDG_STATE_HOME".to_owned(),
        })
}

/// How many runs' logs are kept for a cluster.
pub const KEPT: usize = 20;

fn open(folder: &Path, path: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Runs are named by their time, so the oldest come first.
fn remove_oldest(folder: &Path) -> io::Result<()> {
    let mut logs: Vec<PathBuf> = folder
        .read_dir()?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    logs.sort();
    let surplus = logs.len().saturating_sub(KEPT);
    logs.iter().take(surplus).try_for_each(std::fs::remove_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_log_and_its_folders_are_the_users_own() {
        let state = tempfile::tempdir().unwrap();

        let log = RunLog::create(&state.path().join("hawser"), "lab", "20261122T161800Z-1").unwrap();

        assert_eq!(mode(log.path()), 0o600);
        assert_eq!(mode(&state.path().join("hawser/lab")), 0o700);
        assert_eq!(mode(&state.path().join("hawser")), 0o700);
    }

    #[test]
    fn the_last_runs_are_kept() {
        let state = tempfile::tempdir().unwrap();
        let create =
            |run: usize| RunLog::create(state.path(), "lab", &format!("20261122T1618{run:02}Z-1")).unwrap();

        (0..KEPT + 3).for_each(|run| drop(create(run)));

        let mut left: Vec<_> = state
            .path()
            .join("lab")
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left.len(), KEPT);
        assert_eq!(left[0], "20261122T161803Z-1.log");
    }

    #[test]
    fn a_log_that_cannot_be_written_says_where_and_why() {
        let file = tempfile::NamedTempFile::new().unwrap();

        let problem = RunLog::create(file.path(), "lab", "1").err().unwrap();

        assert!(problem.headline().starts_with("cannot write "));
    }
}
