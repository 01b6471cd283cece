//! Files that go from one host to another through the workstation's memory, and never rest there.

use sha2::{Digest, Sha256};

use super::commands::{HandedFile, Replaced, Seen, files_are, read_files, renew_files, write_files};
use crate::plan::{ChangeBuilder, FileChange, Step};
use crate::remote::timeouts::QUICK;
use crate::topology::HostName;
use crate::values::{Bundle, Slot};

pub fn read(from: &HostName, bundle: Bundle, files: &[HandedFile]) -> Step {
    Step::on(
        from,
        &format!("read-{}", bundle.name()),
        format!("read {} into memory", bundle.words()),
    )
    .read(read_files(bundle, files), QUICK, Slot::Files(bundle))
}

/// Writes them on another host, where they are not there as they were read.
pub fn write(on: &HostName, from: &HostName, bundle: Bundle, files: &[HandedFile]) -> Step {
    let title = format!("copy {} from {from}", bundle.words());
    put(on, title, bundle, files, &Replaced::new()).until(files_are(bundle, files), QUICK)
}

/// Writes a bundle that the run has in memory, where it is not there as it is known: in the place of what the plan saw.
pub(in crate::remote) fn put(
    on: &HostName,
    title: String,
    bundle: Bundle,
    files: &[HandedFile],
    replaced: &Replaced,
) -> ChangeBuilder {
    let change = if replaced.is_empty() {
        write_files(bundle, files)
    } else {
        renew_files(bundle, files, replaced)
    };
    let step = Step::on(on, &format!("write-{}", bundle.name()), title)
        .change(change, QUICK)
        .destroys(replaced.iter().map(|(path, seen)| gone(path, seen)));
    files
        .iter()
        .fold(step, |step, file| step.writes(change_of(file, bundle)))
}

fn gone(path: &str, seen: &Seen) -> String {
    match seen {
        Seen::Sum(sum) => format!("{path} that is there (SHA-256 without white space {sum})"),
        Seen::Key => format!("{path} that is there"),
    }
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
