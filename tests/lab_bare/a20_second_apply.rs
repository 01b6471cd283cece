//! A second apply prepares nothing, also after a host has lost its power.

use std::collections::BTreeMap;

use support::hawser::LOOK;
use support::{host, lab};

use crate::bare::workstation;

/// Every file that preparing could touch, with its time of change, and what dpkg and systemd say.
const STATE: &str = r"
    find /etc -xdev -type f -print0 | xargs -0 stat -c '%n %z' | sort
    dpkg-query -W -f '${Package} ${Version} ${db:Status-Want}\n'
    systemctl show -p ActiveEnterTimestampMonotonic containerd haproxy keepalived
    stat -c '%n %z' /var/lib/dpkg/status /var/lib/apt/lists";

fn state() -> BTreeMap<String, String> {
    let hosts = lab::hosts("bare").into_iter();
    hosts
        .map(|(name, _)| (name.clone(), host::exec(&name, STATE)))
        .collect()
}

#[test]
fn a20_a_second_apply_prepares_nothing() {
    workstation("bare").settles();
    let before = state();

    let ran = workstation("bare").hawser(&["apply", "--yes"], LOOK).exits(0);

    assert!(ran.stdout.contains("Nothing to do"), "{}", ran.reply());
    for (name, after) in state() {
        assert_eq!(before[&name], after, "{name}");
    }
}

#[test]
fn a21_what_is_prepared_is_so_after_a_power_cut() {
    lab::power_cycle("w2");

    let plan = workstation("bare").plan();

    let phases = plan["plan"]["phases"].as_array().unwrap();
    assert!(phases.iter().all(|phase| phase["name"] != "prepare"), "{plan}");
    for unit in ["containerd", "kubelet"] {
        assert!(
            host::is_so("w2", &format!("systemctl is-enabled -q {unit}")),
            "{unit}"
        );
    }
    assert_eq!(host::exec("w2", "cat /proc/swaps | tail -n +2"), "");
    let settings = "sysctl -n net.ipv4.conf.all.log_martians net.ipv4.ip_forward";
    assert_eq!(
        host::exec("w2", settings),
        "1\n1\n",
        "/etc/sysctl.conf is read, and loses"
    );
    let last = "/usr/lib/systemd/systemd-sysctl --cat-config | grep '^net.ipv4.ip_forward' | tail -n 1";
    assert_eq!(host::exec("w2", last), "net.ipv4.ip_forward = 1\n");
}
