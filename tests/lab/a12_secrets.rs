//! Token, certificate key and private keys of the build are nowhere but where kubeadm itself keeps its own.

use support::hawser::administrator;
use support::needles::{Needles, RunSecrets};
use support::{host, lab, record};

use crate::evidence::{Evidence, PROFILE};

/// Where something can be written to on a host.
const DISKS: &str = "/etc /var /root /home /opt /srv /tmp /run";

/// kubeadm's own, the image store (nothing in it is written by the run), and the lab's record.
const LEFT_OUT: [&str; 6] = [
    "/etc/kubernetes",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/lib/containerd",
    "/run/containerd",
    "/run/lab-record",
];

fn hosts() -> Vec<String> {
    lab::hosts(PROFILE).into_iter().map(|(name, _)| name).collect()
}

fn needles() -> Needles {
    Needles::gather(&RunSecrets::of_the_build(), &hosts())
}

#[test]
fn a12_no_secret_was_in_any_arguments() {
    let (needles, evidence) = (needles(), Evidence::kept());

    let arguments = evidence.read("arguments");
    let sent: Vec<String> = hosts()
        .iter()
        .flat_map(|name| record::of(name, "root"))
        .map(|recorded| recorded.command)
        .collect();

    println!(
        "{} needles; {} command lines seen, {} sent",
        needles.count(),
        arguments.lines().count(),
        sent.len()
    );
    assert!(arguments.contains("kubeadm join --config /run/hawser/kubeadm-join.yaml"));
    assert_eq!(needles.found_in(&arguments), None);
    assert_eq!(needles.found_in(&sent.join("\n")), None);
}

#[test]
fn a12_no_secret_is_on_the_workstation() {
    let (needles, evidence) = (needles(), Evidence::kept());

    let (found, looked_at) = needles.files_here(evidence.workstation().folder());

    println!(
        "{} needles in {looked_at} files of the workstation",
        needles.count()
    );
    assert!(looked_at > 0, "there is no run log");
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(needles.found_in(&evidence.read("stdout")), None);
    assert_eq!(needles.found_in(&evidence.read("stderr")), None);
}

#[test]
fn a12_no_secret_is_on_the_hosts_disks_or_in_their_journals() {
    let needles = needles();
    for name in hosts() {
        let found = needles.files_on(&name, DISKS, &LEFT_OUT);
        assert!(found.is_empty(), "{name}: {found:?}");
        assert!(!host::is_so(&name, "test -e /run/hawser"), "{name}: /run/hawser");
    }
    // That this way of looking finds what is there.
    let own = needles.files_on("cp1", "/etc/kubernetes", &["/none"]);
    assert!(own.contains(&"/etc/kubernetes/pki/ca.key".to_owned()), "{own:?}");
    assert!(own.contains(&"/etc/kubernetes/admin.conf".to_owned()), "{own:?}");
}

#[test]
fn a12_the_runs_secrets_are_gone_from_the_cluster() {
    let administrator = administrator(PROFILE);

    let left = administrator.kubectl.secrets_of_runs();

    assert_eq!(left, Vec::<String>::new());
}
