//! Files on hosts: written only when they differ, and the plan shows the difference and what is replaced.

use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::commands::{self as host, Put, Seen, Validator};
use crate::facts::FileFact;
use crate::plan::{FileChange, Step, StepId};
use crate::remote::files::{Block, NOT_SHOWN, RenderedFile, hosts_block, kept_as};
use crate::remote::timeouts::QUICK;
use crate::remote::wire::RemoteCommand;
use crate::topology::HostName;
use crate::values::Values;

/// What is where a file is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The file; none where there is none.
    pub file: Option<&'a FileFact>,
    /// Whether it is somebody else's, and is kept beside.
    pub is_foreign: bool,
}

impl<'a> From<Option<&'a FileFact>> for Found<'a> {
    fn from(file: Option<&'a FileFact>) -> Self {
        Self {
            file,
            is_foreign: false,
        }
    }
}

/// Writes a file where what is on the host differs in content, owner or mode.
pub fn put(
    host: &HostName,
    file: &RenderedFile,
    found: Option<&FileFact>,
    validator: Validator,
) -> Option<Step> {
    put_over(host, file, &found.into(), validator)
}

/// The same, where what is there may be somebody else's.
pub fn put_over(
    host: &HostName,
    file: &RenderedFile,
    found: &Found<'_>,
    validator: Validator,
) -> Option<Step> {
    (!is_same(file, found.file)).then(|| write(host, file, found, &put_of(file, found, validator)))
}

/// What is sent for it: what is there by then must be what was found.
pub fn put_of<'a>(file: &'a RenderedFile, found: &Found<'_>, validator: Validator) -> Put<'a> {
    let seen = match found.file {
        None => Seen::Absent,
        Some(found) if is_private(file, found) => Seen::Private(found.sha256.clone()),
        Some(found) => Seen::Sums(vec![found.sha256.clone()]),
    };
    Put {
        file,
        validator,
        seen,
        backs_up: found.is_foreign,
    }
}

/// Writes a file that lives only while the run does: nothing to compare it with.
pub fn put_transient(host: &HostName, file: &RenderedFile) -> Step {
    write(host, file, &None.into(), &alone(file, Seen::Any))
}

/// Writes a file again after a step that may have taken it away.
pub fn put_again(host: &HostName, file: &RenderedFile) -> Step {
    let mut step = write(host, file, &None.into(), &alone(file, Seen::Absent));
    step.id = StepId(format!("{host}/write-again{}", file.path));
    step.title = format!("write {} again if it is missing", file.path).into();
    step
}

/// Writes the next state of a file over the one that this run has written before, or has found as it should be. Neither
/// is anybody else's.
pub fn put_next(
    host: &HostName,
    file: &RenderedFile,
    before: &RenderedFile,
    found: Option<&FileFact>,
) -> Step {
    let mut sums = vec![sum_of(before)];
    sums.extend(found.map(|found| found.sha256.clone()));
    write(host, file, &None.into(), &alone(file, Seen::Sums(sums)))
}

fn alone(file: &RenderedFile, seen: Seen) -> Put<'_> {
    Put {
        file,
        validator: Validator::None,
        seen,
        backs_up: false,
    }
}

/// Puts a block of lines into a file of which all else stays, where it has it not; `found` has been read whole.
pub fn put_block(host: &HostName, path: &str, block: &Block, found: Option<&FileFact>) -> Option<Step> {
    let before = found.and_then(FileFact::bytes).unwrap_or_default();
    let after = hosts_block(before, block);
    if before == after {
        return None;
    }
    let change = FileChange {
        path: path.to_owned(),
        owner: found.map_or_else(|| "root:root".to_owned(), |found| found.owner.clone()),
        mode: found.map_or(0o644, |found| found.mode),
        sha256: hex::encode(Sha256::digest(&after)),
        // Whatever the encoding of the lines around it, the block is text.
        diff: unified(
            path,
            &String::from_utf8_lossy(before),
            &String::from_utf8_lossy(&after),
        ),
    };
    let step = Step::on(host, &format!("write{path}"), format!("write {path}"))
        .change(host::put_block(path, block), QUICK)
        .writes(change)
        .until(host::has_block(path, block), QUICK);
    Some(step)
}

/// Whether the host has the file as it should be.
pub fn is_same(file: &RenderedFile, found: Option<&FileFact>) -> bool {
    found
        .is_some_and(|found| found.mode == file.mode && found.owner == file.owner && has_content(file, found))
}

fn has_content(file: &RenderedFile, found: &FileFact) -> bool {
    !file.content.has_slots() && found.sha256 == sum_of(file)
}

fn write(host: &HostName, file: &RenderedFile, found: &Found<'_>, put: &Put<'_>) -> Step {
    let step = Step::on(
        host,
        &format!("write{}", file.path),
        format!("write {}", file.path),
    );
    let goes = what_goes(file, found);
    let command = match &goes {
        None => host::put_file(put),
        Some(_) => host::replace_file(put),
    };
    let change = step
        .change(command, QUICK)
        .writes(change_of(file, found.file))
        .destroys(goes);
    match is_written(file) {
        Some(question) => change.until(question, QUICK),
        None => change.run_once(),
    }
}

/// Asks whether a host has the file; none if a value in it is not known before the run.
pub(in crate::remote) fn is_written(file: &RenderedFile) -> Option<RemoteCommand> {
    let question = if file.content.has_slots() {
        return None;
    } else if file.content.has_hidden() {
        host::hidden_file_is(&file.path, &file.owner, file.mode, sum_of(file))
    } else {
        host::file_is(&file.path, &file.owner, file.mode, &sum_of(file))
    };
    Some(question)
}

/// What goes when a file is replaced, and how it was seen; owner and mode alone take nothing away.
pub(in crate::remote) fn what_goes(file: &RenderedFile, found: &Found<'_>) -> Option<String> {
    let goes = found.file.filter(|found| !has_content(file, found))?;
    let path = &file.path;
    if goes.is_package_default {
        return Some(format!("{path} as its package brought it"));
    }
    let mut what = format!("the current content of {path}");
    if !is_private(file, goes) {
        let short: String = goes.sha256.chars().take(12).collect();
        what = format!("{what} (SHA-256 {short}…)");
    }
    if found.is_foreign {
        what = format!(
            "{what}, which hawser did not write; the old file is kept as {}",
            kept_as(path)
        );
    }
    Some(what)
}

pub(in crate::remote) fn change_of(file: &RenderedFile, found: Option<&FileFact>) -> FileChange {
    let after = file.content.masked();
    let diff = if file.secret && !file.content.has_slots() {
        NOT_SHOWN.to_owned()
    } else {
        difference(file, found.filter(|found| !was_private(found, file)), &after)
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

fn difference(file: &RenderedFile, found: Option<&FileFact>, after: &str) -> String {
    let Some(found) = found else {
        return unified(&file.path, "", after);
    };
    if let Some(before) = found.text() {
        return unified(&file.path, before, after);
    }
    let was = if found.bytes().is_some() {
        "not UTF-8 text"
    } else {
        "too large to be shown"
    };
    format!("{was}: {} bytes → {} bytes\n", found.size, after.len())
}

/// Whether nobody may learn the SHA-256 of what a host has: by it a password could be guessed.
fn is_private(file: &RenderedFile, found: &FileFact) -> bool {
    file.secret || file.content.has_hidden() || !is_open(found.mode)
}

/// Whether what a host has was not for everybody's eyes, though what takes its place is: it may hold a password that
/// the inventory does not name any more.
fn was_private(found: &FileFact, file: &RenderedFile) -> bool {
    !is_open(found.mode) && is_open(file.mode)
}

fn is_open(mode: u32) -> bool {
    mode & 0o077 != 0
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
