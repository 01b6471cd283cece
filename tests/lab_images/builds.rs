//! Images of random bytes, each build of them another, and what is known of them on hosts.

use std::path::PathBuf;
use std::process::Command;

use support::process::Ran;
use support::{host, process};
use tempfile::TempDir;

use crate::ten::{PUSH, workstation};

/// The name of the first image of a build.
pub(crate) const FIRST: &str = "lab.local/bench-1:1";

/// A build of so many images, whose archive goes with it.
pub(crate) struct Build {
    folder: TempDir,
}

impl Build {
    pub(crate) fn of(images: usize) -> Self {
        let build = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut command = Command::new("bench/image_archive.py");
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg(build.path())
            .args([(images * 2).to_string(), images.to_string()]);
        process::run(&mut command, PUSH).exits(0);
        build
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("images.tar")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    /// Pushes its images with these options, whatever becomes of it.
    pub(crate) fn push(&self, options: &[&str]) -> Ran {
        let path = self.path();
        let archive = [path.to_str().unwrap()];
        let arguments = [&["images", "push", "-o", "json"], options, &archive].concat();
        workstation().hawser(&arguments, PUSH)
    }
}

/// The id by which the runtime of a host knows an image, as it tells the kubelet.
pub(crate) fn id(host: &str, name: &str) -> String {
    let script = format!("crictl -r unix:///run/containerd/containerd.sock inspecti '{name}'");
    let reply = host::exec(host, &script);
    let id = reply.split('"').find(|word| word.starts_with("sha256:"));
    id.unwrap_or_else(|| panic!("{reply}")).to_owned()
}
