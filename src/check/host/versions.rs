//! kubeadm, kubelet and kubectl against each other and the cluster.

use super::{At, Fact, Said};
use crate::topology::{Role, Version};

pub(super) fn of(at: &At) -> Vec<Said> {
    if at.runs_pods() {
        vec![programs(at)]
    } else {
        Vec::new()
    }
}

/// The gravest of what is to be said of them.
fn programs(at: &At) -> Said {
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
        return Said::error(
            Fact::Versions,
            format!("{} not there", missing.join(", ")),
            [install.as_str()],
        );
    }
    if let Some(rule) = found.kubeadm.and_then(|kubeadm| kubeadm.cannot_deploy(target)) {
        return forbidden("kubeadm", found.kubeadm, target, rule);
    }
    if let Some(rule) = found.kubelet.and_then(|kubelet| kubelet.cannot_join(target)) {
        return forbidden("kubelet", found.kubelet, target, rule);
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
        return Said::fine(Fact::Versions, target.to_string());
    }
    let pin = format!(
        "allowed; for one version on all: install {target}, and `apt-mark hold kubeadm kubelet kubectl`"
    );
    Said::warning(Fact::Versions, shown.join(", "), [pin.as_str()])
}

fn forbidden(program: &str, version: Option<Version>, target: Version, rule: &str) -> Said {
    let version = version.map_or_else(String::new, |version| version.to_string());
    let install = format!("install {program} {target}, or correct `kubernetes` under [cluster]: {rule}");
    Said::error(
        Fact::Versions,
        format!("{program} {version} does not go with {target}"),
        [install.as_str()],
    )
}
