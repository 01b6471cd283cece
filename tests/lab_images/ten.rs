//! Ten hosts, the archive of the lab's images, and what is seen of both.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::hawser::{Workstation, events};
use support::{host, lab, process};

const PROFILE: &str = "images";

/// Ten imports on a busy machine of two cores.
pub(crate) const PUSH: Duration = Duration::from_secs(15 * 60);

/// The archive from which the lab's own hosts have their images.
pub(crate) fn archive() -> PathBuf {
    let mut command = Command::new(lab::folder().join("lab"));
    let reply = process::run(command.args(["path", "images"]), PUSH).text();
    PathBuf::from(reply.lines().next().expect("the lab's archive"))
}

/// Starts the hosts without any image.
pub(crate) fn up_without_images() {
    let mut command = Command::new(lab::folder().join("lab"));
    command.args(["up", PROFILE]).env("LAB_WITHOUT_IMAGES", "1");
    process::run(&mut command, PUSH).exits(0);
}

pub(crate) fn workstation() -> Workstation {
    Workstation::with_text(&lab::inventory_text(PROFILE))
}

pub(crate) fn names() -> Vec<String> {
    lab::hosts(PROFILE).into_iter().map(|(name, _)| name).collect()
}

/// The images of a host, by name.
pub(crate) fn held(name: &str) -> BTreeSet<String> {
    let reply = host::exec(name, "ctr -n k8s.io images ls -q");
    let names = reply.lines().filter(|line| !line.starts_with("sha256:"));
    names.map(str::to_owned).collect()
}

/// Takes every image away from a host.
pub(crate) fn clear(name: &str) {
    host::exec(
        name,
        "ctr -n k8s.io images ls -q | xargs -r ctr -n k8s.io images rm --sync",
    );
}

/// What kubeadm, containerd and the pod network of a host of this role name.
pub(crate) fn wanted(name: &str) -> BTreeSet<String> {
    let is_for_all = |image: &String| {
        ["kube-proxy", "pause", "coredns"]
            .iter()
            .any(|name| image.contains(&format!("/{name}:")))
    };
    let is_wanted = |image: &String| name.starts_with("cp") || is_for_all(image);
    // In the lab CoreDNS is a second name of the pause image, and comes with it.
    let of_kubeadm = lab::images().into_iter().filter(is_wanted);
    of_kubeadm.chain(["lab.local/pod-network:1".to_owned()]).collect()
}

pub(crate) fn warnings(stdout: &str) -> Vec<Value> {
    events(stdout)
        .into_iter()
        .filter(|event| event["event"] == "warning")
        .collect()
}
