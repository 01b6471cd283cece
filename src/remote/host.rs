//! The operating system: files, paths between hosts, images.

use super::RemoteCommand;
use crate::values::Content;

/// What must accept a file before it takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validator {
    /// Nothing.
    None,
    /// `haproxy -c`.
    Haproxy,
    /// `keepalived -t`.
    Keepalived,
    /// `containerd config dump`.
    Containerd,
}

impl Validator {
    pub(super) fn argument(self) -> &'static str {
        match self {
            Validator::None => "none",
            Validator::Haproxy => "haproxy",
            Validator::Keepalived => "keepalived",
            Validator::Containerd => "containerd",
        }
    }
}

/// Writes a file atomically: a temporary file in the same folder, 0600 from the first byte, owner and mode,
/// fsync, rename.
pub fn put_file(path: &str, owner: &str, mode: u32, validator: Validator, content: Content) -> RemoteCommand {
    RemoteCommand::changes(format!("write {path}"), include_str!("scripts/put_file.sh"))
        .args([path, owner, &format!("{mode:04o}"), validator.argument()])
        .sized_input(content)
}

/// Whether a file has this owner, mode and SHA-256 (hexadecimal).
pub fn file_is(path: &str, owner: &str, mode: u32, sha256: &str) -> RemoteCommand {
    RemoteCommand::reads(format!("look at {path}"), include_str!("scripts/file_is.sh")).args([
        path,
        owner,
        &format!("{mode:04o}"),
        sha256,
    ])
}

/// The same of a file with a secret in it. Its SHA-256 is no argument: by it a password could be guessed.
pub fn hidden_file_is(path: &str, owner: &str, mode: u32, sha256: String) -> RemoteCommand {
    let sum = Content::hidden(sha256, "<its SHA-256>");
    RemoteCommand::reads(format!("look at {path}"), include_str!("scripts/files_are.sh"))
        .args([path, owner, &format!("{mode:04o}")])
        .input(Content::from(format!("{path} ")).then(sum).then("\n"))
}

/// Whether a file has this owner, mode and content, where the content is only known when it is asked.
pub fn file_has(path: &str, owner: &str, mode: u32, content: Content) -> RemoteCommand {
    RemoteCommand::reads(format!("look at {path}"), include_str!("scripts/file_has.sh"))
        .args([path, owner, &format!("{mode:04o}")])
        .sized_input(content)
}

/// Removes a file, or a folder with all that is in it.
pub fn remove(path: &str) -> RemoteCommand {
    RemoteCommand::changes(format!("remove {path}"), include_str!("scripts/remove.sh")).arg(path)
}

/// Whether there is nothing at a path.
pub fn is_gone(path: &str) -> RemoteCommand {
    RemoteCommand::reads(format!("look for {path}"), include_str!("scripts/is_gone.sh")).arg(path)
}

/// Removes `/run/hawser`, where a run's secrets lie while it works.
pub fn clear_run_files() -> RemoteCommand {
    let script = concat!(
        include_str!("scripts/kubeadm_at_work.sh"),
        include_str!("scripts/clear_run_files.sh")
    );
    RemoteCommand::changes("clear /run/hawser", script)
}

/// A way that must be open before `kubeadm init`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// What it is for, such as `lb1 → cp1, the API server`.
    pub what: String,
    /// A name or an address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
    /// What the name must resolve to, where it is a name that must.
    pub expected: Option<String>,
}

/// Whether every path is open from here: an answer or a refusal is, silence is not.
pub fn prove_paths(paths: &[Path]) -> RemoteCommand {
    let arguments = paths.iter().flat_map(|path| {
        let expected = path.expected.clone().unwrap_or_else(|| "-".to_owned());
        [
            path.what.clone(),
            path.host.clone(),
            path.port.to_string(),
            expected,
        ]
    });
    RemoteCommand::reads(
        "prove the path",
        concat!(
            include_str!("scripts/apart.sh"),
            include_str!("scripts/prove_path.sh")
        ),
    )
    .args(arguments)
}

/// Whether a name resolves to anything.
pub fn resolves(name: &str) -> RemoteCommand {
    RemoteCommand::reads("resolve the name", include_str!("scripts/resolves.sh")).arg(name)
}

/// Pulls images into the container runtime.
pub fn pull_images(cri_socket: &str, images: &[String]) -> RemoteCommand {
    RemoteCommand::changes("pull images", include_str!("scripts/pull_images.sh"))
        .arg(cri_socket)
        .args(images)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    /// The exit code of the question for a file of root's that holds `there`.
    fn asked(there: &str, mode: &str, wanted: &str) -> Option<i32> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), there).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let owner = Command::new("stat")
            .args(["-c", "%U:%G"])
            .arg(file.path())
            .output()
            .unwrap();
        let owner = String::from_utf8(owner.stdout).unwrap();
        let script = concat!("set -eu\n", include_str!("scripts/file_has.sh"));
        let mut sh = Command::new("sh")
            .args([
                "-c",
                script,
                "hawser",
                file.path().to_str().unwrap(),
                owner.trim(),
                mode,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = sh.stdin.take().unwrap();
        write!(stdin, "{}\n{wanted}", wanted.len()).unwrap();
        drop(stdin);
        sh.wait().unwrap().code()
    }

    #[test]
    fn a_file_has_what_was_sent_to_the_last_byte() {
        let text = "sandbox_image = \"registry.k8s.io/pause:3.10.2\"\n";

        assert_eq!(asked(text, "0644", text), Some(0));
        assert_eq!(asked(text.trim_end(), "0644", text), Some(1));
        assert_eq!(asked(text, "0600", text), Some(1));
    }
}
