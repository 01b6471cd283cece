//! A fourth control plane, long after the build: it gets its certificates from a host, so that no time matters.

use support::hawser::{BUILD, Workstation};
use support::kubectl::Kubectl;
use support::lab;

use crate::cluster::{SHARED, sum};
use crate::{ENDPOINT, PROFILE};

#[test]
fn a60_a_fourth_control_plane_gets_its_certificates_from_one_that_has_them() {
    lab::add("cp4", "10.77.0.24");
    let inventory = lab::inventory_text(PROFILE) + &lab::host_entry("cp4", "10.77.0.24", "control-plane");
    let workstation = Workstation::with_text(&inventory);

    workstation.hawser(&["apply", "--yes"], BUILD).exits(0);

    let kubectl = Kubectl::new(workstation.kubeconfig()).at(ENDPOINT);
    let mut ready = kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, ["cp1", "cp2", "cp3", "cp4"]);
    assert_eq!(
        SHARED.map(|path| sum("cp4", path)),
        SHARED.map(|path| sum("cp1", path))
    );
}
