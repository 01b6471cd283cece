//! A version that the repository does not have: told with those that it has, and nothing of Kubernetes is installed.

use support::hawser::{BUILD, LOOK, Workstation};
use support::{host, lab};

use crate::bare::{next, packages, text};

const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

#[test]
fn a05_a_version_that_is_not_there_is_told_with_those_that_are() {
    // What the first host lacks shows before the others are through; w2 has a swap of its own making.
    host::exec(
        "w2",
        "echo '/swapfile none swap sw 0 0' >>/etc/fstab
         printf '[Swap]\\nWhat=/other\\n' >/etc/systemd/system/other.swap
         mkdir -p /etc/systemd/system/swap.target.wants
         ln -s ../other.swap /etc/systemd/system/swap.target.wants/other.swap
         systemctl daemon-reload",
    );
    let version = lab::version();
    let (series, _) = version.rsplit_once('.').unwrap();
    let workstation = Workstation::with_text(&text("bare").replace(version, &format!("{series}.99")));

    let list = Workstation::with_text(&text("bare"))
        .hawser(&["images", "list"], LOOK)
        .exits(0);

    let of_kubeadm = lab::images();
    let server = of_kubeadm.iter().find(|image| image.contains("/kube-apiserver:"));
    assert!(
        list.stdout
            .lines()
            .any(|line| Some(line) == server.map(String::as_str)),
        "{}",
        list.reply()
    );
    let unreported = format!(
        "without the images of etcd and pause: only kubeadm {version} names them, which is not on cp1, cp2, cp3, w1, w2 yet"
    );
    assert!(list.stderr.contains(&unreported), "{}", list.reply());

    let ran = workstation.hawser(&["apply", "--yes"], BUILD).exits(1);

    let reply = format!("{}{}", ran.stdout, ran.stderr);
    let there = format!(
        "kubeadm: the repositories have {}-1.1, {}-1.1",
        next(),
        version.trim_start_matches('v')
    );
    assert!(reply.contains(&there), "{reply}");
    for name in NODES {
        assert_eq!(
            packages(name, &["kubeadm", "kubelet", "kubectl"]),
            Vec::<String>::new(),
            "{name}"
        );
    }
}
