//! A fourth control plane, long after the build: kubeadm's uploaded certificates have lived their two hours.

use support::hawser::{BUILD, Workstation};
use support::kubectl::Kubectl;
use support::{host, lab};

use crate::evidence::PROFILE;

/// A Secret that an earlier run has left, sealed with a key that nobody has; its owner's time is up.
const LEAVE_AN_OLD_SECRET: &str = "
    k() { kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system \"$@\"; }
    kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print >/dev/null 2>&1
    k delete secret \"$(k get secret kubeadm-certs -o 'jsonpath={.metadata.ownerReferences[0].name}')\"";

#[test]
fn a70_a_fourth_control_plane_joins_after_the_uploaded_certificates_have_gone() {
    host::exec("cp1", LEAVE_AN_OLD_SECRET);
    lab::add("cp4", "10.77.0.24");
    let inventory = lab::inventory_text(PROFILE) + &lab::host_entry("cp4", "10.77.0.24", "control-plane");
    let workstation = Workstation::with_text(&inventory);

    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);

    let kubectl = Kubectl::new(workstation.kubeconfig());
    let mut ready = kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, ["cp1", "cp2", "cp3", "cp4", "w1", "w2"]);
    assert_eq!(kubectl.secrets_of_runs(), Vec::<String>::new());
}
