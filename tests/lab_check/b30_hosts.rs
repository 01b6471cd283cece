//! Hosts that are cut off from a cluster that runs.

use std::process::Command;
use std::time::Duration;

use crate::broken::rule;
use crate::seen::check;
use crate::support::lab;
use crate::support::process::run;

const LIMIT: Duration = Duration::from_secs(60);

/// A host whose network is unplugged, and plugged in again when dropped.
struct Unplugged(&'static str);

impl Unplugged {
    fn network(&self, arguments: &[&str]) {
        let mut docker = Command::new("docker");
        docker.arg("network").args(arguments).args(["hawser-lab", self.0]);
        run(&mut docker, LIMIT).exits(0);
    }
}

impl Drop for Unplugged {
    fn drop(&mut self) {
        self.network(&["connect", "--ip", &lab::address("stacked", self.0)]);
    }
}

#[test]
fn b30_a_host_whose_network_is_cut_is_named_from_all_others() {
    let unplugged = Unplugged("w2");
    unplugged.network(&["disconnect"]);

    let seen = check("stacked", &["--to", "w2"]);

    assert_eq!(seen.way("workstation", "w2", "ssh"), ("no-route", "error"));
    assert_eq!(seen.way("cp1", "w2", "kubelet"), ("no-route", "error"));
    assert_eq!(seen.code, Some(3));
}

#[test]
fn b30_a_firewall_in_a_running_cluster_is_named_from_the_host_that_meets_it() {
    let _rules = [
        rule(
            "cp3",
            "INPUT -p tcp --dport 2380 -s 10.77.0.21 -m conntrack --ctstate NEW -j DROP",
        ),
        rule(
            "w1",
            "INPUT -p tcp --dport 10250 -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset",
        ),
    ];

    let seen = check("stacked", &[]);

    assert_eq!(seen.way("cp1", "cp3", "etcd-peers"), ("timed-out", "error"));
    assert_eq!(seen.way("cp2", "cp3", "etcd-peers"), ("open", "fine"));
    assert_eq!(seen.way("cp2", "w1", "kubelet"), ("refused", "error"));
    assert_eq!(seen.way("cp2", "w2", "kubelet"), ("open", "fine"));
    assert_eq!(seen.code, Some(1));
}
