//! From bare hosts to a healthy cluster: prepared, given their images, and built on, each by a command of its
//! own. (`b10` has it all in one.)

use support::hawser::{BUILD, LOOK, ended, sent};
use support::host;
use support::kubectl::Kubectl;

use crate::bare::{KUBERNETES, archive, has, kept, packages, text, workstation};

const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

/// A package whose installation waits until hawser's has begun, and holds dpkg's lock for 20 s more.
const SLOW: &str = r#"
    mkdir -p /root/slow/DEBIAN
    printf '%s\n' 'Package: lab-slow' 'Version: 1' 'Architecture: all' 'Maintainer: lab <lab@lab.test>' 'Description: slow' >/root/slow/DEBIAN/control
    echo '#!/bin/sh' >/root/slow/DEBIAN/postinst
    cat >>/root/slow/DEBIAN/postinst <<'POSTINST'
tries=0
until grep -qsa 'patience_end[s]' /proc/[0-9]*/cmdline; do
  tries=$((tries + 1))
  [ $tries -lt 240 ] || exit 0
  sleep 0.5
done
sleep 20
touch /root/was-waited-for
POSTINST
    chmod 755 /root/slow/DEBIAN/postinst
    dpkg-deb -b /root/slow /root/slow.deb >/dev/null
    systemd-run --quiet --unit slow dpkg -i /root/slow.deb
    for n in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(dpkg --audit)" ] || exit 0; sleep 0.5; done
    exit 1"#;

/// What an administrator has said for every boot, and a hawser before this one.
const SETTINGS: &str = "
    printf 'net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.log_martians = 1\n' >/etc/sysctl.conf
    ln -sfn ../sysctl.conf /etc/sysctl.d/99-sysctl.conf
    printf '# Written by hawser.\nnet.ipv4.ip_forward = 0\n' >/etc/sysctl.d/99-kubernetes.conf";

#[test]
fn a10_bare_hosts_are_prepared_and_become_a_cluster() {
    host::exec("w1", "sysctl -q -w net.ipv4.ip_forward=0");
    host::exec("w1", SLOW);
    host::exec("w2", SETTINGS);
    let workstation = workstation("bare");

    let prepared = workstation
        .hawser(&["apply", "--yes", "--prepare-only"], BUILD)
        .exits(0);
    let nothing_left = workstation
        .hawser(&["plan", "--prepare-only", "--detailed-exitcode"], LOOK)
        .exits(0);
    let touched = NODES.map(|name| host::is_so(name, "test -e /etc/kubernetes/kubelet.conf"));
    let pushed = workstation
        .hawser(&["images", "push", "-o", "json"], BUILD)
        .exits(0);
    let built = workstation
        .hawser(&["apply", "--yes", "-o", "json"], BUILD)
        .exits(0);

    for (what, ran) in [("prepared", &prepared), ("pushed", &pushed), ("built", &built)] {
        println!("{what} in {:.1} s", ran.took.as_secs_f64());
    }
    assert!(
        nothing_left.stdout.contains("--prepare-only leaves out"),
        "{}",
        nothing_left.reply()
    );
    assert_eq!(touched, [false; 5], "more than prepared");
    let size = std::fs::metadata(archive()).unwrap().len();
    assert!(sent(&pushed.stdout) > size, "to each node its own");
    assert_eq!(sent(&built.stdout), 0, "images that are there");
    let done = ended(&built.stdout, "changed");
    assert!(
        !done.iter().any(|step| step.ends_with("/install-packages")),
        "{done:?}"
    );
    let wanted = kept();
    for name in NODES {
        assert_eq!(packages(name, &KUBERNETES), wanted, "{name}");
        assert!(!has(name, "haproxy") && !has(name, "etcd"), "{name}");
        for unit in ["containerd", "kubelet"] {
            assert!(
                host::is_so(name, &format!("systemctl is-enabled -q {unit}")),
                "{name}: {unit}"
            );
        }
    }
    for name in ["lb1", "lb2"] {
        assert_eq!(
            packages(name, &["haproxy", "keepalived", "kubelet", "containerd"]).len(),
            2,
            "{name}"
        );
    }
    assert_eq!(host::exec("w1", "sysctl -n net.ipv4.ip_forward"), "1\n");
    assert!(
        host::is_so("w1", "test -e /root/was-waited-for"),
        "dpkg's lock was not waited for"
    );
    assert!(!host::is_so("w2", "test -e /etc/sysctl.d/99-kubernetes.conf"));
    let nodes = Kubectl::new(workstation.kubeconfig()).ready_nodes().unwrap();
    assert_eq!(nodes, NODES);
}

#[test]
fn a11_swap_is_off_and_stays_off() {
    if text("bare").contains("swap = \"keep\"") {
        return;
    }
    let fstab = host::exec("w2", "cat /etc/fstab");
    assert!(
        fstab.contains("# switched off by hawser: /swapfile none swap sw 0 0\n"),
        "{fstab}"
    );
    let wanted = host::exec("w2", "systemctl show --value -p Wants -p Requires swap.target");
    assert_eq!(wanted.trim(), "", "at boot");
    assert_eq!(
        host::exec(
            "w2",
            "systemctl list-units --all --type=swap --no-legend --state=active"
        ),
        ""
    );
}
