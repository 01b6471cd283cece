//! Files that hosts hand to each other: read on one into this program's memory, written on another.

use std::collections::BTreeMap;

use crate::remote::wire::RemoteCommand;
use crate::values::{Bundle, Slot};

/// A file that is handed over: where it belongs on either host, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedFile {
    pub path: String,
    /// `user:group` on the host that receives it.
    pub owner: String,
    pub mode: u32,
}

impl HandedFile {
    /// A file of root's, with the mode that kubeadm gives it: a certificate for all to read, a key for root alone.
    pub fn of_root(path: &str) -> Self {
        let is_certificate = std::path::Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "crt");
        Self {
            path: path.to_owned(),
            owner: "root:root".to_owned(),
            mode: if is_certificate { 0o644 } else { 0o600 },
        }
    }
}

/// Prints files for the bundle's slot; what it prints is secret.
pub(in crate::remote) fn read_files(bundle: Bundle, files: &[HandedFile]) -> RemoteCommand {
    RemoteCommand::reads(
        format!("read {}", bundle.words()),
        script!("read_files.sh", [], (; paths)),
    )
    .args(files.iter().map(|file| file.path.as_str()))
    .printing_secrets()
}

/// What of a host's files a bundle may take the place of, by path.
pub type Replaced = BTreeMap<String, Seen>;

/// How the plan saw a file that is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// With this sum, as [`sum_of_pem`](crate::ca::sum_of_pem) makes it.
    Sum(String),
    /// The key of a certificate that has been seen, or is seen to be missing.
    Key,
}

/// Writes the files of a bundle: these and no others, all or none; and only where nothing else is.
pub(in crate::remote) fn write_files(bundle: Bundle, files: &[HandedFile]) -> RemoteCommand {
    RemoteCommand::changes(
        format!("write {}", bundle.words()),
        script!("write_files.sh", [place package_default], (; files)),
    )
    .args(seen_places(files, &Replaced::new()))
    .sized_input(Slot::Files(bundle).into())
}

/// Writes the files of a bundle in the place of what the plan saw, and of nothing else.
pub(in crate::remote) fn renew_files(
    bundle: Bundle,
    files: &[HandedFile],
    replaced: &Replaced,
) -> RemoteCommand {
    RemoteCommand::destroys(
        format!("write {}", bundle.words()),
        script!("write_files.sh", [place package_default], (; files)),
    )
    .args(seen_places(files, replaced))
    .sized_input(Slot::Files(bundle).into())
}

/// Whether the files of a bundle are on the host as the other one has told them, with their owners and modes.
pub(in crate::remote) fn files_are(bundle: Bundle, files: &[HandedFile]) -> RemoteCommand {
    RemoteCommand::reads(
        format!("check {}", bundle.words()),
        script!("../host_files/files_are.sh", [], (; files)),
    )
    .args(places(files))
    .input(Slot::Sums(bundle))
}

fn places(files: &[HandedFile]) -> impl Iterator<Item = String> {
    files.iter().flat_map(place)
}

fn place(file: &HandedFile) -> [String; 3] {
    [
        file.path.clone(),
        file.owner.clone(),
        format!("{:04o}", file.mode),
    ]
}

fn seen_places(files: &[HandedFile], replaced: &Replaced) -> impl Iterator<Item = String> {
    files.iter().flat_map(|file| {
        let seen = match replaced.get(&file.path) {
            Some(Seen::Sum(sum)) => sum.as_str(),
            Some(Seen::Key) => "any",
            None => "absent",
        };
        place(file).into_iter().chain([seen.to_owned()])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    use super::*;
    use crate::ca::sum_of_pem;
    use crate::remote::wire::Wire;
    use crate::values::Values;

    const BUNDLE: Bundle = Bundle::ControlPlane;

    /// Two hosts' folders on this machine, and what is handed from the one to the other.
    struct Rig {
        folder: tempfile::TempDir,
    }

    impl Rig {
        fn new() -> Self {
            let rig = Self {
                folder: tempfile::tempdir().unwrap(),
            };
            rig.put("pki/ca.crt", b"certificate\n");
            rig.put("pki/etcd/ca.key", b"-----BEGIN PRIVATE KEY-----\n\0\xff\n");
            rig
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn put(&self, name: &str, content: &[u8]) {
            std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
            std::fs::write(self.path(name), content).unwrap();
        }

        fn files(&self) -> Vec<HandedFile> {
            let owner = Command::new("sh")
                .args(["-c", "echo $(id -un):$(id -gn)"])
                .output()
                .unwrap();
            let owner = String::from_utf8(owner.stdout).unwrap().trim().to_owned();
            ["pki/ca.crt", "pki/etcd/ca.key"]
                .map(|name| HandedFile {
                    owner: owner.clone(),
                    ..HandedFile::of_root(self.path(name).to_str().unwrap())
                })
                .to_vec()
        }

        /// The bundle as read, and the host that receives it empty.
        fn handed(&self) -> Values {
            let mut values = Values::default();
            let read = run(&read_files(BUNDLE, &self.files()).wire(&values).unwrap(), None);
            values.set_files(BUNDLE, &read.stdout).unwrap();
            std::fs::remove_dir_all(self.path("pki")).unwrap();
            values
        }

        fn is(&self, values: &Values) -> Output {
            run(&files_are(BUNDLE, &self.files()).wire(values).unwrap(), None)
        }

        /// Everything below the folder but folders.
        fn found(&self) -> Vec<String> {
            let mut found = Vec::new();
            let mut folders = vec![self.folder.path().to_owned()];
            while let Some(folder) = folders.pop() {
                for path in std::fs::read_dir(folder)
                    .unwrap()
                    .map(|entry| entry.unwrap().path())
                {
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        found.push(
                            path.strip_prefix(self.folder.path())
                                .unwrap()
                                .display()
                                .to_string(),
                        );
                    }
                }
            }
            found.sort();
            found
        }
    }

    /// Runs what a host would, with all of the input or its first bytes.
    fn run(wire: &Wire, bytes: Option<usize>) -> Output {
        let mut child = Command::new("sh")
            .args(["-c", wire.line()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = wire.input();
        // A script that refuses stops reading.
        let _ = child
            .stdin
            .take()
            .unwrap()
            .write_all(&input[..bytes.unwrap_or(input.len())]);
        child.wait_with_output().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_authority_of_another_cluster_stays() {
        let rig = Rig::new();
        let values = rig.handed();
        rig.put("pki/ca.crt", b"of another cluster\n");

        let written = run(&write_files(BUNDLE, &rig.files()).wire(&values).unwrap(), None);

        let words = String::from_utf8_lossy(&written.stderr);
        assert_eq!(written.status.code(), Some(4), "{words}");
        assert!(
            words.contains("changed since the plan: ")
                && words.contains("exists, and is not of this cluster"),
            "{words}"
        );
        assert_eq!(rig.found(), ["pki/ca.crt"]);
        assert_eq!(
            std::fs::read(rig.path("pki/ca.crt")).unwrap(),
            b"of another cluster\n"
        );
    }

    #[test]
    fn a_strangers_key_stays() {
        let rig = Rig::new();
        let values = rig.handed();
        rig.put("pki/etcd/ca.key", b"somebody's\n");

        let written = run(&write_files(BUNDLE, &rig.files()).wire(&values).unwrap(), None);

        assert_eq!(written.status.code(), Some(4), "{written:?}");
        assert_eq!(rig.found(), ["pki/etcd/ca.key"]);
        assert_eq!(
            std::fs::read(rig.path("pki/etcd/ca.key")).unwrap(),
            b"somebody's\n"
        );
    }

    #[test]
    fn only_what_the_plan_saw_is_renewed() {
        let rig = Rig::new();
        let values = rig.handed();
        let of = |name: &str| rig.path(name).display().to_string();
        let replaced = Replaced::from([
            (of("pki/ca.crt"), Seen::Sum(sum_of_pem("old\n"))),
            (of("pki/etcd/ca.key"), Seen::Key),
        ]);
        let renew = renew_files(BUNDLE, &rig.files(), &replaced)
            .wire(&values)
            .unwrap();
        rig.put("pki/ca.crt", b"of somebody else since\n");
        rig.put("pki/etcd/ca.key", b"old key\n");

        let refused = run(&renew, None);
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        assert_eq!(std::fs::read(rig.path("pki/etcd/ca.key")).unwrap(), b"old key\n");

        rig.put("pki/ca.crt", b"old\r\n");
        let renewed = run(&renew, None);
        assert!(renewed.status.success(), "{renewed:?}");
        assert!(rig.is(&values).status.success());
    }

    #[test]
    fn what_one_host_reads_another_writes_with_its_own_modes() {
        let rig = Rig::new();
        let values = rig.handed();
        assert_eq!(rig.is(&values).status.code(), Some(1), "not there yet");

        let written = run(&write_files(BUNDLE, &rig.files()).wire(&values).unwrap(), None);

        assert!(written.status.success(), "{written:?}");
        assert_eq!(rig.found(), ["pki/ca.crt", "pki/etcd/ca.key"]);
        assert_eq!(
            std::fs::read(rig.path("pki/etcd/ca.key")).unwrap(),
            b"-----BEGIN PRIVATE KEY-----\n\0\xff\n"
        );
        assert_eq!(
            (mode(&rig.path("pki/ca.crt")), mode(&rig.path("pki/etcd/ca.key"))),
            (0o644, 0o600)
        );
        assert!(rig.is(&values).status.success());
    }

    #[test]
    fn another_content_or_mode_is_not_taken_for_the_file() {
        let rig = Rig::new();
        let values = rig.handed();
        run(&write_files(BUNDLE, &rig.files()).wire(&values).unwrap(), None);

        rig.put("pki/ca.crt", b"another\n");
        let another = rig.is(&values);
        rig.put("pki/ca.crt", b"certificate\n");
        std::fs::set_permissions(rig.path("pki/etcd/ca.key"), PermissionsExt::from_mode(0o640)).unwrap();
        let open = rig.is(&values);

        assert_eq!(another.status.code(), Some(1));
        assert!(
            String::from_utf8(another.stdout)
                .unwrap()
                .ends_with("ca.crt has another content\n")
        );
        assert_eq!(open.status.code(), Some(1));
        assert!(
            String::from_utf8(open.stdout)
                .unwrap()
                .ends_with("ca.key has a different owner or mode\n")
        );
    }

    #[test]
    fn links_and_second_names_of_files_stay() {
        let rig = Rig::new();
        let values = rig.handed();
        rig.put("elsewhere/ca.crt", b"certificate\n");
        rig.put("elsewhere/ca.key", b"old\n");
        let key = rig.path("pki/etcd/ca.key").display().to_string();
        let replaced = Replaced::from([(key, Seen::Sum(sum_of_pem("old")))]);
        std::fs::create_dir_all(rig.path("pki/etcd")).unwrap();
        std::os::unix::fs::symlink("../elsewhere/ca.crt", rig.path("pki/ca.crt")).unwrap();
        std::fs::hard_link(rig.path("elsewhere/ca.key"), rig.path("pki/etcd/ca.key")).unwrap();

        let renew = renew_files(BUNDLE, &rig.files(), &replaced);
        let written = run(&renew.wire(&values).unwrap(), None);

        assert!(written.status.success(), "{written:?}");
        assert!(rig.path("pki/ca.crt").is_symlink());
        assert_ne!(std::fs::read(rig.path("elsewhere/ca.key")).unwrap(), b"old\n");
        assert_eq!(mode(&rig.path("elsewhere/ca.key")), 0o600);
        assert_eq!(rig.found().len(), 4, "{:?}", rig.found());
        assert!(rig.is(&values).status.success());
    }

    #[test]
    fn a_connection_that_is_cut_anywhere_leaves_nothing() {
        let rig = Rig::new();
        let values = rig.handed();
        let wire = write_files(BUNDLE, &rig.files()).wire(&values).unwrap();

        let complete = wire.input().len();
        for bytes in (0..complete).step_by(5).chain([complete - 1]) {
            let written = run(&wire, Some(bytes));

            assert!(!written.status.success(), "cut after {bytes} bytes");
            assert_eq!(rig.found(), Vec::<String>::new(), "cut after {bytes} bytes");
        }
    }

    #[test]
    fn a_file_that_was_not_asked_for_is_never_written() {
        let rig = Rig::new();
        let values = rig.handed();
        let mut other = rig.files();
        other[1].path = rig.path("pki/sa.key").to_str().unwrap().to_owned();

        let written = run(&write_files(BUNDLE, &other).wire(&values).unwrap(), None);

        assert_eq!(rig.found(), Vec::<String>::new());
        let reply = String::from_utf8(written.stderr).unwrap();
        assert!(
            reply.ends_with("sa.key was expected, and another file arrived; nothing was written\n"),
            "{reply}"
        );
    }

    #[test]
    fn of_files_that_are_not_all_there_none_is_printed() {
        let rig = Rig::new();
        std::fs::remove_file(rig.path("pki/etcd/ca.key")).unwrap();

        let read = run(
            &read_files(BUNDLE, &rig.files()).wire(&Values::default()).unwrap(),
            None,
        );

        assert_eq!((read.status.code(), read.stdout), (Some(1), Vec::new()));
    }

    #[test]
    fn no_content_and_no_sum_is_an_argument() {
        let rig = Rig::new();
        let values = rig.handed();
        let sums = values.get(Slot::Sums(BUNDLE)).unwrap();

        for command in [write_files(BUNDLE, &rig.files()), files_are(BUNDLE, &rig.files())] {
            let line = command.wire(&values).unwrap().line().to_owned();

            assert!(
                sums.lines()
                    .all(|sum| !line.contains(sum.rsplit(' ').next().unwrap()))
            );
            assert!(!line.contains("LS0tLS1CRUdJTi"));
            assert!(
                !serde_json::to_string(&command)
                    .unwrap()
                    .contains("LS0tLS1CRUdJTi")
            );
        }
        assert!(
            read_files(BUNDLE, &rig.files())
                .wire(&values)
                .unwrap()
                .prints_secrets()
        );
    }
}
