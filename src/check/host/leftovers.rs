//! What another cluster has left on a host, and of which.

use super::{At, Fact, FactResult};
use crate::ca::ca_hash;
use crate::facts::{Observed, StaticPod};
use crate::remote::preflight::keeps_etcd;
use crate::topology::{EtcdTopology, Role};

pub(super) fn of(at: &At) -> Vec<FactResult> {
    vec![leftovers(at)]
}

fn leftovers(at: &At) -> FactResult {
    let found = &at.facts.kubernetes;
    if let Some(pid) = found.running_kubeadm {
        let wait = format!("wait until it exits: `tail --pid={pid} -f /dev/null`");
        return FactResult::failed(
            Fact::Leftovers,
            format!("kubeadm is running (process {pid})"),
            [wait.as_str()],
        );
    }
    let clear = [
        CLEAR,
        "otherwise correct the inventory: the host belongs to another cluster",
    ];
    let cluster = at.scene.authority().map(ca_hash);
    match (found.ca.as_deref().map(ca_hash), cluster) {
        (Some(own), Some(cluster)) if own != cluster => {
            let found = format!(
                "of the cluster with the CA {}; the CA of this cluster is {}",
                reported(&own),
                reported(&cluster)
            );
            FactResult::failed(Fact::Leftovers, found, clear)
        }
        (Some(own), None) => {
            let found = format!(
                "of the cluster with the CA {}, which no control plane has",
                reported(&own)
            );
            FactResult::failed(Fact::Leftovers, found, clear)
        }
        (None, _) => without_authority(at, clear).unwrap_or_else(|| FactResult::ok(Fact::Leftovers, "none")),
        (Some(_), Some(_)) => FactResult::ok(Fact::Leftovers, "none"),
    }
}

/// A join and an init write the CA before any of this: without it, what lies there is another cluster's, or what a
/// mishap has left of this one's own.
fn without_authority(at: &At, clear: [&str; 2]) -> Option<FactResult> {
    let found = &at.facts.kubernetes;
    let etcd = stale_etcd(at);
    let identity = found.has_kubelet_conf.then_some("a kubelet's identity");
    let pods = has_static_pods(at).then_some("kubeadm's static pods");
    let data = etcd.map(|_| "etcd's data");
    let there: Vec<&str> = [identity, pods, data].into_iter().flatten().collect();
    if there.is_empty() || is_known(at) {
        return None;
    }
    let away = |words: &str| etcd.map(|path| format!("{words} `mv {path} {path}.old`"));
    let fix = if identity.or(pods).is_none() {
        away("only if you no longer need it:").into_iter().collect()
    } else {
        let [reset, correct] = clear.map(str::to_owned);
        [Some(reset), away("and"), Some(correct)]
            .into_iter()
            .flatten()
            .collect()
    };
    let found = format!("{} of another cluster", there.join(" and "));
    Some(FactResult {
        fix,
        ..FactResult::failed(Fact::Leftovers, found, [])
    })
}

/// Where the data of a stacked member is; data on etcd hosts is evaluated by the planner, which knows its owner.
fn stale_etcd<'a>(at: &At<'a>) -> Option<&'a str> {
    let topology = at.scene.topology;
    let path = keeps_etcd(topology, at.host).filter(|_| topology.etcd == EtcdTopology::Stacked)?;
    at.facts.kubernetes.has_etcd_data.then_some(path)
}

/// Those of kubeadm: a host may have others that came with it. Those of an etcd host are evaluated by the planner.
fn has_static_pods(at: &At) -> bool {
    let has = |pod: &StaticPod| at.facts.kubernetes.has_manifest(*pod);
    !at.host.is(Role::Etcd) && StaticPod::ALL.iter().any(has)
}

/// Whether the cluster lists the host, as a node or as a member of etcd.
fn is_known(at: &At) -> bool {
    at.scene.views().any(|view| {
        matches!(view.node(&at.host.name), Observed::Known(Some(_)))
            || matches!(view.member(at.host), Observed::Known(Some(_)))
    })
}

fn reported(hash: &Result<String, String>) -> &str {
    match hash {
        Ok(hash) => hash,
        Err(_) => "that cannot be read",
    }
}

const CLEAR: &str = "only if you no longer need it: `kubeadm reset`, then `rm -rf /etc/kubernetes /var/lib/kubelet/config.yaml /etc/cni/net.d`";
