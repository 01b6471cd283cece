//! Files that go from one host to another through the workstation's memory, and never rest there.

use sha2::{Digest, Sha256};

use super::QUICK;
use crate::plan::{FileChange, Step};
use crate::remote::handover::{HandedFile, files_are, read_files, write_files};
use crate::topology::HostName;
use crate::values::{Bundle, Slot};

/// Reads the files of a bundle on a host that has them.
pub fn read(from: &HostName, bundle: Bundle, files: &[HandedFile]) -> Step {
    Step::on(
        from,
        &format!("read-{}", bundle.name()),
        format!("read {} into memory", bundle.words()),
    )
    .done_when(read_files(bundle, files), QUICK)
    .captures(Slot::Files(bundle))
}

/// Writes them on another host, where they are not there as they were read.
pub fn write(on: &HostName, from: &HostName, bundle: Bundle, files: &[HandedFile]) -> Step {
    put(
        on,
        format!("write {}, as {from} has them", bundle.words()),
        bundle,
        files,
    )
}

/// Writes a bundle that the run has in memory, where it is not there as it is known.
pub(super) fn put(on: &HostName, describe: String, bundle: Bundle, files: &[HandedFile]) -> Step {
    let step = Step::on(on, &format!("write-{}", bundle.name()), describe)
        .change(write_files(bundle, files), QUICK)
        .done_when(files_are(bundle, files), QUICK);
    files
        .iter()
        .fold(step, |step, file| step.writes(change_of(file, bundle)))
}

fn change_of(file: &HandedFile, bundle: Bundle) -> FileChange {
    FileChange {
        path: file.path.clone(),
        owner: file.owner.clone(),
        mode: file.mode,
        sha256: hex::encode(Sha256::digest(Slot::Files(bundle).mask())),
        // Nothing of it may be shown, and that it comes from another host is what the step says.
        diff: String::new(),
    }
}
