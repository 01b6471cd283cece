//! How files are written, by running the scripts on files of this machine.

mod blocks;
mod placing;

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
    let script = concat!("set -eu\npath=$1 owner=$2 mode=$3\n", include_str!("file_has.sh"));
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
