//! A file takes another's place: as it was seen, with all that the other has besides its content.

mod in_place;

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::fs::{XattrFlags, getxattr, setxattr};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::remote::files::RenderedFile;
use crate::remote::host_files::commands::{Put, Seen, Validator, put_file, remove_managed, replace_file};
use crate::remote::wire::{MOVED, RemoteCommand, Wire};
use crate::values::{Content, Values};

const OLD: &[u8] = b"old\n";
const NEW: &str = "new\n";

struct Folder(TempDir);

impl Folder {
    /// With a file of 0644.
    fn with_file() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.put("file", OLD);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(0o644)).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A file for this path, of the one who runs this.
    fn rendered(&self, name: &str, content: impl Into<Content>) -> RenderedFile {
        let metadata = std::fs::metadata(self.0.path()).unwrap();
        RenderedFile {
            path: self.path(name).to_str().unwrap().to_owned(),
            owner: format!("{}:{}", metadata.uid(), metadata.gid()),
            mode: 0o644,
            content: content.into(),
            secret: false,
        }
    }

    fn replace(&self, name: &str, seen: Seen) -> Output {
        let file = self.rendered(name, NEW);
        run(&replace_file(&put(&file, seen)), &[])
    }
}

fn put(file: &RenderedFile, seen: Seen) -> Put<'_> {
    Put {
        file,
        validator: Validator::None,
        seen,
        backs_up: false,
    }
}

fn sum(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn as_it_was() -> Seen {
    Seen::Sums(vec![sum(OLD)])
}

/// Runs what a host would, behind these words.
fn run(command: &RemoteCommand, before: &[&str]) -> Output {
    let wire = command.wire(&Values::default()).unwrap();
    fed(&wire, wire.input(), before)
}

/// The same, where this arrives.
fn fed(wire: &Wire, input: &[u8], before: &[&str]) -> Output {
    let words: Vec<&OsStr> = before
        .iter()
        .copied()
        .chain(["sh", "-c", wire.line()])
        .map(OsStr::new)
        .collect();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A script that refuses stops reading.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn reply(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| !line.starts_with(crate::remote::wire::STARTED))
        .collect()
}

/// Whether a test can be done here; said aloud where not.
fn can(what: &str, is_possible: bool) -> bool {
    if !is_possible {
        eprintln!("SKIPPED: {what}");
    }
    is_possible
}

fn has_namespaces() -> bool {
    let unshare = Command::new("unshare").args(["-m", "true"]).output();
    unshare.is_ok_and(|output| output.status.success())
}

#[test]
fn a_file_that_is_as_it_was_seen_is_replaced() {
    let folder = Folder::with_file();

    let output = folder.replace("file", as_it_was());

    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read("file"), NEW.as_bytes());
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn a_file_that_has_changed_since_the_plan_stays() {
    let cases: [(Option<&[u8]>, Seen, &str); 3] = [
        (
            Some(b"edited\n"),
            as_it_was(),
            "file differs from what the plan read",
        ),
        (Some(b"edited\n"), Seen::Absent, "file is there now, and was not"),
        (None, as_it_was(), "file is gone"),
    ];
    for (there, seen, why) in cases {
        let folder = Folder::with_file();
        std::fs::remove_file(folder.path("file")).unwrap();
        if let Some(content) = there {
            folder.put("file", content);
        }

        let output = folder.replace("file", seen);

        let words = reply(&output);
        assert_eq!(output.status.code(), Some(4), "{words}");
        assert!(words.starts_with(MOVED) && words.ends_with(why), "{words}");
        let left: Vec<Vec<u8>> = folder.names().iter().map(|name| folder.read(name)).collect();
        assert_eq!(left, there.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_already_the_new_file_has_not_changed() {
    let folder = Folder::with_file();
    folder.put("file", NEW.as_bytes());

    assert!(folder.replace("file", as_it_was()).status.success());
    assert!(folder.replace("file", Seen::Absent).status.success());
    assert_eq!(folder.read("file"), NEW.as_bytes());
}

#[test]
fn the_sum_of_a_private_file_is_no_argument_and_not_shown() {
    let folder = Folder::with_file();
    let file = folder.rendered("file", NEW);
    let command = replace_file(&put(&file, Seen::Private(sum(OLD))));

    assert!(!command.line().contains(&sum(OLD)));
    assert!(!serde_json::to_string(&command).unwrap().contains(&sum(OLD)));
    assert!(run(&command, &[]).status.success());
    assert_eq!(folder.read("file"), NEW.as_bytes());
}

#[test]
fn a_link_is_kept_and_where_it_leads_is_written() {
    let folder = Folder::with_file();
    std::fs::create_dir(folder.path("real")).unwrap();
    folder.put("real/file", OLD);
    std::os::unix::fs::symlink("real/file", folder.path("link")).unwrap();

    let output = folder.replace("link", as_it_was());

    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        std::fs::read_link(folder.path("link")).unwrap(),
        Path::new("real/file")
    );
    assert_eq!(folder.read("real/file"), NEW.as_bytes());
}

#[test]
fn a_masked_unit_is_no_file_and_its_link_is_replaced() {
    let folder = Folder::with_file();
    std::os::unix::fs::symlink("/dev/null", folder.path("etcd.service")).unwrap();

    let output = folder.replace("etcd.service", Seen::Absent);

    assert!(output.status.success(), "{output:?}");
    assert!(!folder.path("etcd.service").is_symlink());
    assert_eq!(folder.read("etcd.service"), NEW.as_bytes());
    assert_eq!(std::fs::metadata("/dev/null").unwrap().mode() & 0o777, 0o666);
}

#[test]
fn a_folder_in_its_place_is_refused() {
    let folder = Folder::with_file();
    std::fs::create_dir(folder.path("folder")).unwrap();

    let output = folder.replace("folder", Seen::Absent);

    assert!(!output.status.success());
    assert!(reply(&output).contains("is no file"), "{output:?}");
    assert_eq!(folder.names(), ["file", "folder"]);
}

#[test]
fn another_name_of_a_file_stays_its_name() {
    let folder = Folder::with_file();
    std::fs::hard_link(folder.path("file"), folder.path("other")).unwrap();

    let output = folder.replace("file", as_it_was());

    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read("other"), NEW.as_bytes());
    assert_eq!(std::fs::metadata(folder.path("file")).unwrap().nlink(), 2);
    assert_eq!(folder.names(), ["file", "other"]);
}

/// One user more may read: the kernel's form of `setfacl -m u:1234:r`.
fn acl() -> Vec<u8> {
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [
        (1, 6, none),
        (2, 4, 1234),
        (4, 4, none),
        (16, 4, none),
        (32, 4, none),
    ];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

#[test]
fn a_file_that_may_not_be_changed_is_told_in_the_hosts_words() {
    let folder = Folder::with_file();
    let chattr = |flag: &str| {
        let done = Command::new("chattr").arg(flag).arg(folder.path("file")).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !can("chattr +i does not work here", chattr("+i")) {
        return;
    }

    let output = folder.replace("file", as_it_was());
    assert!(chattr("-i"));

    assert!(!output.status.success());
    assert!(reply(&output).contains("Operation not permitted"), "{output:?}");
    assert_eq!(folder.read("file"), OLD);
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn what_is_taken_over_is_kept_and_never_overwritten() {
    let folder = Folder::with_file();
    let file = folder.rendered("file", NEW);
    let take_over = |content: &[u8]| {
        folder.put("file", content);
        let mut put = put(&file, Seen::Sums(vec![sum(content)]));
        put.backs_up = true;
        assert!(run(&replace_file(&put), &[]).status.success());
    };

    take_over(b"first\n");
    take_over(b"second\n");
    take_over(b"first\n");

    assert_eq!(folder.read("file.before-hawser"), b"first\n");
    assert_eq!(folder.read("file.before-hawser.2"), b"second\n");
    assert_eq!(
        folder.names(),
        ["file", "file.before-hawser", "file.before-hawser.2"]
    );
    let kept = std::fs::metadata(folder.path("file.before-hawser")).unwrap();
    assert_eq!(kept.mode() & 0o777, 0o600);
}

#[test]
fn what_a_package_has_brought_meanwhile_counts_as_none() {
    let folder = Folder::with_file();
    let default = |answer: &str| {
        let fakes = folder.0.path().join("fakes");
        std::fs::create_dir_all(&fakes).unwrap();
        let program = fakes.join("dpkg-query");
        std::fs::write(&program, format!("#!/bin/sh\ncat <<'EOF'\n{answer}\nEOF\n")).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let script = concat!(
            "PATH=$1:$PATH\n",
            include_str!("../../shell/package_default.sh"),
            "is_package_default \"$2\"\n"
        );
        let sh = Command::new("sh")
            .args(["-c", script, "hawser"])
            .args([&fakes, &folder.path("file")])
            .status();
        sh.unwrap().success()
    };
    let path = folder.path("file").display().to_string();
    // The MD5 of `old` and a line break.
    let sum = "0c1b2bfb6c4b2e8a7d1d4e0f0d5a6f11";
    let md5 = Command::new("md5sum").arg(folder.path("file")).output().unwrap();
    let md5 = String::from_utf8(md5.stdout).unwrap();
    let md5 = md5.split(' ').next().unwrap();

    assert!(default(&format!(" /etc/other 00\n {path} {md5}")));
    assert!(!default(&format!(" {path} {sum}")), "it was changed");
    assert!(!default(&format!(" {path}.old {md5}")), "another's");
    assert!(!default(""), "no package's");
}

#[test]
fn a_package_default_takes_the_place_of_none_and_of_nothing_else() {
    let folder = Folder::with_file();
    let asked = |seen: &str| {
        let script = concat!(
            "set -eu\nmoved() { echo \"changed since the plan: $1\" >&2; exit 4; }\n",
            include_str!("../../shell/place.sh"),
            "is_package_default() { return 0; }\n",
            "new=$1/new; : >\"$new\"\nas_seen \"$1/file\" \"$2\"\n"
        );
        let sh = Command::new("sh")
            .args(["-c", script, "hawser"])
            .arg(folder.0.path())
            .arg(seen)
            .output();
        sh.unwrap().status.code()
    };

    assert_eq!(asked("absent"), Some(0));
    assert_eq!(asked(&sum(b"another")), Some(4));
    assert_eq!(asked(&format!("{} {}", sum(b"another"), sum(OLD))), Some(0));
}

#[test]
fn only_what_the_plan_saw_of_hawsers_own_is_removed() {
    let folder = Folder::with_file();
    let path = folder.path("file");
    let own = b"# Written by hawser.\nx = 1\n";
    let remove = || {
        run(
            &remove_managed(path.to_str().unwrap(), &sum(own)),
            &["timeout", "10"],
        )
    };

    let refused = remove();
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert_eq!(folder.read("file"), OLD);

    folder.put("file", b"# Written by hawser.\nx = 1\ny = 2\n");
    assert_eq!(remove().status.code(), Some(4), "somebody has added to it");
    std::fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(remove().status.code(), Some(4), "a pipe");
    std::fs::remove_file(&path).unwrap();

    folder.put("file", own);
    assert!(remove().status.success());
    assert_eq!(folder.names(), Vec::<String>::new());
    assert!(remove().status.success(), "it is gone");
}

#[test]
fn a_new_file_is_written_with_its_folder() {
    let folder = Folder::with_file();
    let file = folder.rendered("a/b/file", NEW);

    let output = run(&put_file(&put(&file, Seen::Absent)), &[]);

    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read("a/b/file"), NEW.as_bytes());
}

#[test]
fn a_swap_line_of_fstab_is_turned_off_in_what_is_mounted_there() {
    if !can("no mount namespaces here", has_namespaces()) {
        return;
    }
    let folder = Folder::with_file();
    folder.put("file", b"UUID=1 / ext4 defaults 0 1\n/m\xfcll none swap sw 0 0\n");
    let script = concat!(
        "set -eu\nexport LC_ALL=C\nmount --bind \"$1/file\" /etc/fstab\nmoved() { exit 4; }\n",
        "swapoff() { :; }\nsystemctl() { :; }\nxargs() { cat >/dev/null; }\n",
        include_str!("../../shell/place.sh"),
        include_str!("../../shell/of_the_kernel.sh"),
        include_str!("../../preparation/turn_swap_off.sh"),
    );
    if !can("no /etc/fstab here", Path::new("/etc/fstab").exists()) {
        return;
    }

    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script, "hawser"])
        .arg(folder.0.path())
        .output()
        .unwrap();

    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        folder.read("file"),
        b"UUID=1 / ext4 defaults 0 1\n# switched off by hawser: /m\xfcll none swap sw 0 0\n"
    );
}
