//! Files on hosts: written only when they differ, and the plan shows the difference.

use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::QUICK;
use crate::facts::FileFact;
use crate::plan::{FileChange, Step, StepId};
use crate::remote::files::RenderedFile;
use crate::remote::host::{self, Validator};
use crate::topology::HostName;

/// Writes a file where what is on the host differs in content, owner or mode.
pub fn put(
    host: &HostName,
    file: &RenderedFile,
    found: Option<&FileFact>,
    validator: Validator,
) -> Option<Step> {
    (!is_same(file, found)).then(|| write(host, file, found, validator))
}

/// Writes a file that lives only while the run does: nothing to compare it with.
pub fn put_transient(host: &HostName, file: &RenderedFile) -> Step {
    write(host, file, None, Validator::None)
}

/// Writes a file again after a step that may have taken it away.
pub fn put_again(host: &HostName, file: &RenderedFile) -> Step {
    let mut step = write(host, file, None, Validator::None);
    step.id = StepId(format!("{host}/write-again{}", file.path));
    step.describe = format!("write {} again, if it is gone", file.path).into();
    step
}

/// Whether the host has the file as it should be.
pub fn is_same(file: &RenderedFile, found: Option<&FileFact>) -> bool {
    found.is_some_and(|found| {
        found.mode == file.mode && found.owner == file.owner && found.content == file.content.masked()
    })
}

fn write(host: &HostName, file: &RenderedFile, found: Option<&FileFact>, validator: Validator) -> Step {
    let command = host::put_file(
        &file.path,
        &file.owner,
        file.mode,
        validator,
        file.content.clone(),
    );
    let step = Step::on(
        host,
        &format!("write{}", file.path),
        format!("write {}", file.path),
    )
    .change(command, QUICK)
    .writes(change_of(file, found));
    if file.content.has_slots() {
        return step;
    }
    let sha256 = sha256(&file.content.masked());
    step.done_when(host::file_is(&file.path, &file.owner, file.mode, &sha256), QUICK)
}

fn change_of(file: &RenderedFile, found: Option<&FileFact>) -> FileChange {
    let after = file.content.masked();
    let diff = if file.secret && !file.content.has_slots() {
        "(secret: not shown)\n".to_owned()
    } else {
        unified(
            &file.path,
            found.map_or("", |found| found.content.as_str()),
            &after,
        )
    };
    let diff = match found {
        Some(found) if found.owner != file.owner || found.mode != file.mode => {
            format!(
                "{} {:04o} → {} {:04o}\n{diff}",
                found.owner, found.mode, file.owner, file.mode
            )
        }
        _ => diff,
    };
    FileChange {
        path: file.path.clone(),
        owner: file.owner.clone(),
        mode: file.mode,
        sha256: sha256(&after),
        diff,
    }
}

fn unified(path: &str, before: &str, after: &str) -> String {
    let old = if before.is_empty() { "/dev/null" } else { path };
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(old, path)
        .to_string()
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
