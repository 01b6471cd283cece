//! The hosts with which these tests begin.

use support::lab;

use crate::bare::has;

#[test]
fn a03_bare_hosts_have_nothing_of_kubernetes() {
    lab::up("bare");
    for (name, _) in lab::hosts("bare") {
        for program in [
            "kubeadm",
            "kubelet",
            "kubectl",
            "containerd",
            "haproxy",
            "keepalived",
            "etcd",
        ] {
            assert!(!has(&name, program), "{name} has {program}");
        }
    }
}
