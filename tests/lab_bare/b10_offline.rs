//! Bare hosts with etcd on hosts of its own, from a folder of packages and an archive of images, with nobody to ask.

use std::process::Command;
use std::time::Duration;

use support::hawser::{BUILD, LOOK, Workstation, ended, report, sent};
use support::process::run;
use support::{host, lab};

use crate::bare::{KUBERNETES, archive, has, kept, packages, text, without};

const PROFILE: &str = "bare-external";

/// Whom one host of the same roles stands for; a soak of the profile builds on all.
const LEFT_OUT: [&str; 3] = ["cp3", "etcd2", "etcd3"];

const CONTROL_PLANES: [&str; 2] = ["cp1", "cp2"];

fn offline() -> String {
    let folder = lab::folder().join("run/packages");
    let text = without(&LEFT_OUT, &text(PROFILE));
    let lines = text.lines().filter(|line| !line.starts_with("key = "));
    let lines = lines.map(|line| match line.split(' ').next() {
        Some("repository") => format!("packages = \"{}\"", folder.display()),
        Some("archives") => format!("{line}\nrelay = true"),
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// How often containerd was asked to pull, by its own account.
fn pulls(name: &str) -> usize {
    let journal = host::exec(name, "journalctl -q --sync; journalctl -q -u containerd -o cat");
    journal.matches("PullImage").count()
}

#[test]
fn b10_bare_hosts_become_a_cluster_with_no_repository_and_no_registry() {
    lab::up(PROFILE);
    let gone = run(
        Command::new("docker").args(["rm", "--force", "lab-repository"]),
        Duration::from_secs(60),
    );
    gone.exits(0);
    let update = "timeout 60 apt-get -qq -o APT::Update::Error-Mode=any update";
    assert!(!host::is_so("cp1", update));
    let workstation = Workstation::with_text(&offline());

    let built = workstation
        .hawser(&["apply", "--yes", "-o", "json"], BUILD)
        .exits(0);
    let second = workstation
        .hawser(&["apply", "--yes", "-o", "json"], LOOK)
        .exits(0);

    println!("prepared and built in {:.1} s", built.took.as_secs_f64());
    let wanted = kept();
    for name in CONTROL_PLANES {
        assert_eq!(packages(name, &KUBERNETES), wanted, "{name}");
    }
    for name in ["cp1", "cp2", "etcd1"] {
        let are_left = host::is_so(name, "test -e /var/cache/hawser/packages");
        assert!(!are_left, "{name}: packages are left");
    }
    let done = ended(&built.stdout, "changed");
    for name in CONTROL_PLANES {
        assert_eq!(pulls(name), 0, "{name} has pulled");
    }
    let pull = "timeout 60 crictl --runtime-endpoint unix:///run/containerd/containerd.sock pull k8s.gcr.io/pause:3.9";
    assert!(!host::is_so("cp1", pull), "there is a way to a registry");
    assert_ne!(pulls("cp1"), 0, "containerd notes what it is to pull");
    // Six of kubeadm's, of which one is CoreDNS's too, and the pod network's, on each; etcd runs elsewhere.
    let imports = done.iter().filter(|step| step.contains("/import-"));
    assert_eq!(imports.count(), CONTROL_PLANES.len() * 6);
    let size = std::fs::metadata(archive()).unwrap().len();
    assert!(sent(&built.stdout) * 100 < size * 101, "each image leaves once");
    assert_eq!(report(&second.stdout)["changed"], 0, "{}", second.reply());
    assert_eq!(sent(&second.stdout), 0);
}

#[test]
fn b11_a_bare_etcd_host_runs_this_clusters_member_and_never_another() {
    let name = "etcd1";
    assert_eq!(
        packages(name, &["etcd-server", "etcd-client", "kubelet", "containerd"]).len(),
        2
    );
    assert!(!has(name, "kubeadm"), "{name}");
    assert!(
        !host::is_so(name, "test -e /var/lib/etcd/default"),
        "{name}: a member of its own"
    );
    let starts = host::exec(name, "journalctl -u etcd -o cat | grep -c '^Starting etcd' || :");
    assert_eq!(starts, "1\n", "{name}");
}
