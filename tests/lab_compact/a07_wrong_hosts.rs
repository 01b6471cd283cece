//! What hosts are, broken for real. Product number, modules, swap, clock, cgroups and kernel are the machine's, which
//! the hosts share: those are broken in captured answers (`src/check/tests/hosts.rs`).

use std::collections::BTreeSet;

use support::broken::{
    Broken, broken, file, kernel_says, listens, logins_with, moved, says, stopped, without,
};
use support::hawser::Workstation;
use support::lab;
use support::seen::{Seen, check_from};

use crate::{CLUSTER, PROFILE};

/// A fact that is broken: its name, the host, what it must be, a word of what is found.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

/// Each is found, graded and has its fix; and there is no error besides.
#[track_caller]
fn expect(seen: &Seen, wrong: &[Wrong]) {
    for (fact, host, grade, word) in wrong {
        let (found_grade, found) = seen.fact(host, fact);
        assert_eq!(found_grade, *grade, "{fact} on {host}: {found}");
        assert!(found.contains(word), "{fact} on {host}: {found}");
        let has_fix = !seen.fix_of(host, fact).is_empty();
        assert_eq!(has_fix, *grade != "unknown", "{fact} on {host}");
    }
    let errors = wrong.iter().filter(|(_, _, grade, _)| *grade == "failed");
    let errors: BTreeSet<_> = errors.map(|(fact, host, _, _)| (fact, host)).collect();
    let found = seen.facts_that_are("failed");
    assert_eq!(found.len(), errors.len(), "{found:#?}");
    assert_eq!(seen.code, Some(i32::from(!errors.is_empty())));
}

/// A cluster's CA where none has been.
fn foreign_ca(name: &str) -> Broken {
    let make = "mkdir -p /etc/kubernetes/pki; cd /etc/kubernetes/pki
        openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out ca.crt -subj /CN=kubernetes -days 1 2>/dev/null";
    broken(name, make, "rm -r /etc/kubernetes")
}

/// etcd's disk takes five writes a second.
fn slow_disk(name: &str) -> Broken {
    let limit = |count: u8| {
        format!(
            "device=$(awk '$5 == \"/var\" {{ print $3 }}' /proc/self/mountinfo)
             echo $device {count} >/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device"
        )
    };
    broken(name, &limit(5), &limit(0))
}

#[test]
fn a07_system_and_memory() {
    let _broken = [
        file(
            "cp1",
            "/etc/os-release",
            "sed -i 's/^ID=.*/ID=gentoo/' /etc/os-release",
        ),
        file(
            "cp2",
            "/etc/containerd/config.toml",
            "sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' /etc/containerd/config.toml",
        ),
        broken(
            "cp3",
            "sysctl -qw net.ipv4.ip_forward=0",
            "sysctl -qw net.ipv4.ip_forward=1",
        ),
        logins_with("cp1", "CPUAffinity=0"),
        logins_with("cp2", "Personality=x86"),
        kernel_says(
            "cp3",
            "/proc/meminfo",
            "sed 's/^MemTotal:.*/MemTotal: 1000000 kB/'",
        ),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            ("os", "cp1", "warning", "gentoo"),
            ("cgroup-driver", "cp2", "failed", "containerd uses systemd"),
            ("sysctls", "cp3", "failed", "net.ipv4.ip_forward is not 1"),
            ("cpus", "cp1", "failed", "1"),
            ("architecture", "cp2", "failed", "i686"),
            ("memory", "cp3", "failed", "976 MB"),
            // The lab's own, always so.
            ("clock-sync", "cp1", "warning", "not synchronised"),
            ("product-uuid", "cp1", "unknown", "product_uuid"),
        ],
    );
}

#[test]
fn a07_disks() {
    let _broken = [
        broken(
            "cp1",
            "mkdir -p /var/lib/etcd; mount -t tmpfs -o size=1G none /var/lib/etcd",
            "umount /var/lib/etcd",
        ),
        broken(
            "cp2",
            "mkdir -p /var/lib/etcd; mount -t tmpfs -o size=6G none /var/lib/etcd",
            "umount /var/lib/etcd",
        ),
        without("cp2", &["perl", "python3"]),
        slow_disk("cp3"),
    ];

    let seen = CLUSTER.check(&["--disk"]);

    expect(
        &seen,
        &[
            ("disk-space", "cp1", "failed", "of 1.0 GB free"),
            ("disk-space", "cp2", "warning", "of 6.0 GB free"),
            ("disk-latency", "cp2", "unknown", "neither python3 nor perl"),
            ("disk-latency", "cp3", "failed", "fdatasync calls: "),
        ],
    );
}

#[test]
fn a07_identities() {
    let _broken = [
        broken("cp2", "hostname cp1", "hostname cp2"),
        file("cp3", "/etc/hosts", "sed -i '/cp3/d' /etc/hosts"),
        kernel_says("cp1", "/sys/class/net/eth0/address", "echo 02:00:00:00:00:77"),
        kernel_says("cp3", "/sys/class/net/eth0/address", "echo 02:00:00:00:00:77"),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            ("hostname", "cp2", "failed", "also on cp1"),
            ("hostname", "cp1", "failed", "also on cp2"),
            ("hostname-resolution", "cp3", "warning", "does not resolve"),
            ("mac-address", "cp1", "failed", "02:00:00:00:00:77, also on cp3"),
            ("mac-address", "cp3", "failed", "02:00:00:00:00:77, also on cp1"),
        ],
    );
}

#[test]
fn a07_ports() {
    let _broken = [
        listens("cp1", 6443),
        listens("cp1", 10250),
        listens("cp2", 2380),
        listens("cp2", 8443),
        broken(
            "cp3",
            "systemd-run -q --unit early etcd --data-dir /tmp/early; until ss -Hltn | grep -q ':2379 '; do sleep 0.1; done",
            "systemctl stop early; rm -r /tmp/early",
        ),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            (
                "ports",
                "cp1",
                "failed",
                "6443, for kube-apiserver, is in use by socat",
            ),
            ("ports", "cp1", "failed", "10250, for kubelet, is in use by socat"),
            ("ports", "cp2", "failed", "2380, for etcd, is in use by socat"),
            ("ports", "cp2", "failed", "8443, for haproxy, is in use by socat"),
            ("ports", "cp3", "failed", "2379, for etcd, is in use by etcd"),
        ],
    );
}

#[test]
fn a07_runtime_and_services() {
    let _broken = [
        stopped("cp1", "containerd"),
        broken(
            "cp2",
            "sed -i '1i disabled_plugins = [\"io.containerd.grpc.v1.cri\"]' /etc/containerd/config.toml
             systemctl -q disable containerd; systemctl restart containerd",
            "sed -i 1d /etc/containerd/config.toml; systemctl -q enable containerd; systemctl restart containerd",
        ),
        broken(
            "cp3",
            "systemctl -q disable kubelet",
            "systemctl -q enable kubelet",
        ),
        broken(
            "cp3",
            "cp /usr/bin/flock /tmp/apt-get; systemd-run -q --unit upgrades /tmp/apt-get /var/lib/dpkg/lock-frontend sleep 600
             while flock -n /var/lib/dpkg/lock-frontend true; do sleep 0.1; done",
            "systemctl stop upgrades; rm /tmp/apt-get",
        ),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            ("container-runtime", "cp1", "failed", "containerd.sock"),
            ("container-runtime", "cp2", "failed", "CRI plugin is disabled"),
            ("services", "cp2", "warning", "containerd would not start at boot"),
            ("services", "cp3", "warning", "kubelet would not start at boot"),
            ("package-lock", "cp3", "warning", "apt-get"),
        ],
    );
}

#[test]
fn a07_programs_and_versions() {
    let _broken = [
        without("cp1", &["nsenter"]),
        without("cp2", &["crictl"]),
        without("cp3", &["keepalived"]),
        moved("cp1", "/usr/bin/kubeadm"),
        says("cp2", "/usr/bin/kubelet", "Kubernetes v1.21.0"),
        says("cp3", "/usr/bin/kubeadm", "v1.18.0"),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            ("programs", "cp1", "failed", "nsenter"),
            ("programs", "cp2", "failed", "crictl"),
            ("programs", "cp3", "failed", "keepalived"),
            ("versions", "cp1", "failed", "kubeadm not found"),
            ("versions", "cp2", "failed", "kubelet v1.21.0"),
            ("versions", "cp3", "failed", "kubeadm v1.18.0"),
        ],
    );
}

#[test]
fn a07_leftovers() {
    let _broken = [
        broken("cp1", "mkdir -p /etc/kubernetes; touch /etc/kubernetes/kubelet.conf", "rm -r /etc/kubernetes"),
        broken("cp2", "mkdir -p /var/lib/etcd/member", "rm -r /var/lib/etcd"),
        broken(
            "cp3",
            "printf '#!/bin/sh\\nsleep 600\\n' >/tmp/kubeadm; chmod 755 /tmp/kubeadm; systemd-run -q --unit busy /tmp/kubeadm init
             until grep -q kubeadm /proc/[0-9]*/comm; do sleep 0.1; done",
            "systemctl stop busy; rm /tmp/kubeadm",
        ),
    ];

    let seen = CLUSTER.check(&[]);

    expect(
        &seen,
        &[
            ("leftovers", "cp1", "failed", "identity"),
            ("leftovers", "cp2", "failed", "etcd's data"),
            ("leftovers", "cp3", "failed", "kubeadm is running"),
        ],
    );
}

#[test]
fn a07_leftovers_of_two_clusters() {
    let _broken = [foreign_ca("cp1"), foreign_ca("cp3")];

    let seen = CLUSTER.check(&[]);

    // Of two that differ the first is taken for this cluster's.
    let wrong = [("leftovers", "cp3", "failed", "of the cluster with the CA sha256:")];
    expect(&seen, &wrong);
}

#[test]
fn a07_what_is_ignored_is_a_warning() {
    let _broken = broken(
        "cp1",
        "sysctl -qw net.ipv4.ip_forward=0",
        "sysctl -qw net.ipv4.ip_forward=1",
    );

    let seen = CLUSTER.check(&["--ignore", "sysctls"]);

    assert_eq!(seen.fact("cp1", "sysctls").0, "warning");
    assert_eq!(seen.code, Some(0));
}

#[test]
fn a07_a_user_who_may_not_become_root_is_told_so() {
    let _broken = moved("cp1", "/etc/sudoers.d/lab");
    let text = lab::inventory_text(PROFILE).replace("user = \"root\"", "user = \"ops\"");

    let seen = check_from(&Workstation::with_text(&text), &[]);

    let (grade, found) = seen.fact("cp1", "access");
    assert_eq!(grade, "failed");
    assert!(found.contains("ops cannot become root"), "{found}");
    assert_eq!(seen.fact("cp2", "access"), ("ok", "as root"));
    assert_eq!(seen.code, Some(3));
}
