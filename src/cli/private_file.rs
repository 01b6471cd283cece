//! Files on the workstation that only its user may read.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::error::Problem;

/// Writes a file atomically, mode 0600; folders that are not there are made with mode 0700. Errors: `LocalFile`.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".hawser")
            .permissions(std::fs::Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|cause| Problem::LocalFile {
        path: path.display().to_string(),
        verb: "write",
        cause: cause.to_string(),
    })
}
