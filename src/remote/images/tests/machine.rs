//! A host whose programs say what a test wants.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::archive::{self, Image, sample};
use crate::remote::images::commands::{ImageEndpoint, pass_on_image, receive_image};
use crate::remote::wire::RemoteCommand;

pub(super) const SOCKET: &str = "unix:///run/containerd/containerd.sock";
pub(super) const NAME: &str = "k8s.gcr.io/pause:3.2";
pub(super) const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const LIST: &str = "application/vnd.oci.image.index.v1+json";

/// An image of two names would be asked for like this one of one.
pub(super) fn image() -> Image {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sample::docker(&[(NAME, "amd64", b"layer")]);
    let path = sample::write(folder.path(), "images.tar", &bytes);
    archive::open(&path).unwrap().images.remove(0)
}

/// The digest of a blob that is called so.
pub(super) fn digest(name: &str) -> String {
    sample::digest(name.as_bytes())
}

/// A row of `ctr images ls`.
pub(super) fn row(name: &str, kind: &str, blob: &str) -> String {
    format!("{name} {kind} {} 1 MiB linux/amd64 -\n", digest(blob))
}

/// A host whose containerd does as the files of a folder say.
pub(super) struct Machine(TempDir);

impl Machine {
    /// It has these images.
    pub(super) fn with(rows: &[String]) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.lists("rows", rows);
        machine.program(
            "ctr",
            r#"while [ "$1" != images ] && [ "$1" != content ]; do shift; done
            case "$1 $2" in
              'images ls')
                shift 2
                [ $# != 0 ] || cat rows
                for filter; do
                  name=${filter#*\"}
                  awk -v name="${name%\"}" '
                    { known = $0; sub(/ [^ ]+ [^ ]+ 1 MiB linux.amd64 -$/, "", known) }
                    known == name' rows
                done ;;
              'images export') echo "exported $4" ;;
              'images import') cat >/dev/null; [ ! -e brought ] || cp brought rows; [ ! -e broken ] ;;
              'images rm') echo "$3" >>removed; grep -vF "$3 " rows >left || :; mv left rows ;;
              'images label') echo "$3 $4" >>labelled ;;
              'content get') cat "$3" 2>/dev/null || { echo "content digest $3: not found" >&2; exit 1; } ;;
            esac"#,
        );
        machine.program(
            "socat",
            r#"case "$*" in
              *' STDIN '*) cat >given ;;
              *) echo 'now N listening on a port' >&2; echo archive ;;
            esac"#,
        );
        machine
    }

    pub(super) fn program(&self, name: &str, script: &str) {
        let path = self.path(name);
        let script = format!("#!/bin/sh\ncd '{}'\n{script}\n", self.0.path().display());
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn lists(&self, file: &str, rows: &[String]) {
        let heading = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n".to_owned();
        std::fs::write(self.path(file), heading + &rows.concat()).unwrap();
    }

    /// What it lists when the next import has ended.
    pub(super) fn gets(self, rows: &[String]) -> Self {
        self.lists("brought", rows);
        self
    }

    /// It holds a blob.
    pub(super) fn holds(self, blob: &str, content: &str) -> Self {
        std::fs::write(self.path(&digest(blob)), content).unwrap();
        self
    }

    /// It keeps a blob in a file, as containerd does.
    pub(super) fn keeps(self, blob: &str, content: &str) -> Self {
        let folder = self.path("containerd/io.containerd.content.v1.content/blobs/sha256");
        std::fs::create_dir_all(&folder).unwrap();
        let digest = digest(blob);
        std::fs::write(folder.join(digest.trim_start_matches("sha256:")), content).unwrap();
        self
    }

    /// A shell that runs what the host is sent, with the programs and folders of this one.
    pub(super) fn shell(&self, command: &RemoteCommand) -> Command {
        let usual = "export LC_ALL=C PATH=\"";
        let folder = self.0.path().display();
        let line = command.line().replace(usual, &format!("{usual}{folder}:"));
        let line = line
            .replace("/run/hawser-pass", &format!("{folder}/hawser-pass"))
            .replace("/var/lib/containerd", &format!("{folder}/containerd"));
        let mut sh = Command::new("sh");
        sh.args(["-c", &line]).stdin(Stdio::null());
        sh
    }

    pub(super) fn runs(&self, command: &RemoteCommand) -> (Option<i32>, String) {
        let output = self.shell(command).output().unwrap();
        self.has_no_key_left();
        reported(&output)
    }

    pub(super) fn has_no_key_left(&self) {
        let left = std::fs::read_dir(self.0.path()).unwrap();
        let left = left.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("hawser-pass")
        });
        assert_eq!(left.count(), 0, "the folder with the key stays");
    }

    pub(super) fn removed(&self) -> String {
        self.written("removed")
    }

    /// What another program has written.
    pub(super) fn written(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_default()
    }
}

pub(super) fn reported(output: &Output) -> (Option<i32>, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
    )
}

pub(super) fn manifest_of(id: &str) -> String {
    format!(
        r#"{{"schemaVersion": 2, "config": {{"size": 1, "digest": "{id}"}}, "layers": [{{"digest": "{}"}}]}}"#,
        digest("layer")
    )
}

pub(super) fn image_endpoint() -> ImageEndpoint {
    ImageEndpoint {
        address: "192.0.2.21".parse().unwrap(),
        port: 7791,
        from: "192.0.2.22".parse().unwrap(),
        limit: Duration::from_secs(600),
    }
}

pub(super) fn taking() -> RemoteCommand {
    receive_image(SOCKET, image_endpoint(), &"w1".into(), &image())
}

pub(super) fn giving() -> RemoteCommand {
    pass_on_image(SOCKET, image_endpoint(), &image())
}
