//! Files on hosts: written whole or not at all, looked at, removed.

use crate::remote::files::{Block, RenderedFile};
use crate::remote::wire::RemoteCommand;
use crate::values::Content;

const PUT_FILE: &str = script!(
    "put_file.sh",
    [run_folder place package_default back_up put],
    (asked_path owner mode validator seen backup)
);

/// What must accept a file before it takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validator {
    None,
    /// `haproxy -c`.
    Haproxy,
    /// `keepalived -t`.
    Keepalived,
    /// `containerd config dump`.
    Containerd,
}

impl Validator {
    pub(in crate::remote) fn argument(self) -> &'static str {
        match self {
            Validator::None => "none",
            Validator::Haproxy => "haproxy",
            Validator::Keepalived => "keepalived",
            Validator::Containerd => "containerd",
        }
    }
}

/// What is where a file is written, as the plan saw it. What is there by then must be that, or the file already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Only this run writes there: nothing is asked.
    Any,
    /// Nothing, or what a package that was installed meanwhile has brought.
    Absent,
    /// A file with one of these SHA-256.
    Sums(Vec<String>),
    /// The same of a private file: the sum is no argument and not shown, as by it a password could be guessed.
    Private(String),
}

/// A file that is written on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put<'a> {
    pub file: &'a RenderedFile,
    pub validator: Validator,
    pub seen: Seen,
    /// Whether what was there is kept beside it.
    pub backs_up: bool,
}

impl Put<'_> {
    /// The command, of a script that begins with `put_file.sh`.
    pub(in crate::remote) fn fill(&self, command: RemoteCommand) -> RemoteCommand {
        let (seen, heading) = match &self.seen {
            Seen::Any => ("any", Content::default()),
            Seen::Absent => ("absent", Content::default()),
            Seen::Sums(sums) => ("sums", Content::from(format!("{}\n", sums.join(" ")))),
            Seen::Private(sum) => (
                "sums",
                Content::hidden(sum.clone(), "<the SHA-256 that it was seen with>").then("\n"),
            ),
        };
        let file = self.file;
        command
            .args([file.path.as_str(), &file.owner, &format!("{:04o}", file.mode)])
            .args([
                self.validator.argument(),
                seen,
                if self.backs_up { "yes" } else { "no" },
            ])
            .heading(heading)
            .sized_input(file.content.clone())
    }
}

/// Writes a file that was not there, or that is this run's own: whole or not at all, private from the first byte.
pub(in crate::remote) fn put_file(put: &Put<'_>) -> RemoteCommand {
    put.fill(RemoteCommand::changes(
        format!("write {}", put.file.path),
        PUT_FILE,
    ))
}

/// Replaces a file, if it is still what the plan saw. What it has besides its content stays.
pub(in crate::remote) fn replace_file(put: &Put<'_>) -> RemoteCommand {
    put.fill(RemoteCommand::destroys(
        format!("write {}", put.file.path),
        PUT_FILE,
    ))
}

/// Puts a block of lines into a file, between its own first and last line; all else stays as it is by then.
pub(in crate::remote) fn put_block(path: &str, block: &Block) -> RemoteCommand {
    RemoteCommand::changes(
        format!("write the block in {path}"),
        script!("put_block.sh", [place package_default blocks], (asked_path begin end)),
    )
    .args([path, &block.begin, &block.end])
    .sized_input(block.text.as_str().into())
}

/// Whether a file has a block of lines, and no other one between such lines.
pub(in crate::remote) fn has_block(path: &str, block: &Block) -> RemoteCommand {
    let script = script!("has_block.sh", [blocks], (path begin end));
    RemoteCommand::reads(format!("check {path}"), script)
        .args([path, &block.begin, &block.end])
        .sized_input(block.text.as_str().into())
}

/// Whether a file has this owner, mode and SHA-256 (hexadecimal).
pub(in crate::remote) fn file_is(path: &str, owner: &str, mode: u32, sha256: &str) -> RemoteCommand {
    RemoteCommand::reads(
        format!("check {path}"),
        script!("file_is.sh", [], (path owner mode sum)),
    )
    .args([path, owner, &format!("{mode:04o}"), sha256])
}

/// The same of a file with a secret in it. Its SHA-256 is no argument: by it a password could be guessed.
pub(in crate::remote) fn hidden_file_is(path: &str, owner: &str, mode: u32, sha256: String) -> RemoteCommand {
    let sum = Content::hidden(sha256, "<its SHA-256>");
    RemoteCommand::reads(format!("check {path}"), script!("files_are.sh", [], (; files)))
        .args([path, owner, &format!("{mode:04o}")])
        .input(Content::from(format!("{path} ")).then(sum).then("\n"))
}

/// Whether a file has this owner, mode and content, where the content is only known when it is asked.
pub(in crate::remote) fn file_has(path: &str, owner: &str, mode: u32, content: Content) -> RemoteCommand {
    RemoteCommand::reads(
        format!("check {path}"),
        script!("file_has.sh", [], (path owner mode)),
    )
    .args([path, owner, &format!("{mode:04o}")])
    .sized_input(content)
}

/// Removes a file that the plan saw to hold nothing but what hawser writes, by its SHA-256.
pub(in crate::remote) fn remove_managed(path: &str, sha256: &str) -> RemoteCommand {
    RemoteCommand::destroys(format!("remove {path}"), script!("remove_own.sh", [], (path sum)))
        .args([path, sha256])
}

/// Removes a folder of hawser's own, with all that is in it.
pub(in crate::remote) fn remove(path: &str) -> RemoteCommand {
    RemoteCommand::changes(format!("remove {path}"), script!("remove.sh", [], (path))).arg(path)
}

/// Whether there is nothing at a path.
pub(in crate::remote) fn is_gone(path: &str) -> RemoteCommand {
    RemoteCommand::reads(format!("look for {path}"), script!("is_gone.sh", [], (path))).arg(path)
}
