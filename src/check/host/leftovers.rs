//! What another cluster has left on a host, and of which.

use super::{At, Fact, Said};
use crate::ca::ca_hash;
use crate::remote::preflight::keeps_etcd;
use crate::topology::EtcdTopology;

pub(super) fn of(at: &At) -> Vec<Said> {
    vec![leftovers(at)]
}

fn leftovers(at: &At) -> Said {
    let found = &at.facts.kubernetes;
    if let Some(pid) = found.running_kubeadm {
        let wait = format!("wait until it ends: `tail --pid={pid} -f /dev/null`");
        return Said::error(
            Fact::Leftovers,
            format!("a kubeadm is at work (process {pid})"),
            [wait.as_str()],
        );
    }
    let clear = [
        "only if nothing of it is wanted any more: `kubeadm reset`, then `rm -rf /etc/kubernetes /var/lib/kubelet/config.yaml /etc/cni/net.d`",
        "else correct the inventory: the host is another cluster's",
    ];
    let cluster = at.scene.authority().map(ca_hash);
    match (found.ca.as_deref().map(ca_hash), cluster) {
        (Some(own), Some(cluster)) if own != cluster => {
            let found = format!(
                "of the cluster with the CA {}; this one's is {}",
                told(&own),
                told(&cluster)
            );
            Said::error(Fact::Leftovers, found, clear)
        }
        (Some(own), None) => {
            let found = format!(
                "of the cluster with the CA {}, which no control plane has",
                told(&own)
            );
            Said::error(Fact::Leftovers, found, clear)
        }
        (None, None) if found.has_kubelet_conf => {
            Said::error(Fact::Leftovers, "a kubelet's identity of another cluster", clear)
        }
        (None, None) => stale_etcd(at).unwrap_or_else(|| Said::fine(Fact::Leftovers, "none")),
        _ => Said::fine(Fact::Leftovers, "none"),
    }
}

/// Of a stacked member; what lies on etcd hosts is the plan's to tell, which knows whose it is.
fn stale_etcd(at: &At) -> Option<Said> {
    let topology = at.scene.topology;
    let found = &at.facts.kubernetes;
    let path = keeps_etcd(topology, at.host).filter(|_| topology.etcd == EtcdTopology::Stacked)?;
    let away = format!("only if nothing of it is wanted any more: `mv {path} {path}.old`");
    let stale = || Said::error(Fact::Leftovers, "etcd's data of another cluster", [away.as_str()]);
    (found.has_etcd_data && found.manifests.is_empty()).then(stale)
}

fn told(hash: &Result<String, String>) -> &str {
    match hash {
        Ok(hash) => hash,
        Err(_) => "that cannot be read",
    }
}
