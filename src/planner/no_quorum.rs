//! The way out for an etcd that can neither go on without a member nor remove it.

use super::{Cluster, Scene};
use crate::topology::Host;

/// Where a person parks etcd's manifest while etcd is stopped.
const PARKED: &str = "/root/etcd.yaml";
const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const DATA: &str = "/var/lib/etcd";

/// Ends etcd where a kubelet runs it. kubelet first: one that was started while the API was away ends no pod whose manifest
/// goes (its other source of pods has not spoken), and would start the old one again.
const STOP: &str = "systemctl stop kubelet; pkill -x etcd; while pgrep -x etcd >/dev/null; do sleep 1; done";
const START: &str = "systemctl start kubelet";

/// The commands with which a person gets on: etcd has one member again, and the host joins anew.
pub(super) fn way_out(scene: &Scene, cluster: &Cluster, host: &Host) -> Vec<String> {
    let via = cluster.via();
    let server = scene.server(via);
    let well = format!(
        "until kubectl --kubeconfig /etc/kubernetes/admin.conf --server {server} get --raw /readyz; do sleep 2; done"
    );
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
    lines.extend(one_member_of_pod(DATA, &well).map(|command| format!("on {}: `{command}`", via.name)));
    lines.push(format!(
        "then run this again: it clears {} and joins it anew",
        host.name
    ));
    lines
}

/// Makes a static pod's member etcd's only one, from its own data; `well` waits until it runs.
pub(super) fn one_member_of_pod(data: &str, well: &str) -> [String; 7] {
    [
        STOP.to_owned(),
        format!("cp -a {data} {data}.saved"),
        format!(
            r"mv {MANIFEST} {PARKED} && sed 's/^    - etcd$/&\n    - --force-new-cluster/' {PARKED} >{MANIFEST}"
        ),
        format!("{START} && {well}"),
        STOP.to_owned(),
        format!("mv {PARKED} {MANIFEST} && {START}"),
        well.to_owned(),
    ]
}
