//! Where a host keeps what lives only as long as a run does.

/// Below a tmpfs, which is empty after a reboot. For scripts `remote/shell/run_folder.sh` says the same.
pub const RUN_FOLDER: &str = "/run/hawser";

/// Whether a file lies there; it goes when the run ends.
pub fn is_run_file(path: &str) -> bool {
    path.strip_prefix(RUN_FOLDER)
        .is_some_and(|below| below.starts_with('/'))
}
