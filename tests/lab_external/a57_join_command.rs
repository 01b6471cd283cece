//! A control plane that the inventory does not name joins by the line that hawser prints, and leaves again: the tests
//! that follow find the cluster as it was.

use support::external::{ETCD, leave, shared_sums};
use support::hawser::{LOOK, Workstation};
use support::wait::{LONG, until};
use support::{host, lab};

use crate::{CLUSTER, PROFILE};

/// With it there are ten kubelets: three of etcd's, five control planes, two workers.
const GUEST: &str = "cp9";
const ADDRESS: &str = "10.77.0.29";

/// The line is good for two hours, and nobody is to come by it any more. The certificates go
/// with the token that owns them.
const WITHDRAW: &str = "
    k() { kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system \"$@\"; }
    k get secrets -o name | grep -e /bootstrap-token- -e /kubeadm-certs | while read -r secret; do k delete --ignore-not-found \"$secret\"; done";

#[test]
fn a57_the_line_brings_in_a_control_plane_that_asks_etcd_too() {
    let administrator = CLUSTER.at_the_endpoint();
    let kubectl = &administrator.kubectl;
    let mut before = kubectl.ready_nodes().unwrap();
    let ran = Workstation::new(PROFILE)
        .hawser(&["join-command", "--control-plane"], LOOK)
        .exits(0);
    let line = ran.stdout.trim_end();
    assert!(
        line.contains(" --control-plane --certificate-key ") && !line.contains('\n'),
        "not a control plane's line"
    );

    lab::add(GUEST, ADDRESS);
    let containers_cannot = "--ignore-preflight-errors=all";
    host::exec(
        GUEST,
        &format!(
            "echo {} api.lab.test >>/etc/hosts; {line} {containers_cannot}",
            lab::VIP
        ),
    );

    until("the guest is Ready", LONG, || {
        let ready = kubectl.ready_nodes()?;
        let is_there = ready.iter().any(|name| name == GUEST);
        is_there.then_some(()).ok_or_else(|| ready.join(" "))
    });
    until("its own API server answers", LONG, || {
        kubectl.at(ADDRESS).run(&["get", "--raw", "/readyz"]).answer()
    });
    assert_eq!(shared_sums(GUEST), shared_sums("cp1"));
    let asked = host::exec(GUEST, "tr '\\0' '\\n' </proc/$(pgrep -x kube-apiserver)/cmdline");
    let servers = asked
        .lines()
        .find_map(|word| word.strip_prefix("--etcd-servers="));
    assert_eq!(
        servers.map(|list| list.split(',').count()),
        Some(ETCD.len()),
        "{asked}"
    );

    leave(GUEST, kubectl);
    host::exec("cp1", WITHDRAW);
    until("the nodes are those that were there", LONG, || {
        let mut now = kubectl.ready_nodes()?;
        now.sort();
        before.sort();
        if now == before { Ok(()) } else { Err(now.join(" ")) }
    });
    assert_eq!(kubectl.secrets_of_runs(), Vec::<String>::new());
}
