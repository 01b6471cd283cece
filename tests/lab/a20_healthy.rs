//! The cluster that was built is whole, by every way of asking.

use crate::support::hawser::Workstation;
use crate::support::kubectl::Kubectl;

#[test]
fn a20_five_nodes_are_ready() {
    let workstation = Workstation::new("stacked");
    let kubectl = Kubectl::new(workstation.kubeconfig());

    let mut ready = kubectl.ready_nodes().unwrap();
    ready.sort();
    assert_eq!(ready, ["cp1", "cp2", "cp3", "w1", "w2"]);
}
