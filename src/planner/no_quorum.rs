//! The way out for an etcd that can neither go on without a member nor remove it.

use super::{Cluster, Scene};
use crate::topology::Host;

/// Where a person parks etcd's manifest while etcd is stopped.
const PARKED: &str = "/root/etcd.yaml";
const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const DATA: &str = "/var/lib/etcd";

/// The commands with which a person gets on: etcd has one member again, and the host joins anew.
pub(super) fn way_out(scene: &Scene, cluster: &Cluster, host: &Host) -> Vec<String> {
    let via = cluster.via();
    let server = scene.server(via);
    // kubelet first: one that was started while the API was away ends no pod whose manifest goes (its other source of
    // pods has not spoken), and would start the old one again.
    let stop = "systemctl stop kubelet; pkill -x etcd; while pgrep -x etcd >/dev/null; do sleep 1; done";
    let start = "systemctl start kubelet";
    let well = format!(
        "until kubectl --kubeconfig /etc/kubernetes/admin.conf --server {server} get --raw /readyz; do sleep 2; done"
    );
    let commands = [
        stop.to_owned(),
        format!("cp -a {DATA} {DATA}.saved"),
        format!(
            r"mv {MANIFEST} {PARKED} && sed 's/^    - etcd$/&\n    - --force-new-cluster/' {PARKED} >{MANIFEST}"
        ),
        format!("{start} && {well}"),
        stop.to_owned(),
        format!("mv {PARKED} {MANIFEST} && {start}"),
        well,
    ];
    let mut lines = vec![
        format!(
            "if {}'s disk can come back as it was, start the host with it and run this again",
            host.name
        ),
        format!(
            "otherwise make {} etcd's one member, from its own data: as root, in this order,",
            via.name
        ),
    ];
    lines.extend(commands.map(|command| format!("on {}: `{command}`", via.name)));
    lines.push(format!(
        "then run this again: it clears {} and joins it anew",
        host.name
    ));
    lines
}
