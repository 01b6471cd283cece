//! An etcd that can neither go on without a member nor remove it: refused, with the way out.

use super::{Cluster, Scene};
use crate::error::Problem;
use crate::facts::MemberFact;
use crate::topology::Host;

/// Where a person parks etcd's manifest while etcd is stopped.
const PARKED: &str = "/root/etcd.yaml";
const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const DATA: &str = "/var/lib/etcd";

/// Why nothing is done, and the commands with which a person gets on; `sum` is the quorum's.
pub(super) fn refuse(
    scene: &Scene,
    cluster: &Cluster,
    host: &Host,
    member: &MemberFact,
    sum: &str,
) -> Problem {
    let lost = lost(scene, host);
    Problem::Unsafe {
        what: format!("{}: {lost}, and etcd cannot do without it", host.name),
        because: vec![
            format!(
                "member {} of {} is listed ({})",
                member.id,
                host.name,
                member.peer_urls.join(", ")
            ),
            format!("{sum}: it cannot be removed either, since a removal needs the quorum"),
        ],
        way_out: way_out(scene, cluster, host),
    }
}

fn lost(scene: &Scene, host: &Host) -> &'static str {
    match scene.facts(&host.name).map(|facts| &facts.kubernetes) {
        Some(found) if !found.manifests.iter().any(|name| name == "etcd.yaml") => {
            "its etcd member has no manifest to start from"
        }
        Some(found) if !found.has_etcd_data => "its etcd member has no data to start from",
        _ => "its etcd member does not start",
    }
}

fn way_out(scene: &Scene, cluster: &Cluster, host: &Host) -> Vec<String> {
    let via = cluster.via();
    let server = scene.server(via);
    let stopped = "while pgrep -x etcd >/dev/null; do sleep 1; done";
    let well = format!(
        "until kubectl --kubeconfig /etc/kubernetes/admin.conf --server {server} get --raw /readyz; do sleep 2; done"
    );
    let commands = [
        format!("mv {MANIFEST} {PARKED} && {stopped}"),
        format!("cp -a {DATA} {DATA}.saved"),
        format!(r"sed 's/^    - etcd$/&\n    - --force-new-cluster/' {PARKED} >{MANIFEST}"),
        well.clone(),
        format!("rm {MANIFEST} && {stopped}"),
        format!("mv {PARKED} {MANIFEST}"),
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
