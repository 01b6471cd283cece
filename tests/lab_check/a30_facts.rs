//! What hosts are, broken for real. Product number, modules, swap, clock, cgroups, memory, processor and kernel are the
//! machine's, which the hosts share, and with one card's address twice nothing would arrive: those are broken in captured
//! answers (`src/check/tests/hosts.rs`).

use crate::broken::{Broken, broken, file, stopped, without};
use crate::seen::{Seen, check, check_from};
use crate::support::hawser::Workstation;
use crate::support::lab;

/// A fact that is broken: its name, the host, what it must be, a word of what is found.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

fn expect(seen: &Seen, wrong: &[Wrong]) {
    for (fact, host, grade, word) in wrong {
        let (found_grade, found) = seen.fact(host, fact);
        assert_eq!(found_grade, *grade, "{fact} on {host}: {found}");
        assert!(found.contains(word), "{fact} on {host}: {found}");
    }
    let errors = wrong.iter().filter(|(_, _, grade, _)| *grade == "error").count();
    assert_eq!(
        seen.facts_that_are("error").len(),
        errors,
        "{:?}",
        seen.facts_that_are("error")
    );
}

fn moved(name: &str, from: &str) -> Broken {
    broken(
        name,
        &format!("mv {from} {from}.away"),
        &format!("mv {from}.away {from}"),
    )
}

/// A program in another's place that says something else.
fn says(name: &str, program: &str, words: &str) -> Broken {
    broken(
        name,
        &format!(
            "mv {program} {program}.away; printf '#!/bin/sh\\necho {words}\\n' >{program}; chmod 755 {program}"
        ),
        &format!("mv {program}.away {program}"),
    )
}

fn listens(name: &str, port: u16) -> Broken {
    let unit = format!("taken-{port}");
    broken(
        name,
        &format!(
            "systemd-run -q --unit {unit} socat TCP-LISTEN:{port},fork,reuseaddr SYSTEM:true
                  until ss -Hltn | grep -q ':{port} '; do sleep 0.1; done"
        ),
        &format!("systemctl stop {unit}"),
    )
}

/// A cluster's CA where none has been.
fn foreign_ca(name: &str) -> Broken {
    let make = "mkdir -p /etc/kubernetes/pki; cd /etc/kubernetes/pki
        openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out ca.crt -subj /CN=kubernetes -days 1 2>/dev/null";
    broken(name, make, "rm -r /etc/kubernetes/pki")
}

#[test]
fn a30_system_and_resources() {
    let _broken = [
        file(
            "w1",
            "/etc/os-release",
            "sed -i 's/^ID=.*/ID=gentoo/' /etc/os-release",
        ),
        file(
            "w2",
            "/etc/containerd/config.toml",
            "sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' /etc/containerd/config.toml",
        ),
        broken(
            "cp1",
            "sysctl -qw net.ipv4.ip_forward=0",
            "sysctl -qw net.ipv4.ip_forward=1",
        ),
        broken(
            "cp2",
            "mount -t tmpfs -o size=1G none /var/lib/etcd",
            "umount /var/lib/etcd",
        ),
        broken(
            "cp3",
            "mount -t tmpfs -o size=6G none /var/lib/etcd",
            "umount /var/lib/etcd",
        ),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            ("os", "w1", "warning", "gentoo"),
            ("cgroup-driver", "w2", "error", "containerd's is systemd"),
            ("sysctls", "cp1", "error", "net.ipv4.ip_forward is not 1"),
            ("disk", "cp2", "error", "of 1.0 GB left"),
            ("disk", "cp3", "warning", "of 6.0 GB left"),
            // The lab's own, always so.
            ("clock-sync", "cp1", "warning", "not synchronised"),
            ("product-uuid", "cp1", "unknown", "product_uuid"),
        ],
    );
    assert_eq!(seen.code, Some(1));
}

#[test]
fn a30_identities() {
    let _broken = [
        broken("w1", "hostname cp1", "hostname w1"),
        file("cp2", "/etc/hosts", "sed -i '/cp2/d' /etc/hosts"),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            ("host-name", "w1", "error", "as on cp1"),
            ("host-name", "cp1", "error", "as on w1"),
            ("own-name", "cp2", "warning", "does not resolve"),
        ],
    );
}

#[test]
fn a30_ports() {
    let _broken = [
        listens("cp1", 6443),
        listens("cp2", 2380),
        listens("w1", 10250),
        listens("lb1", 6443),
        broken(
            "cp3",
            "systemd-run -q --unit early etcd --data-dir /tmp/early; until ss -Hltn | grep -q ':2379 '; do sleep 0.1; done",
            "systemctl stop early; rm -r /tmp/early",
        ),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            (
                "ports",
                "cp1",
                "error",
                "6443, for kube-apiserver, is taken by socat",
            ),
            ("ports", "cp2", "error", "2380, for etcd, is taken by socat"),
            ("ports", "w1", "error", "10250, for kubelet, is taken by socat"),
            ("ports", "lb1", "error", "6443, for haproxy, is taken by socat"),
            ("ports", "cp3", "error", "2379, for etcd, is taken by etcd"),
        ],
    );
}

#[test]
fn a30_runtime_and_services() {
    let _broken = [
        stopped("w1", "containerd"),
        file(
            "w2",
            "/etc/containerd/config.toml",
            "sed -i '1i disabled_plugins = [\"cri\"]' /etc/containerd/config.toml",
        ),
        broken(
            "cp1",
            "systemctl -q disable kubelet",
            "systemctl -q enable kubelet",
        ),
        broken(
            "cp2",
            "systemctl -q disable containerd",
            "systemctl -q enable containerd",
        ),
        broken(
            "cp3",
            "cp /usr/bin/flock /tmp/apt-get; systemd-run -q --unit upgrades /tmp/apt-get /var/lib/dpkg/lock-frontend sleep 600",
            "systemctl stop upgrades; rm /tmp/apt-get",
        ),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            ("runtime", "w1", "error", "containerd.sock"),
            ("runtime", "w2", "error", "switched off"),
            ("services", "cp1", "warning", "kubelet would not start"),
            ("services", "cp2", "warning", "containerd would not start"),
            ("package-lock", "cp3", "warning", "apt-get"),
        ],
    );
}

#[test]
fn a30_programs_and_versions() {
    let _broken = [
        without("cp1", &["nsenter"]),
        without("cp2", &["crictl"]),
        without("lb1", &["keepalived"]),
        moved("w1", "/usr/bin/kubeadm"),
        says("w2", "/usr/bin/kubelet", "Kubernetes v1.21.0"),
        says("cp3", "/usr/bin/kubeadm", "v1.18.0"),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            ("programs", "cp1", "error", "nsenter"),
            ("programs", "cp2", "warning", "crictl"),
            ("programs", "lb1", "error", "keepalived"),
            ("versions", "w1", "error", "kubeadm not there"),
            ("versions", "w2", "error", "kubelet v1.21.0"),
            ("versions", "cp3", "error", "kubeadm v1.18.0"),
        ],
    );
}

#[test]
fn a30_leftovers() {
    let _broken = [
        foreign_ca("w1"),
        broken("w2", "touch /etc/kubernetes/kubelet.conf", "rm /etc/kubernetes/kubelet.conf"),
        broken("cp1", "mkdir -p /var/lib/etcd/member", "rm -r /var/lib/etcd/member"),
        broken(
            "cp2",
            "printf '#!/bin/sh\\nsleep 600\\n' >/tmp/kubeadm; chmod 755 /tmp/kubeadm; systemd-run -q --unit busy /tmp/kubeadm init
             until grep -q kubeadm /proc/[0-9]*/comm; do sleep 0.1; done",
            "systemctl stop busy; rm /tmp/kubeadm",
        ),
    ];

    let seen = check("stacked", &[]);

    expect(
        &seen,
        &[
            ("leftovers", "w1", "error", "sha256:"),
            ("leftovers", "w2", "error", "identity"),
            ("leftovers", "cp1", "error", "etcd's data"),
            ("leftovers", "cp2", "error", "a kubeadm is at work"),
        ],
    );
}

#[test]
fn a30_what_is_ignored_is_a_warning() {
    let _broken = broken(
        "cp1",
        "sysctl -qw net.ipv4.ip_forward=0",
        "sysctl -qw net.ipv4.ip_forward=1",
    );

    let seen = check("stacked", &["--ignore", "sysctls"]);

    assert_eq!(seen.fact("cp1", "sysctls").0, "warning");
    assert_eq!(seen.code, Some(0));
}

#[test]
fn a30_a_user_who_may_not_become_root_is_told_so() {
    let _broken = moved("w1", "/etc/sudoers.d/lab");
    let text = lab::inventory_text("stacked").replace("user = \"root\"", "user = \"ops\"");

    let seen = check_from(&Workstation::with_text(&text), &[]);

    let (grade, found) = seen.fact("w1", "access");
    assert_eq!(grade, "error");
    assert!(found.contains("ops cannot become root"), "{found}");
    assert_eq!(seen.fact("w2", "access"), ("fine", "as root"));
    assert_eq!(seen.code, Some(3));
}
