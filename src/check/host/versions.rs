//! kubeadm, kubelet and kubectl against each other and the cluster.

use super::{At, Fact, FactResult, external_etcd};
use crate::topology::{Role, Version};
use crate::versions::kubernetes as rules;

pub(super) fn of(at: &At) -> Vec<FactResult> {
    let programs = || at.runs_pods().then(|| programs(at));
    external_etcd::of(at).or_else(programs).into_iter().collect()
}

/// The most severe finding of them.
fn programs(at: &At) -> FactResult {
    let target = at.scene.topology.version;
    let found = &at.facts.versions;
    let mut missing = Vec::new();
    for (name, version) in [("kubeadm", found.kubeadm), ("kubelet", found.kubelet)] {
        missing.extend(version.is_none().then_some(name));
    }
    missing.extend((found.kubectl.is_none() && at.host.is(Role::ControlPlane)).then_some("kubectl"));
    if !missing.is_empty() {
        let install = format!(
            "install {} {target} from the package repository of Kubernetes {}.{}",
            missing.join(", "),
            target.major,
            target.minor
        );
        return FactResult::failed(
            Fact::Versions,
            format!("{} not found", missing.join(", ")),
            [install.as_str()],
        );
    }
    if let Some(rule) = found
        .kubeadm
        .and_then(|kubeadm| rules::cannot_deploy(kubeadm, target))
    {
        return forbidden("kubeadm", found.kubeadm, target, rule);
    }
    if let Some(rule) = found
        .kubelet
        .and_then(|kubelet| rules::cannot_join(kubelet, target))
    {
        return forbidden("kubelet", found.kubelet, target, rule);
    }
    if let Some(result) = refused_by_kubeadm(at).or_else(|| distant_kubectl(found.kubectl, target)) {
        return result;
    }
    let all = [
        ("kubeadm", found.kubeadm),
        ("kubelet", found.kubelet),
        ("kubectl", found.kubectl),
    ];
    let shown = |(name, version): &(&str, Option<Version>)| Some(format!("{name} {}", version.as_ref()?));
    let shown: Vec<String> = all.iter().filter_map(shown).collect();
    if all
        .iter()
        .all(|(_, version)| version.is_none_or(|version| version == target))
    {
        return FactResult::ok(Fact::Versions, target.to_string());
    }
    let hold = if at.has_apt() {
        "`apt-mark hold kubeadm kubelet kubectl`"
    } else {
        "hold kubeadm, kubelet and kubectl back from upgrades"
    };
    let pin = format!("allowed; for one version on all hosts: install {target}, and {hold}");
    FactResult::warning(Fact::Versions, shown.join(", "), [pin.as_str()])
}

fn forbidden(program: &str, version: Option<Version>, target: Version, rule: &str) -> FactResult {
    let version = version.map_or_else(String::new, |version| version.to_string());
    let install = format!("install {program} {target}, or correct `kubernetes` under [cluster]: {rule}");
    FactResult::failed(
        Fact::Versions,
        format!("{program} {version} does not support Kubernetes {target}"),
        [install.as_str()],
    )
}

/// kubeadm compares the kubelet with itself (`KubeletVersion`) before it initialises or joins.
fn refused_by_kubeadm(at: &At) -> Option<FactResult> {
    let found = &at.facts.versions;
    let (kubeadm, kubelet) = (found.kubeadm?, found.kubelet?);
    let behind = rules::kubelet_before(kubeadm);
    let comes = at.host.is_node() && !at.facts.kubernetes.has_kubelet_conf;
    if !comes || kubelet.minor + behind >= kubeadm.minor {
        return None;
    }
    let target = at.scene.topology.version;
    let install = format!(
        "install kubelet {target}: kubeadm supports a kubelet that is at most {behind} minor releases older"
    );
    Some(FactResult::failed(
        Fact::Versions,
        format!("kubelet {kubelet} {TOO_OLD_FOR_KUBEADM} {kubeadm}"),
        [install.as_str()],
    ))
}

/// What it asks for works or not, command by command; nothing of the cluster depends on it.
fn distant_kubectl(kubectl: Option<Version>, target: Version) -> Option<FactResult> {
    let kubectl = kubectl.filter(|kubectl| !rules::kubectl_goes_with(*kubectl, target))?;
    let install =
        format!("install kubectl {target}: it supports API servers that are at most one minor release away");
    Some(FactResult::warning(
        Fact::Versions,
        format!("kubectl {kubectl} does not support Kubernetes {target}"),
        [install.as_str()],
    ))
}

/// Marks a kubelet that kubeadm itself refuses.
pub(super) const TOO_OLD_FOR_KUBEADM: &str = "is too old for kubeadm";
