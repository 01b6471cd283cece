//! Files on hosts: written only when they differ, and the plan shows the difference.

use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::QUICK;
use crate::facts::FileFact;
use crate::plan::{FileChange, Step, StepId};
use crate::remote::files::{NOT_SHOWN, RenderedFile};
use crate::remote::host::{self, Validator};
use crate::topology::HostName;
use crate::values::Values;

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
        found.mode == file.mode && found.owner == file.owner && file.content.is(&found.content)
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
    let question = if file.content.has_hidden() {
        host::hidden_file_is(&file.path, &file.owner, file.mode, sum_of(file))
    } else {
        host::file_is(&file.path, &file.owner, file.mode, &sum_of(file))
    };
    step.done_when(question, QUICK)
}

fn change_of(file: &RenderedFile, found: Option<&FileFact>) -> FileChange {
    let after = file.content.masked();
    let diff = if file.secret && !file.content.has_slots() {
        NOT_SHOWN.to_owned()
    } else {
        let shown = found.filter(|found| !was_private(found, file));
        unified(
            &file.path,
            shown.map_or("", |found| found.content.as_str()),
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

/// Whether what a host has was not for everybody's eyes, though what takes its place is: it may hold a password that the
/// inventory does not name any more.
fn was_private(found: &FileFact, file: &RenderedFile) -> bool {
    let is_open = |mode: u32| mode & 0o077 != 0;
    !is_open(found.mode) && is_open(file.mode)
}

fn unified(path: &str, before: &str, after: &str) -> String {
    let old = if before.is_empty() { "/dev/null" } else { path };
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(old, path)
        .to_string()
}

/// The SHA-256 of what the host receives, which no slot is in.
fn sum_of(file: &RenderedFile) -> String {
    let content = file.content.fill(&Values::default()).unwrap_or_default();
    hex::encode(Sha256::digest(content.as_slice()))
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
