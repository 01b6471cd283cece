//! The recovery of an etcd that can neither go on without a member nor remove it.

use super::candidate::Candidate;
use crate::remote::probe::etcd_data;

/// Where a person parks etcd's manifest while etcd is stopped.
const PARKED: &str = "/root/etcd.yaml";
const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";

/// Ends etcd where a kubelet runs it. kubelet first: one that was started while the API was away ends no pod whose
/// manifest goes (its other source of pods has not spoken), and would start the old one again.
const STOP: &str = "systemctl stop kubelet; pkill -x etcd; while pgrep -x etcd >/dev/null; do sleep 1; done";
const START: &str = "systemctl start kubelet";

/// The commands with which a person gets on: etcd has one member again, and the host joins anew.
pub(super) fn with_one_member(candidate: &Candidate) -> Vec<String> {
    let (host, via) = (candidate.host, candidate.cluster().via());
    let server = candidate.survey.server(via);
    let well = format!(
        "until kubectl --kubeconfig /etc/kubernetes/admin.conf --server {server} get --raw /readyz; do sleep 2; done"
    );
    let mut lines = vec![
        format!(
            "if {}'s disk can come back as it was, start the host with it and rerun this command",
            host.name
        ),
        format!(
            "otherwise make {} the only member of etcd, with its data: as root, in this order,",
            via.name
        ),
    ];
    lines.extend(
        force_one_member(etcd_data(candidate.survey.topology), &well)
            .map(|command| format!("on {}: `{command}`", via.name)),
    );
    lines.push(format!(
        "then rerun this command: it resets {} and joins it again",
        host.name
    ));
    lines
}

/// Makes a static pod's member etcd's only one, from its own data; `well` waits until it runs.
pub(super) fn force_one_member(data: &str, well: &str) -> [String; 7] {
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
