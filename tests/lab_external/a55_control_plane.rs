//! A fourth control plane, long after the build: whatever kubeadm had uploaded has lived its two hours.

use support::external::{leave, shared_sums};
use support::hawser::{BUILD, LOOK, Workstation, report};
use support::wait::{LONG, until};
use support::{host, lab};

use crate::{CLUSTER, NODES, PROFILE};

/// A Secret that an earlier run has left, sealed with a key that nobody has; its owner's time is up.
const LEAVE_AN_OLD_SECRET: &str = "
    k() { kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system \"$@\"; }
    kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print >/dev/null 2>&1
    k delete secret \"$(k get secret kubeadm-certs -o 'jsonpath={.metadata.ownerReferences[0].name}')\"";

/// Where there is no room for all, workers have no power from here on.
fn apply() -> &'static [&'static str] {
    if lab::is_crowded() {
        &["apply", "--yes", "--max-unreachable-workers", "2"]
    } else {
        &["apply", "--yes"]
    }
}

#[test]
fn a55_a_fourth_control_plane_joins_after_the_uploaded_certificates_have_gone() {
    host::exec("cp1", LEAVE_AN_OLD_SECRET);
    if lab::is_crowded() {
        lab::switch_off(CLUSTER.workers());
    }
    lab::add("cp4", "10.77.0.24");
    let inventory = lab::inventory_text(PROFILE) + &lab::host_entry("cp4", "10.77.0.24", "control-plane");
    let workstation = Workstation::with_text(&inventory);

    workstation.hawser(apply(), BUILD).exits(0);

    let administrator = CLUSTER.at_the_endpoint();
    let kubectl = &administrator.kubectl;
    let mut expected = [NODES, &["cp4"]].concat();
    expected.retain(|name| !lab::is_crowded() || !name.starts_with('w'));
    expected.sort_unstable();
    until("all nodes that have power are Ready", LONG, || {
        let mut ready = kubectl.ready_nodes()?;
        ready.sort();
        if ready == expected {
            Ok(())
        } else {
            Err(ready.join(" "))
        }
    });
    assert_eq!(shared_sums("cp4"), shared_sums("cp1"));
    assert!(!host::is_so("cp4", "test -e /etc/kubernetes/pki/etcd/ca.key"));
    assert_eq!(kubectl.secrets_of_runs(), Vec::<String>::new());
    let again = workstation
        .hawser(&[apply(), &["-o", "json"]].concat(), LOOK)
        .exits(0);
    assert_eq!(report(&again.stdout)["changed"], 0, "{}", again.reply());
    if lab::is_crowded() {
        leave("cp4", kubectl);
        Workstation::new(PROFILE).hawser(apply(), BUILD).exits(0);
    }
}
