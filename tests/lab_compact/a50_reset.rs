//! A control plane that has to be reset is a balancer all the while, and gets its certificates again.

use support::hawser::{BUILD, LOOK, report};
use support::wait::{LONG, until};
use support::{host, lab};

use crate::CLUSTER;
use crate::cluster::{HOSTS, SHARED, mode, sum};

/// etcd's data and manifest are gone; all else is as kubeadm left it, so that the host has to be reset.
fn lose_etcd(name: &str) {
    host::exec(name, "systemctl disable -q kubelet");
    lab::power_cycle(name);
    host::exec(
        name,
        "find /var/lib/etcd -mindepth 1 -delete
         rm /etc/kubernetes/manifests/etcd.yaml
         systemctl enable -q --now kubelet",
    );
}

#[test]
fn a50_a_reset_control_plane_gets_its_certificates_again_and_its_balancer_never_stops() {
    let before = SHARED.map(|path| (mode("cp3", path), sum("cp3", path)));
    lose_etcd("cp3");
    let runs_since = "systemctl show -p ActiveEnterTimestampMonotonic --value haproxy keepalived";
    until("its balancer is back", LONG, || {
        let is_back = host::is_so("cp3", "systemctl is-active -q haproxy keepalived");
        is_back.then_some(()).ok_or_else(|| "not active".to_owned())
    });
    let since = host::exec("cp3", runs_since);

    let ran = CLUSTER.builder().hawser(&["apply", "--yes"], BUILD).exits(0);

    assert!(ran.reply().contains("kubeadm reset"), "{}", ran.reply());
    assert_eq!(host::exec("cp3", runs_since), since, "the balancer was stopped");
    assert_eq!(SHARED.map(|path| (mode("cp3", path), sum("cp3", path))), before);
    let mut ready = CLUSTER.at_the_endpoint().kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, HOSTS);
    let again = CLUSTER
        .builder()
        .hawser(&["apply", "--yes", "-o", "json"], LOOK)
        .exits(0);
    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());
}
